"""LUDB's marks, the fusion of the peers, and the figures drawn from both, on hand-made records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calipers.evals.measurement.findings import Findings, parts
from calipers.evals.measurement.intervals import (
    Judged,
    RecordScore,
    coverage_scores,
    interval_scores,
)
from calipers.evals.measurement.ludb import lead_waves, record_numbers
from calipers.evals.measurement.peers import fused_reading
from calipers.models.delineator.consensus import Intervals, LeadWaves, beat_table, global_waves, intervals

NAN = float("nan")
STATED = Intervals(20.0, 20.0, 20.0, 20.0)


def twelve(shift_s: float = 0.0, *, with_p: bool = True) -> list[LeadWaves]:
    """Eight beats a second apart: P 100 ms, PR 160 ms, QRS 90 ms, QT 400 ms, in every lead alike."""
    qrs = 1.0 + np.arange(8)[:, None]
    p = qrs + np.array([-0.16, -0.06]) if with_p else np.empty((0, 2))
    one = LeadWaves(p, qrs + np.array([0.0, 0.09]), qrs + np.array([0.2, 0.4 + shift_s]))
    return [one] * 12


def record(number: int, reference: Intervals, measured: Intervals, half_widths: Intervals = STATED) -> RecordScore:
    judged = Judged(measured, half_widths, {}, {})
    return RecordScore(number, "training", "Sinus rhythm", "", reference, {"calipers": judged})


def test_marks_become_waves_and_a_bound_left_out_is_nan() -> None:
    waves = lead_waves(np.arange(9.0), ["(", "p", ")", "N", ")", "(", "t", "t", "p"])
    assert waves.p.tolist() == [[0.0, 2.0]]
    assert np.isnan(waves.qrs[0, 0])
    assert waves.qrs[0, 1] == 4.0
    assert waves.t[0, 0] == 5.0
    assert np.isnan(waves.t[0, 1])
    assert len(waves.t) == 1, "a peak without a bound is no wave"


def test_the_splits_are_159_and_41_and_share_no_record() -> None:
    training, validation = record_numbers("training"), record_numbers("validation")
    assert (len(training), len(validation)) == (159, 41)
    assert record_numbers("all") == list(range(1, 201)) == sorted(training + validation)


def test_the_reference_takes_the_outermost_mark_that_two_further_leads_confirm() -> None:
    leads = twelve()
    outlier = leads[0]._replace(qrs=leads[0].qrs - np.array([0.08, 0.0]))
    three_early = leads[0]._replace(qrs=leads[0].qrs - np.array([0.02, 0.0]))
    assert intervals(beat_table(global_waves([outlier, *leads[1:]]))).qrs_ms == pytest.approx(90)
    assert intervals(beat_table(global_waves([three_early] * 3 + leads[3:]))).qrs_ms == pytest.approx(110)


def test_a_fused_peer_is_measured_as_the_reference_is() -> None:
    reference = beat_table(global_waves(twelve()))
    found = fused_reading(twelve(shift_s=0.03), reference)
    assert found.intervals == pytest.approx((100, 160, 90, 430))
    assert np.isnan(fused_reading(twelve(with_p=False), reference).intervals.pr_ms)


def test_beats_that_the_reference_lacks_do_not_count_against_a_peer() -> None:
    reference = beat_table(global_waves(twelve()))[:4]
    leads = twelve()
    late = leads[0]._replace(t=leads[0].t + np.r_[np.zeros(4), np.full(4, 0.1)][:, None])
    assert fused_reading([late] * 12, reference).intervals.qt_ms == pytest.approx(400)


def test_bias_and_sd_are_over_the_records_where_both_have_a_value() -> None:
    truth = Intervals(100, 160, 90, 400)
    scores = interval_scores_of([(truth, Intervals(104, 150, 90, 410)), (truth, Intervals(108, NAN, 96, 430))])
    assert scores["p_bias_ms"] == pytest.approx(6)
    assert scores["p_sd_ms"] == pytest.approx(np.sqrt(8))
    assert scores["pr_bias_ms"] == pytest.approx(-10)
    assert "pr_sd_ms" not in scores


def test_a_pr_is_invented_only_where_none_is_marked_and_missing_only_where_one_is() -> None:
    with_p, without = Intervals(100, 160, 90, 400), Intervals(NAN, NAN, 90, 400)
    scores = interval_scores_of(
        [(with_p, with_p), (with_p, without), (without, with_p), (without, without), (without, without)]
    )
    assert scores["pr_invented"] == pytest.approx(1 / 3)
    assert scores["pr_missing"] == pytest.approx(1 / 2)


def test_coverage_counts_references_inside_the_stated_interval() -> None:
    truth = Intervals(100, 160, 90, 400)
    records = [
        record(1, truth, Intervals(120, 160, 90, 400)),
        record(2, truth, Intervals(100, 181, 90, 400)),
        record(3, truth, Intervals(NAN, NAN, 90, 400), Intervals(NAN, NAN, 20, 20)),
    ]
    found = coverage_scores(records)
    assert found["coverage"] is not None
    assert found["coverage"].value == pytest.approx(9 / 10)
    assert found["coverage"].n == 10
    assert found["coverage_pr"] is not None
    assert found["coverage_pr"].value == pytest.approx(0.5)


def test_a_run_is_judged_by_the_records_that_no_network_saw() -> None:
    truth = Intervals(100, 160, 90, 400)
    seen = [record(1, truth, truth), record(2, truth, truth)]
    unseen = [replace(record(10, truth, truth), split="validation")]
    both = Findings([*seen, *unseen], [], [], [], [], [])
    assert both.judged == unseen
    assert both.seen == seen
    assert {name: len(part) for name, part in parts(both).items()} == {
        "ludb.validation": 1, "ludb.training": 2, "ludb.with_p": 1, "ludb.narrow": 1,
    }  # fmt: skip
    only_seen = Findings(seen, [], [], [], [], [])
    assert only_seen.judged == seen
    assert only_seen.seen == []


def interval_scores_of(pairs: list[tuple[Intervals, Intervals]]) -> dict[str, float]:
    from calipers.evals.measurement.boundaries import WAVES, Presence

    nothing = dict.fromkeys(WAVES, Presence(0, 0, 0, 0))
    records = []
    for number, (reference, measured) in enumerate(pairs):
        judged = Judged(measured, STATED, {}, nothing)
        records.append(RecordScore(number, "training", "", "", reference, {"calipers": judged}))
    return {k: v.value for k, v in interval_scores(records, "calipers").items() if v is not None}
