"""Rhythm figures from hand-made verdicts: which fold counts, what is a hit, and what is a false alarm."""

from __future__ import annotations

import pytest

from calipers.evals.measurement.ptbxl import Labelled
from calipers.evals.measurement.rhythm import RhythmScore, pr_scores, statement_scores, swap_scores


def scored(
    number: int,
    codes: str,
    found: str = "",
    *,
    said: str = "",
    fold: int = 9,
    pr: bool = True,
    flagged: bool = False,
    swap: bool | None = None,
) -> RhythmScore:
    row = Labelled(number, str(number), 60.0, "male", fold, dict.fromkeys(codes.split(), 0.0), troubled=False)
    return RhythmScore(row, pr, frozenset(said.split()), frozenset(found.split()), flagged, swap)


def test_sensitivity_ppv_and_f1_count_the_test_fold_alone() -> None:
    scores = [
        scored(1, "AFIB", "AFIB", said="AFIB"),
        scored(2, "AFIB", "AFIB"),
        scored(3, "AFIB"),
        scored(4, "SR", "AFIB"),
        scored(5, "SR"),
        scored(6, "AFIB", fold=1),
    ]
    leaning = {name: found.value for name, found in statement_scores(scores, asserted=False).items() if found}
    assert leaning["af_sensitivity"] == pytest.approx(2 / 3)
    assert leaning["af_ppv"] == pytest.approx(2 / 3)
    assert leaning["af_f1"] == pytest.approx(4 / 6)
    assert "pvc_sensitivity" not in leaning, "nothing is said of what no record has"
    asserted = statement_scores(scores, asserted=True)
    assert asserted["af_sensitivity"] is not None
    assert asserted["af_sensitivity"].value == pytest.approx(1 / 3)


def test_pr_is_judged_by_label_in_every_fold() -> None:
    scores = [
        scored(1, "AFIB", fold=2),
        scored(2, "AFIB", pr=False),
        scored(3, "SR", pr=False),
        scored(4, "SR", fold=3),
    ]
    found = pr_scores(scores)
    for name in ("af_pr_reported", "sr_pr_missing"):
        estimate = found[name]
        assert estimate is not None
        assert (estimate.value, estimate.n) == (0.5, 2)


def test_exchanged_arms_are_judged_on_the_records_that_were_exchanged() -> None:
    scores = [
        scored(1, "NORM", swap=True, fold=1),
        scored(2, "NORM", swap=False, fold=1),
        scored(3, "NORM", swap=True, flagged=True, fold=1),
        scored(4, "NORM", flagged=True),
        scored(5, "NORM"),
    ]
    found = {name: estimate.value for name, estimate in swap_scores(scores).items() if estimate}
    assert found["arm_swap_detected"] == pytest.approx(2 / 3)
    assert found["arm_swap_false_alarms"] == pytest.approx(1 / 3)
    assert found["arm_swap_flagged_fold9"] == pytest.approx(1 / 2)
