"""Urgency: what is critical, what doubt does to it, and what cannot be assessed."""

from __future__ import annotations

import re

import pytest

from calipers.knowledge import level_of, statements, urgency
from calipers.report import Demographics

from . import ecgs
from .ecgs import MAN, in_leads, verdicts
from .test_evaluation import INFERIOR_ST, LBBB

CRITICAL: dict[str, dict[str, ecgs.Value]] = {
    "ventricular_fibrillation": {
        "rest_share": (0.05, 0.05),
        "qrs_similarity": (0.2, 0.05),
        "fibrillation_rate": (290.0, 30.0),
        "qrs_count": None,
    },
    "asystole": {"qrs_count": 0.0},
    "af_complete_av_block": {
        "hr": (42.0, 0.5),
        "rr_irregularity": (0.01, 0.01),
        "p_per_qrs": (0.0, 0.1),
        "f_wave_amp": (0.08, 0.01),
    },
    "severe_bradycardia": {"hr": (35.0, 0.5)},
    "extreme_tachycardia": {"hr": (170.0, 1.0)},
    "long_pause": {"pause_max": (3500.0, 10.0)},
    "marked_qt_prolongation": {"qtc_bazett": (540.0, 15.0)},
    "stemi_inferior": INFERIOR_ST,
    "stemi_anterior": in_leads("V2 V3", st_j=(0.4, 0.03)),
    "stemi_lateral": in_leads("V5 V6", st_j=(0.3, 0.03)),
    "sgarbossa": {**LBBB, "V6.st_j": (0.3, 0.03)},
    "posterior_mi_suspected": in_leads("V1 V2 V3", st_j=(-0.2, 0.02), st_80=(-0.2, 0.02), t_amp=(0.4, 0.03)),
    "avr_elevation_with_diffuse_depression": in_leads("I II aVF V4 V5 V6", st_j=(-0.2, 0.02))
    | {"aVR.st_j": (0.2, 0.02)},
    "wide_qrs_tachycardia": {"hr": (140.0, 1.0), "qrs": (150.0, 8.0)},
    "third_degree_av_block": {
        "hr": (44.0, 0.5),
        "atrial_rate": (85.0, 2.0),
        "p_per_qrs": (0.1, 0.1),
        "av_dissociation": (0.95, 0.05),
    },
    "high_grade_av_block": {
        "hr": (30.0, 0.5),
        "atrial_rate": (90.0, 1.0),
        "dropped_count": 6.0,
        "dropped_run_max": 2.0,
    },
    "mobitz_2": {
        "hr": (60.0, 0.5),
        "atrial_rate": (80.0, 1.0),
        "dropped_count": 3.0,
        "dropped_run_max": 1.0,
        "pr_lengthening": (2.0, 6.0),
        "conducted_run_max": 3.0,
    },
    "failure_to_capture": {"paced_count": 6.0, "ventricular_paced_count": 6.0, "noncapture_count": 4.0},
    "preexcited_af": {"hr": (180.0, 3.0), "qrs": (150.0, 8.0), "rr_irregularity": (0.2, 0.02), "p_per_qrs": 0.0},
    "marked_hyperkalaemia": {
        "qrs": (150.0, 8.0),
        **in_leads("V4 V5", t_amp=(1.3, 0.05), t_width=(85.0, 8.0)),
    },
}


@pytest.mark.parametrize("key", CRITICAL)
def test_a_critical_pattern_is_critical(key: str) -> None:
    found = verdicts(CRITICAL[key])
    assert found[key].result == "met"
    level, reasons = urgency(found, True)
    assert level == "critical"
    assert any(reason.startswith(statements()[key].label) for reason in reasons)


def test_every_critical_statement_is_tried_here() -> None:
    assert {key for key in statements() if level_of(key) == "critical"} == set(CRITICAL)


def test_a_normal_ecg_is_routine() -> None:
    assert urgency(verdicts(), True) == ("routine", ())


def test_an_unreadable_recording_is_not_assessable_whatever_was_found() -> None:
    assert urgency(verdicts(INFERIOR_ST), False)[0] == "not_assessable"


def test_a_borderline_critical_finding_is_urgent() -> None:
    level, reasons = urgency(verdicts({"pause_max": (3050.0, 200.0)}), True)
    assert (level, reasons) == ("urgent", ("Pause: borderline",))


def test_a_critical_finding_that_hangs_on_an_unknown_sex_is_urgent() -> None:
    found = verdicts(in_leads("V2 V3", st_j=0.18), Demographics(age=55))
    level, reasons = urgency(found, True)
    assert level == "urgent"
    assert "sex" in reasons[0]


def test_an_unknown_sex_raises_nothing_where_the_measurements_speak_against_the_finding_in_either() -> None:
    found = verdicts({f"{lead}.st_j": (0.12, 0.05) for lead in ("V2", "V3")}, Demographics(age=55))
    assert found["stemi_anterior"].leans is False
    assert urgency(found, True) == ("routine", ())


def test_a_possible_critical_finding_is_urgent() -> None:
    assert urgency(verdicts({"V6.st_j": (0.3, 0.02)}, without=("V5", "aVL")), True)[0] == "urgent"


def test_st_elevation_behind_a_borderline_bundle_branch_block_is_urgent() -> None:
    # Discordant to a mainly negative QRS, so that Sgarbossa's criteria stay silent.
    hidden = {**LBBB, "qrs": (121.0, 10.0), **in_leads("V1 V2", st_j=(0.3, 0.02))}
    found = verdicts(hidden, MAN)
    assert found["stemi_anterior"].suppressed_by == "lbbb"
    assert urgency(found, True)[0] == "urgent"
    assert urgency(verdicts({**hidden, "qrs": (160.0, 8.0)}, MAN), True)[0] == "routine"


def test_withheld_and_model_only_critical_findings_are_urgent() -> None:
    assert urgency(verdicts(), True, withheld={"long_pause"})[0] == "urgent"
    assert urgency(verdicts(), True, suggested={"stemi_anterior"})[0] == "urgent"
    assert urgency(verdicts(), True, suggested={"lvh"})[0] == "routine"


def test_a_withheld_claim_does_not_stay_critical_by_itself() -> None:
    level, reasons = urgency(verdicts({"pause_max": (3500.0, 10.0)}), True, withheld={"long_pause"})
    assert (level, reasons) == ("urgent", ("Pause: the claim was withheld",))


def test_the_gravest_reason_comes_first_and_reasons_hold_no_number() -> None:
    found = verdicts({"qtc_bazett": (502.0, 15.0), "pause_max": (3500.0, 10.0)})
    level, reasons = urgency(found, True)
    assert level == "critical"
    assert reasons[0].startswith("Pause")
    assert len(reasons) == 2
    assert not any(re.search(r"\d", reason) for reason in reasons)


def test_a_routine_finding_raises_nothing() -> None:
    assert urgency(verdicts({"pr": (230.0, 5.0)}), True)[0] == "routine"
