"""Statements against labels: what counts as found, which codes are judged, and a whole run on simulated records."""

from __future__ import annotations

from pathlib import Path

import pytest

from calipers.evals.framework import Options
from calipers.evals.measurement.ptbxl import Labelled
from calipers.evals.statements import StatementsTask
from calipers.evals.statements.agreement import FEWEST_LABELS, HEADLINE, Agreement
from calipers.evals.statements.judged import Judged
from calipers.knowledge import statements

from .small_data import write_ptbxl


def judged(number: int, codes: str, leaning: str = "", asserted: str = "") -> Judged:
    row = Labelled(number, str(number), 60.0, "male", 1, dict.fromkeys(codes.split(), 0.0), troubled=False)
    return Judged(row, frozenset(leaning.split()), frozenset(asserted.split()), "routine", ())


def test_every_headline_code_has_a_statement_with_criteria() -> None:
    for code in HEADLINE:
        assert any(row.criteria is not None for row in statements().by_scp(code)), code


def test_a_statement_counts_by_any_row_that_carries_its_code() -> None:
    agreement = Agreement(
        [
            judged(1, "PACE", leaning="paced_rhythm"),
            judged(2, "PACE", leaning="ventricular_paced_rhythm", asserted="ventricular_paced_rhythm"),
            judged(3, "PACE"),
            judged(4, "SR", leaning="paced_rhythm"),
        ]
    )
    leaning = {name: found.value for name, found in agreement.scores("PACE").items() if found}
    assert leaning == pytest.approx({"sensitivity": 2 / 3, "ppv": 2 / 3, "f1": 4 / 6})
    said = agreement.scores("PACE", "asserted")["sensitivity"]
    assert said is not None
    assert said.value == pytest.approx(1 / 3)


def test_a_code_with_too_few_labels_is_not_judged() -> None:
    records = [judged(number, "AFIB") for number in range(FEWEST_LABELS - 1)]
    assert Agreement(records).codes() == []
    assert Agreement([*records, judged(99, "AFIB")]).codes() == ["AFIB"]


def test_a_code_without_criteria_is_not_judged() -> None:
    assert Agreement([judged(number, "SEHYP") for number in range(FEWEST_LABELS)]).codes() == []


def test_macro_f1_is_the_mean_over_the_headline_codes_that_are_there() -> None:
    records = [judged(1, "AFIB", "atrial_fibrillation"), judged(2, "LVH"), judged(3, "SR")]
    macro = Agreement(records).macro_f1()
    assert macro is not None
    assert macro.value == pytest.approx(0.5)


def test_a_whole_run_on_simulated_records(tmp_path: Path) -> None:
    write_ptbxl(tmp_path / "ptbxl")
    outcome = StatementsTask().run(Options(data=tmp_path, workers=1, show_progress=False))
    assert outcome.result.n == 2, "fold 9 judges"
    assert outcome.result.metrics["afib_f1"] == 1.0
    assert [section.title for section in outcome.report.sections] == ["How it was judged", "folds1-8", "fold9"]
