"""Citations, abstention and agreement from end to end, on simulated records in PTB-XL's layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from calipers.errors import MissingPart
from calipers.evals.abstention import AbstentionTask
from calipers.evals.agreement import AgreementTask
from calipers.evals.agreement.cart_words import cart_codes
from calipers.evals.citations import CitationsTask
from calipers.evals.framework import Options
from calipers.evals.readers import readers
from tests.evals.small_data import write_ptbxl


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_ptbxl(folder / "ptbxl")
    return folder


def options(data: Path, **more: object) -> Options:
    return Options(data=data, **{"workers": 1, "show_progress": False, "model": "none", **more})  # type: ignore[arg-type]


def test_citations_hold_and_another_ecgs_do_not(data: Path) -> None:
    outcome = CitationsTask().run(options(data))
    found = outcome.result.metrics
    assert found["accepted"] == 1.0
    assert found["confirmed"] > 0.9
    assert outcome.result.groups["reader control: another's ECG"]["confirmed"] < found["confirmed"]


@pytest.mark.slow
def test_silence_where_it_is_due(data: Path) -> None:
    found = AbstentionTask().run(options(data, n=1)).result
    assert found.metrics["unmeasurable"] == 1.0
    assert found.metrics["answerable"] == 1.0
    assert found.metrics["unanswerable"] > 0.6
    assert "reader neurokit2" in found.groups


def test_sources_are_held_against_each_other(data: Path) -> None:
    found = AgreementTask().run(options(data)).result
    assert found.n == 2
    assert found.metrics["text_criteria"] > 0.5
    assert set(found.groups) >= {"AFIB", "NORM"}


def test_the_carts_words_are_understood() -> None:
    assert cart_codes("sinusbradykardie linksanteriorer hemiblock sonst normales ekg") == {"SBRAD", "LAFB", "NORM"}
    assert cart_codes("supraventrikulÄre extrasystole(n)") == {"PAC"}
    assert cart_codes("ventrikulÄre extrasystole(n) sinusrhythmus") == {"PVC"}
    assert cart_codes("inkompletter rechtsschenkelblock") == set()


def test_a_model_that_cannot_run_is_refused_and_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALIPERS_HOME", str(tmp_path))
    with pytest.raises(MissingPart, match="gem-7b"):
        readers(options(tmp_path, model="gem-7b"))
