"""The loop draws, measures, corrects; what it returns says what was asked for and what was obtained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from calipers import read_ecg
from calipers.ecg import Ecg
from calipers.models.generator import rhythms
from calipers.models.generator.generator import Generator
from calipers.models.simulator import Specification, simulate
from calipers.tools.generate import Request, closed_loop, complete_leads, completing, edit, editing, fulfil
from calipers.tools.generate.drawing import Aims
from calipers.tools.generate.training_sets import wishes_of, write_set
from calipers.tools.generate.writing import write
from tests.models.generator.untrained import write_untrained


@pytest.fixture(scope="module")
def made_by(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    folder = tmp_path_factory.mktemp("untrained")
    write_untrained(folder)
    return Generator(folder)


@pytest.fixture(autouse=True)
def _without_shipped_weights(made_by: Generator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    file = tmp_path / "rhythms.json"
    from tests.models.generator.untrained import RHYTHMS

    file.write_text(json.dumps(RHYTHMS))
    monkeypatch.setattr(rhythms, "_FILE", file)
    rhythms.varied_by.cache_clear()
    for module in (closed_loop, editing, completing):
        monkeypatch.setattr(module, "generator", lambda: made_by)
    monkeypatch.setattr(closed_loop, "weights_sha256", lambda: {"beat.safetensors": "0" * 64})
    yield
    rhythms.varied_by.cache_clear()


class _Draws:
    """Simulated ECGs instead of drawn ones: rates as given, one after the other; what was aimed at is noted."""

    def __init__(self, rates: list[float]) -> None:
        self.rates, self.aims = rates, list[Aims]()

    def __call__(self, request: Request, aims: Aims, seed: int, made_by: Generator, text: object = None) -> Ecg:
        self.aims.append(aims)
        rate = self.rates[min(len(self.aims), len(self.rates)) - 1]
        return simulate(Specification("sinus", rate=rate), seed=3).ecg


def test_a_miss_is_taken_off_the_next_aim(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = _Draws([90.0, 75.0])
    monkeypatch.setattr(closed_loop, "draw", draws)
    made = fulfil(Request(hr=75.0), budget_s=600.0)
    assert made.met
    assert made.provenance["candidates"] == 2
    assert draws.aims[0].of("hr") == 75.0
    assert draws.aims[1].of("hr") == pytest.approx(75.0 - 0.8 * 15.0, abs=1.0)


def test_at_most_eight_candidates_and_the_best_is_returned_unmet(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = _Draws([110.0, 104.0, 90.0, 98.0])
    monkeypatch.setattr(closed_loop, "draw", draws)
    made = fulfil(Request(hr=75.0), budget_s=600.0)
    assert len(draws.aims) == 8
    assert not made.met
    item = made.items[0]
    assert (item.name, item.requested, item.met) == ("hr", 75.0, False)
    assert item.obtained == pytest.approx(90.0, abs=1.0)


def test_a_statement_counts_only_when_its_criteria_are_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_loop, "draw", _Draws([70.0]))
    made = fulfil(Request(statements=("sinus_rhythm",), absent=("lbbb",)), most=1)
    assert [(item.name, item.requested, item.met) for item in made.items] == [
        ("sinus_rhythm", "present", True),
        ("lbbb", "absent", True),
    ]
    assert not fulfil(Request(statements=("lbbb",)), most=1).met


def test_a_missed_statement_has_its_shape_steered_to_next(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = _Draws([70.0])
    monkeypatch.setattr(closed_loop, "draw", draws)
    fulfil(Request(statements=("rbbb",)), most=2)
    assert "V1.at_70" not in draws.aims[0].levels
    assert draws.aims[1].levels["V1.at_70"] > 0.4


def test_a_number_is_aimed_at_within_its_tolerance_where_a_statement_needs_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """RBBB is met for certain from 136 ms on; a QRS of 134 is asked for, 12 off is allowed."""
    draws = _Draws([70.0])
    monkeypatch.setattr(closed_loop, "draw", draws)
    fulfil(Request(statements=("rbbb",), qrs=134.0), most=1)
    assert 136.0 < draws.aims[0].numbers["qrs"] <= 141.0


def test_a_drawn_ecg_is_synthetic_exact_and_repeatable() -> None:
    request = Request(hr=80.0, age=60.0, sex="male")
    one, other = (fulfil(request, seed=5, most=1) for _ in range(2))
    assert one.ecg.synthetic
    assert one.ecg.record == other.ecg.record
    assert one.ecg.signal_mv.shape == (12, 5000)
    i, ii, iii = one.ecg.signal_mv[:3]
    assert np.abs(i + iii - ii).max() < 1e-6
    assert next(item for item in one.items if item.name == "hr").met
    assert fulfil(request, seed=6, most=1).ecg.record != one.ecg.record


@pytest.mark.parametrize("name", ["a.hea", "a.dcm"])
def test_a_written_ecg_is_read_back_as_synthetic(name: str, tmp_path: Path) -> None:
    made = fulfil(Request(hr=80.0, age=60.0, sex="female"), most=1)
    files = write(made, tmp_path / name)
    again = read_ecg(str(files[0]))
    assert again.synthetic
    assert again.patient.age == 60.0
    assert np.abs(again.signal_mv - made.ecg.signal_mv).max() < 0.001
    assert json.loads(files[-1].read_text())["synthetic"] is True


def test_an_edit_moves_the_qt_and_keeps_the_rest() -> None:
    before = simulate(Specification("sinus", rate=65, qtc_ms=410, noise="light"), seed=8).ecg
    after = edit(before, "QTc 500, rate 65")
    wanted = {item.name: item.obtained for item in after.items}
    assert wanted["qtc_bazett"] == pytest.approx(500, abs=25)
    assert after.ecg.synthetic
    assert after.provenance["edited_from"] == before.record
    lead = before.lead("V5")
    assert np.corrcoef(lead[500:560], after.ecg.lead("V5")[500:560]).shape == (2, 2)


def test_given_leads_are_kept_and_inferred_ones_marked() -> None:
    before = simulate(Specification("sinus", rate=70, noise="light"), seed=9).ecg
    made = complete_leads(before, ["I", "II", "V2"], samples=3)
    for lead in ("I", "II", "V2", "aVF"):
        assert np.abs(made.ecg.lead(lead) - before.lead(lead)).max() < 0.002
    assert made.inferred_leads == ("V1", "V3", "V4", "V5", "V6")
    assert set(made.uncertainty_mv) == set(made.inferred_leads)


def test_a_set_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    spec = tmp_path / "spec.txt"
    spec.write_text("sinus rhythm at 70 bpm\n" + json.dumps({"hr": 85, "count": 2}) + "\n")
    wishes = wishes_of(text=None, spec=spec, like=None, count=0)
    assert [wish.hr for wish in wishes] == [70.0, 85.0, 85.0]
    out = tmp_path / "set"
    assert write_set(wishes[:1], out).made == 1
    with (out / "manifest.jsonl").open("a") as lines:
        lines.write('{"id": "torn')
    again = write_set(wishes[:2], out)
    assert (again.made, again.kept) == (1, 1)
    name = "synthetic-0000-000001"
    document = json.loads((out / f"{name}.json").read_text())
    assert document["synthetic"] is True
    assert document["measurements"]["hr"] == pytest.approx(85, abs=5)
    with np.load(out / f"{name}.masks.npz") as masks:
        assert len(masks.files) == 13
    assert read_ecg(str(out / f"{name}.hea")).synthetic


def test_a_statement_without_published_criteria_is_said_to_be_unverifiable_and_costs_one_candidate() -> None:
    made = fulfil(Request(statements=("nonspecific_t_change",)), seed=1)
    assert not made.met
    assert made.provenance["candidates"] == 1
    assert "cannot be verified" in made.lines()[0]
