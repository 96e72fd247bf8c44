"""The pathways: every way through them ends in a decision, and their limits are applied as written."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from calipers.evidence import Measurement, Measurements, Span
from calipers.knowledge import CriteriaError, Pathway, PathwayStep, statements
from calipers.knowledge.beats import all_beats, premature_beats
from calipers.knowledge.quantities import Quantity
from calipers.knowledge.table import criteria_folder, load
from tests.knowledge import ecgs

PATHWAYS = statements().pathways
SEVENTEEN = (
    "first degree av block", "second degree av block", "third degree av block", "complete left bundle branch block",
    "complete right bundle branch block", "left anterior fascicular block", "left posterior fascicular block",
    "left ventricular hypertrophy", "right ventricular hypertrophy", "premature atrial complex",
    "premature ventricular complex", "anterior ischemia", "inferior ischemia", "lateral ischemia",
    "anterior myocardial infarction", "inferior myocardial infarction", "lateral myocardial infarction",
)  # fmt: skip


@pytest.mark.parametrize("name", SEVENTEEN)
def test_each_of_the_seventeen_diagnoses_has_a_pathway(name: str) -> None:
    assert statements().find(name).key in PATHWAYS


@pytest.mark.parametrize("key", PATHWAYS)
def test_every_way_through_ends_in_a_decision_and_both_decisions_can_be_reached(key: str) -> None:
    pathway = PATHWAYS[key]
    ends = set()
    for answers in product((True, False), repeat=len(pathway.steps)):
        found = {step.id for step, yes in zip(pathway.steps, answers, strict=True) if yes}
        ends.add(_end(pathway, found))
    assert ends == {"present", "absent"}


def _end(pathway: Pathway, found: set[str]) -> str:
    step: PathwayStep | None = pathway.steps[0]
    seen: set[str] = set()
    decision = "open"
    while step is not None:
        assert step.id not in seen
        seen.add(step.id)
        decision, step = pathway.after(step, found & seen)
    return decision


def test_hypertrophy_needs_two_voltages_or_one_with_strain() -> None:
    lvh = PATHWAYS["lvh"]
    assert _end(lvh, {"r_avl", "cornell_product"}) == "present"
    assert _end(lvh, {"sokolow_lyon", "strain"}) == "present"
    assert _end(lvh, {"sokolow_lyon"}) == "absent"
    assert _end(lvh, {"strain"}) == "absent"


def test_an_axis_is_the_direction_of_two_amplitudes_with_its_error() -> None:
    axis = Quantity("axis(I.r_amp, aVF.r_amp)")
    assert axis.unit == "deg"
    measured = ecgs.measurements({"I.r_amp": (1.0, 0.0), "aVF.r_amp": (-1.0, 0.098)})
    estimate = axis.read(measured).estimate
    assert estimate is not None
    assert estimate.value == pytest.approx(-45.0)
    assert estimate.sd == pytest.approx(1.43, abs=0.01)
    assert axis.read(ecgs.measurements({"I.r_amp": 0.0, "aVF.r_amp": 0.0})).estimate is None


def _beats(widths_ms: list[float], premature: tuple[int, ...]) -> Measurements:
    def item(name: str, value: float, spans: tuple[Span, ...], beat: int | None = None) -> Measurement:
        return Measurement(
            id=name if beat is None else f"{name}#{beat}", record=ecgs.RECORD, name=name, value=value, unit="ms",
            beat=beat, spans=spans, uncertainty=5.0, method="handmade", status="measured",
        )  # fmt: skip

    places = [Span(None, k, k + width / 1000.0) for k, width in enumerate(widths_ms)]
    beats = [item("qrs", width, (places[k],), k) for k, width in enumerate(widths_ms)]
    marked = item("pvc_count", float(len(premature)), tuple(places[k] for k in premature))
    return Measurements([*ecgs.measurements().values(), *beats, marked])


def test_premature_beats_are_those_that_the_counts_mark() -> None:
    measured = _beats([90.0, 92.0, 150.0, 91.0], premature=(2,))
    assert all_beats(measured) == (0, 1, 2, 3)
    assert premature_beats(measured) == (2,)


def test_the_beat_at_hand_is_read_in_a_list_of_beats() -> None:
    wider = Quantity("beat.qrs - qrs")
    estimate = wider.read(_beats([90.0, 150.0], premature=(1,)), beat=1).estimate
    assert estimate is not None
    assert estimate.value == pytest.approx(150.0 - 92.0)


STEP: dict[str, Any] = {
    "id": "one", "looks_for": "A long PR", "found": "present", "not_found": "absent",
    "finding": {"id": "pr", "text": "PR above {limit}", "value": "pr", "above": "200 ms"},
}  # fmt: skip
BROKEN = [
    ("a step that does not exist", STEP | {"found": "nowhere"}, "nowhere"),
    ("itself", STEP | {"found": "one"}, "later step"),
    ("no last way", STEP | {"found": [{"to": "present", "at_least": 1, "of": ["one"]}]}, "no last way"),
    ("unknown count", STEP | {"shown_by": ["pvcs"]}, "measurement names"),
    ("misspelt field", STEP | {"looksfor": "x"}, "looksfor"),
    (
        "a beat outside a list of beats",
        STEP | {"finding": {"id": "w", "text": "w {limit}", "value": "beat.qrs", "above": "1 ms"}},
        "inside a list of `beats`",
    ),
]


@pytest.mark.parametrize(("_what", "step", "message"), BROKEN, ids=[what for what, *_ in BROKEN])
def test_a_broken_pathway_is_refused(tmp_path: Path, _what: str, step: dict[str, Any], message: str) -> None:
    for name in ("sources.yaml", "contiguity.yaml"):
        (tmp_path / name).write_text((criteria_folder() / name).read_text("utf-8"), "utf-8")
    row = {
        "key": "x",
        "label": "X",
        "criteria": {"id": "a", "text": "PR above {limit}", "value": "pr", "above": "200 ms"},
        "says": {"definite": "X: {pr}"},
    }
    (tmp_path / "t.yaml").write_text(yaml.safe_dump({"family": "t", "position": 1, "statements": [row]}), "utf-8")
    pathways = {"pathways": [{"statement": "x", "source": "calipers", "steps": [step]}]}
    (tmp_path / "pathways.yaml").write_text(yaml.safe_dump(pathways), "utf-8")
    with pytest.raises(CriteriaError, match=message):
        load(tmp_path)
