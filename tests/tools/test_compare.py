"""Serial comparison: what counts as changed, what is said of two recordings, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from calipers import Changes, Ecg, UsageError, compare, measure
from calipers.evidence import Measurements
from calipers.knowledge import statements
from calipers.leads import LEADS
from calipers.report import ChangeCriterion, Demographics
from calipers.tools.compare import Recording, changes_between, in_order, trends
from calipers.tools.compare.categories import category
from tests.agent.planted_faults import ptbxl_ecgs
from tests.agent.textbook import Values, textbook_case
from tests.serial_pairs import serial_pairs

MARCH, JUNE = datetime(2024, 3, 1, 8, 30), datetime(2024, 6, 1, 9, 0)
MAN = Demographics(age=60, sex="male")
#: A left bundle branch block as a table of measurements.
LBBB: Values = {
    "qrs": 156.0,
    **{f"{lead}.{name}": value for lead in ("I", "aVL", "V5", "V6") for name, value in (("q_amp", 0.0), ("q_dur", 0.0))},
    **{f"{lead}.qrs_pattern": "R" for lead in ("I", "aVL", "V5", "V6")},
    **{f"{lead}.qrs_notch": 1.0 for lead in ("I", "aVL", "V5", "V6")},
    **{f"{lead}.r_peak_time": 80.0 for lead in ("I", "aVL", "V5", "V6")},
    **{f"{lead}.s_amp": 0.0 for lead in ("I", "aVL", "V5", "V6")},
    "V1.r_amp": 0.1, "V1.s_amp": -1.5, "V1.qrs_pattern": "rS",
}  # fmt: skip
FIBRILLATION: Values = {"p_per_qrs": 0.0, "rr_irregularity": 0.25, "rr_sd": 140.0, "pr": None, "p_dur": None,
                        "p_axis": None, "atrial_rate": None}  # fmt: skip


def recording(values: Values, record: str, at: datetime | None) -> Recording:
    items = textbook_case(values).measurements.whole
    renamed = tuple(item.model_copy(update={"record": record}) for item in items)
    return Recording(record, at.isoformat() if at else None, MAN, renamed)


def textbook_changes(now: Values, then: Values) -> Changes:
    return changes_between(recording(now, "now", JUNE), recording(then, "then", MARCH), ())


def dated(ecg: Ecg, at: datetime | None, patient_id: str | None = "one") -> Ecg:
    return replace(ecg, recorded_at=at, patient=replace(ecg.patient, id=patient_id))


@pytest.fixture(scope="module")
def earlier(demo_ecg: Ecg) -> Ecg:
    """The demo's patient three months earlier, with other noise."""
    noise = np.random.default_rng(3).normal(0, 0.004, demo_ecg.signal_mv.shape)
    signal = demo_ecg.signal_mv + noise
    again = Ecg.from_array(signal, demo_ecg.fs_hz, LEADS, age=demo_ecg.patient.age, sex=demo_ecg.patient.sex)
    return dated(again, MARCH)


# What has changed.


def test_a_pr_that_grew_by_more_than_both_uncertainties_exceeds_them() -> None:
    row = textbook_changes({"pr": 226.0}, {"pr": 180.0}).measured("pr")
    assert row is not None
    assert (row.value, row.prior_value, row.difference) == (226.0, 180.0, 46.0)
    assert row.uncertainty == pytest.approx(np.hypot(4.0, 4.0), abs=1e-3)
    assert row.exceeds is True


def test_a_pr_that_grew_by_less_does_not() -> None:
    row = textbook_changes({"pr": 184.0}, {"pr": 180.0}).measured("pr")
    assert row is not None
    assert row.exceeds is False


def test_an_axis_turns_the_shorter_way_round() -> None:
    row = textbook_changes({"qrs_axis": -175.0}, {"qrs_axis": 175.0}).measured("qrs_axis")
    assert row is not None
    assert row.difference == 10.0


