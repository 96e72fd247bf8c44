"""Reports against labels: what counts as right, and a whole run on simulated records."""

from __future__ import annotations

from pathlib import Path

import pytest

from calipers.agent.api import Agent
from calipers.evals.framework import Options
from calipers.evals.measurement.analytic import WITHOUT_P
from calipers.evals.measurement.ptbxl import Labelled
from calipers.evals.report import ReportTask
from calipers.evals.report.agreement import ReportScores
from calipers.evals.report.interpreted import Interpreted, Said, Saying, counted

from .small_data import write_ptbxl


def label(number: int, codes: str) -> Labelled:
    return Labelled(number, str(number), 60.0, "male", 9, dict.fromkeys(codes.split(), 0.0), troubled=False)


def read(number: int, codes: str, *said: tuple[str, Saying], withheld: int = 0) -> Interpreted:
    claims = tuple(Said(code, frozenset(code.split("+")), saying) for code, saying in said)
    return Interpreted(label(number, codes), claims, len(claims), 3 * len(claims), withheld, "none", 0.1)


def values(*reports: Interpreted) -> dict[str, float]:
    return {name: found.value for name, found in ReportScores(reports).scores().items() if found}


def test_a_claim_is_right_when_any_of_its_codes_is_a_label() -> None:
    found = values(read(1, "1AVB SR", ("1AVB+LPR", "definite")), read(2, "SR", ("AFIB", "probable")))
    assert found["precision"] == 0.5
    assert found["precision_definite"] == 1.0
    assert found["precision_probable"] == 0.0
    assert "precision_suggested" not in found


def test_recall_counts_labels_and_f1_both() -> None:
    found = values(read(1, "AFIB LVH", ("AFIB", "definite"), ("LAFB", "definite")))
    assert found["recall"] == 0.5
    assert found["f1"] == pytest.approx(2 * 1 / (2 + 2))


def test_what_is_withheld_is_a_share_of_all_that_was_drafted() -> None:
    found = values(read(1, "SR", ("SR", "definite"), withheld=1))
    assert found["withheld_share"] == 0.5
    assert found["citations_per_claim"] == 3.0


def test_a_report_is_counted_by_its_present_claims() -> None:
    ecg = WITHOUT_P[0].render()
    report = Agent("none").interpret(ecg, allow_synthetic=True)
    found = counted(label(1, "AFIB"), report, 0.2)
    assert any("AFIB" in one.codes for one in found.said)
    assert found.claims == len(report.claims) > len(found.said)
    assert found.ran == "none"


def test_a_whole_run_on_simulated_records(tmp_path: Path) -> None:
    write_ptbxl(tmp_path / "ptbxl")
    outcome = ReportTask().run(Options(data=tmp_path, workers=1, show_progress=False))
    assert outcome.result.n == 2, "fold 9"
    assert outcome.result.metrics["recall"] > 0
    assert outcome.result.groups["model none"]["precision"] == outcome.result.metrics["precision"]