def test_what_was_not_measurable_once_has_no_difference() -> None:
    row = textbook_changes(FIBRILLATION, {}).measured("pr")
    assert row is not None
    assert (row.value, row.prior_value, row.difference, row.exceeds) == (None, 160.0, None, None)


@pytest.mark.parametrize(
    ("now", "then", "key", "change"),
    [
        (LBBB, {}, "lbbb", "new"),
        ({}, LBBB, "lbbb", "resolved"),
        (LBBB, LBBB, "lbbb", "unchanged"),
        ({}, {}, "lbbb", "absent"),
        (FIBRILLATION, {}, "atrial_fibrillation", "new"),
        ({"pr": 240.0}, {}, "first_degree_av_block", "new"),
        ({"pr": 290.0}, {"pr": 240.0}, "first_degree_av_block", "progressed"),
        ({"pr": 250.0}, {"pr": 240.0}, "first_degree_av_block", "unchanged"),
    ],
)
def test_what_becomes_of_a_statement(now: Values, then: Values, key: str, change: str) -> None:
    row = textbook_changes(now, then).of(key)
    assert row is not None
    assert (row.change, row.certainty) == (change, "definite")


def test_a_limit_inside_the_uncertainty_decides_nothing() -> None:
    row = textbook_changes({"pr": 201.5}, {"pr": 199.0}).of("first_degree_av_block")
    assert row is not None
    assert row.change == "undecided"


def test_st_elevation_that_grows_by_a_tenth_of_a_millivolt_progresses() -> None:
    lower = {f"{lead}.{name}": 0.25 for lead in ("II", "III", "aVF") for name in ("st_j", "st_60", "st_80")}
    row = textbook_changes(dict.fromkeys(lower, 0.5), lower).of("stemi_inferior")
    assert row is not None
    assert row.change == "progressed"
    assert row.moved


# The comparison statements 400 to 406.


def criterion(now: Values, then: Values, code: str) -> ChangeCriterion:
    return textbook_changes(now, then).criterion(code)


@pytest.mark.parametrize(
    ("now", "then", "code"),
    [
        ({}, {}, "400"),
        (FIBRILLATION, {}, "401"),
        ({}, FIBRILLATION, "401"),
        ({"hr": 120.0}, {"hr": 80.0}, "401"),
        ({"II.st_j": 0.3, "III.st_j": 0.35, "aVF.st_j": 0.32}, {}, "402"),
        (LBBB, {}, "403"),
        ({"pr": 240.0}, {}, "403"),
        ({"qt": 480.0}, {"qt": 400.0}, "404"),
        ({"qrs_axis": -60.0, "aVL.qrs_pattern": "R"}, {}, "405"),
    ],
)
def test_a_comparison_statement_is_met_by_what_it_names(now: Values, then: Values, code: str) -> None:
    assert criterion(now, then, code).result == "met"


def test_no_other_statement_is_met_where_nothing_changed() -> None:
    changes = textbook_changes({}, {})
    assert [row.code for row in changes.criteria if row.result == "met"] == ["400"]
    assert [row.code for row in changes.criteria] == ["400", "401", "402", "403", "404", "405", "406"]


def test_a_faster_rate_within_normal_is_no_change_of_rhythm() -> None:
    assert criterion({"hr": 95.0}, {"hr": 65.0}, "401").result == "not_met"


def test_a_change_in_rhythm_is_a_significant_change() -> None:
    assert criterion(FIBRILLATION, {}, "400").result == "not_met"


def test_every_statement_counts_for_a_comparison_statement() -> None:
    known = {key for key in statements() if category(key) != "other"}
    assert {"lbbb", "atrial_fibrillation", "stemi_inferior", "long_qt", "lvh", "left_axis_deviation"} <= known
    assert category("left_axis_deviation") == category("lvh") == "structure"
    assert category("second_degree_av_block") == category("lbbb") == "conduction"


# What two recordings must share.


def test_another_patients_ecg_is_refused(demo_ecg: Ecg, earlier: Ecg) -> None:
    with pytest.raises(UsageError, match="another patient's identifier") as refused:
        compare(dated(demo_ecg, JUNE), dated(earlier, MARCH, "somebody"))
    assert "somebody" not in str(refused.value)


def test_a_synthetic_prior_is_refused(demo_ecg: Ecg, earlier: Ecg) -> None:
    with pytest.raises(UsageError, match="synthetic"):
        compare(demo_ecg, replace(earlier, synthetic=True))


def limits(ecg: Ecg, prior: Ecg) -> set[str]:
    return {limit.kind for limit in compare(ecg, prior).limits}


def test_an_ordinary_pair_has_no_limit(demo_ecg: Ecg, earlier: Ecg) -> None:
    assert limits(dated(demo_ecg, JUNE), earlier) == set()


def test_the_same_recording_is_said_to_be_the_same(demo_ecg: Ecg) -> None:
    changes = compare(dated(demo_ecg, JUNE), dated(demo_ecg, MARCH))
    assert changes.same_record
    assert {limit.kind for limit in changes.limits} == {"same_record"}


def test_a_prior_that_is_later_is_said_to_be_later(demo_ecg: Ecg, earlier: Ecg) -> None:
    changes = compare(dated(demo_ecg, MARCH), dated(earlier, JUNE))
    assert changes.order == "later"
    assert {limit.kind for limit in changes.limits} == {"order"}


def test_missing_dates_and_identifiers_are_said(demo_ecg: Ecg, earlier: Ecg) -> None:
    changes = compare(dated(demo_ecg, None, None), earlier)
    assert changes.order == "unknown"
    assert {limit.kind for limit in changes.limits} == {"date", "identity"}


def test_fewer_leads_make_a_change_of_axis_only_possible(demo_ecg: Ecg, earlier: Ecg) -> None:
    few = dated(Ecg.from_array(earlier.signal_mv[:6], earlier.fs_hz, LEADS[:6]), MARCH)
    changes = compare(dated(demo_ecg, JUNE), few)
    assert "leads" in {limit.kind for limit in changes.limits}
    axis, rate = changes.measured("qrs_axis"), changes.measured("hr")
    assert axis is not None
    assert rate is not None
    assert (axis.certainty, rate.certainty) == ("possible", "definite")


def test_another_sampling_rate_is_said(demo_ecg: Ecg, earlier: Ecg) -> None:
    half = dated(Ecg.from_array(earlier.signal_mv[:, ::2], earlier.fs_hz / 2, LEADS), MARCH)
    assert "sampling" in limits(dated(demo_ecg, JUNE), half)


def test_exchanged_arm_electrodes_make_a_new_axis_only_possible(demo_ecg: Ecg, earlier: Ecg) -> None:
    one, two, three, avr, avl, avf = (demo_ecg.signal_mv[row] for row in range(6))
    swapped = Ecg.from_array(
        np.vstack([-one, three, two, avl, avr, avf, demo_ecg.signal_mv[6:]]), demo_ecg.fs_hz, LEADS, age=60, sex="male"
    )
    changes = compare(dated(swapped, JUNE), earlier)
    assert "electrodes" in {limit.kind for limit in changes.limits}
    new = [row for row in changes.statements if row.change == "new" and category(row.statement.key) == "structure"]
    assert all(row.certainty == "possible" for row in new)


def test_several_priors_stand_nearest_first(demo_ecg: Ecg, earlier: Ecg) -> None:
    ecg = dated(demo_ecg, JUNE)
    noise = np.random.default_rng(9)
    times = (MARCH, MARCH + timedelta(days=60), None, JUNE + timedelta(days=3))
    priors = []
    for at in times:
        signal = earlier.signal_mv + noise.normal(0, 0.003, earlier.signal_mv.shape)
        priors.append(dated(Ecg.from_array(signal, earlier.fs_hz, LEADS, age=60, sex="male"), at))
    found = in_order([*(compare(ecg, prior) for prior in priors), compare(ecg, priors[0])])
    assert [one.prior_record for one in found] == [priors[at].record for at in (1, 0, 2, 3)]


def test_values_over_time_have_a_direction() -> None:
    now = recording({"pr": 230.0}, "now", JUNE)
    series = [("a", 170.0, 0), ("b", 200.0, 30)]
    found = [
        changes_between(now, recording({"pr": pr}, key, MARCH + timedelta(days=days)), ()) for key, pr, days in series
    ]
    by_id = {trend.id: trend for trend in trends(in_order(found), now.measurements)}
    assert by_id["pr"].direction == "rising"
    assert [point.value for point in by_id["pr"].points] == [170.0, 200.0, 230.0]
    assert by_id["qrs"].direction == "steady"


# Real signals.


def test_a_second_reading_of_one_heart_shows_no_significant_change(demo_ecg: Ecg, earlier: Ecg) -> None:
    changes = compare(dated(demo_ecg, JUNE), earlier)
    assert changes.criterion("400").result == "met"
    changed = [row.statement for row in changes.statements if row.change in ("new", "resolved", "progressed")]
    assert [one.key for one in changed if statements()[one.key].abnormal] == []


def test_a_faster_heart_is_measured_as_faster(demo_ecg: Ecg, earlier: Ecg) -> None:
    fast = dated(Ecg.from_array(demo_ecg.signal_mv, demo_ecg.fs_hz * 1.4, LEADS, age=60, sex="male"), JUNE)
    row = compare(fast, earlier).measured("hr")
    assert row is not None
    assert row.exceeds
    assert row.difference == pytest.approx(0.4 * 61, abs=2)


def raised(ecg: Ecg, leads: tuple[str, ...], level_mv: float) -> Ecg:
    """The ECG with its ST segments lifted in some leads: a plateau from each QRS end into the T wave."""
    signal = ecg.signal_mv.copy()
    clock_s = np.arange(signal.shape[1]) / ecg.fs_hz
    for end_s in _qrs_ends(measure(ecg)):
        lift = (
            level_mv * np.clip((clock_s - end_s + 0.02) / 0.02, 0, 1) * np.clip((end_s + 0.22 - clock_s) / 0.10, 0, 1)
        )
        for lead in leads:
            signal[LEADS.index(lead)] += lift
    return Ecg.from_array(signal, ecg.fs_hz, LEADS, age=60, sex="male")


def _qrs_ends(measurements: Measurements) -> Iterator[float]:
    yield from (item.spans[0].end_s for item in measurements.held if item.name == "qrs" and item.beat is not None)


def test_st_segments_that_rise_are_new_ischaemia(demo_ecg: Ecg, earlier: Ecg) -> None:
    lifted = dated(raised(demo_ecg, ("V2", "V3", "V4"), 0.5), JUNE)
    changes = compare(lifted, earlier)
    row = changes.of("stemi_anterior")
    assert row is not None
    assert row.change == "new"
    assert changes.criterion("402").result == "met"


def test_serial_records_of_ptbxl_are_compared_in_order(data_dir: Path) -> None:
    pairs = list(serial_pairs(data_dir, 4))
    assert len(pairs) == 4
    for then, now in pairs:
        changes = compare(now, then)
        assert changes.order == "earlier"
        assert len(changes.criteria) == 7
        assert Changes.model_validate_json(changes.model_dump_json()) == changes


def test_a_real_bundle_branch_block_against_a_normal_ecg_is_new(data_dir: Path) -> None:
    (_, normal), *_ = ptbxl_ecgs(data_dir, 1, {"NORM": 1})
    (_, blocked), *_ = ptbxl_ecgs(data_dir, 1, {"CLBBB": 1})
    changes = compare(dated(blocked, JUNE), dated(normal, MARCH))
    row = changes.of("lbbb")
    assert row is not None
    assert (row.change, row.certainty) == ("new", "definite")
    assert changes.criterion("403").result == "met"
