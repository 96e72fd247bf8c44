"""Patterns of P, QRS, ST and T: what meets them, what keeps them apart, and how far they go at most."""

from __future__ import annotations

import pytest

from calipers.knowledge import statements

from .ecgs import MAN, Value, in_leads, verdicts
from .test_evaluation import LBBB

INFERIOR_Q: dict[str, Value] = in_leads(
    "II III aVF", q_dur=(45.0, 4.0), q_amp=(-0.5, 0.02), r_amp=(0.6, 0.02), qrs_pattern="QR"
)
PRESENT: dict[str, dict[str, Value]] = {
    "left_atrial_enlargement": {
        "V1.p_terminal_amp": (-0.15, 0.01),
        "V1.p_terminal_dur": (60.0, 6.0),
        "p_dur": (140.0, 6.0),
    },
    "right_atrial_enlargement": {"II.p_amp": (0.32, 0.02)},
    "pre_excitation": {"pr": (100.0, 6.0), "qrs": (135.0, 8.0), **in_leads("I V5 V6", delta_dur=(45.0, 6.0))},
    "incomplete_rbbb": {"qrs": (115.0, 2.0), "V1.rp_amp": (0.5, 0.02), "V6.s_dur": (52.0, 4.0)},
    "incomplete_lbbb": {"qrs": (115.0, 2.0), **in_leads("V5 V6", r_peak_time=(75.0, 4.0))},
    "poor_r_progression": in_leads("V2 V3", r_amp=(0.1, 0.02)),
    "clockwise_rotation": {"V4.r_amp": (0.3, 0.03), "V4.s_amp": (-0.9, 0.03)},
    "counterclockwise_rotation": {"V2.r_amp": (1.2, 0.03), "V2.s_amp": (-0.3, 0.03)},
    "low_voltage_chest": in_leads("V1 V2 V3 V4 V5 V6", r_amp=(0.3, 0.02), s_amp=(-0.2, 0.02)),
    "brugada_type_1": in_leads("V1 V2", st_j=(0.4, 0.03), st_80=(0.15, 0.03), t_amp=(-0.3, 0.03)),
    "wellens": in_leads("V2 V3", t_pattern="positive-negative", t_amp=(0.2, 0.03)),
    "de_winter_pattern": in_leads("V3 V4", st_j=(-0.2, 0.02), st_80=(0.05, 0.02), t_amp=(0.9, 0.05)),
    "early_repolarisation": in_leads("II aVF", j_wave_amp=(0.2, 0.02)),
    "low_t_wave": in_leads("V4 V5 V6", t_amp=(0.03, 0.02)),
    "old_posterior_infarction": in_leads(
        "V1 V2", r_amp=(1.1, 0.03), s_amp=(-0.4, 0.03), r_dur=(52.0, 3.0), t_amp=(0.4, 0.03)
    ),
    "pathological_q_inferolateral": {
        **INFERIOR_Q,
        **in_leads("V5 V6", q_dur=(45.0, 4.0), q_amp=(-0.5, 0.02), r_amp=(0.6, 0.02), qrs_pattern="QR"),
    },
    "ischaemia_anterolateral": in_leads("V2 V3 V5 V6", st_j=(-0.2, 0.02), st_80=(-0.2, 0.02)),
    "sgarbossa_modified": {**LBBB, "V3.s_amp": (-1.5, 0.03), "V3.st_j": (0.6, 0.02)},
    "marked_hyperkalaemia": {"qrs": (150.0, 8.0), **in_leads("V4 V5", t_amp=(1.3, 0.05), t_width=(85.0, 8.0))},
    "preexcited_af": {"hr": (180.0, 3.0), "qrs": (150.0, 8.0), "rr_irregularity": (0.2, 0.02), "p_per_qrs": 0.0},
}
#: Statements that the criteria allow as `possible` at most, whatever is measured.
POSSIBLE: dict[str, dict[str, Value]] = {
    "digitalis_effect": {
        "qtc_fridericia": (380.0, 8.0),
        **in_leads("V5 V6", st_80=(-0.12, 0.02), st_j=(-0.06, 0.02), t_amp=(0.1, 0.02)),
    },
    "pericarditis_pattern": {
        **in_leads("I II aVF V2 V3 V4 V5 V6", st_j=(0.12, 0.02)),
        "aVR.st_j": (-0.12, 0.02),
    },
    "hyperkalaemia_suspected": in_leads("V3 V4", t_amp=(1.4, 0.05), t_width=(80.0, 6.0)),
    "s1q3t3": {"I.s_amp": (-0.3, 0.02), "III.q_amp": (-0.3, 0.02), "III.t_amp": (-0.2, 0.02)},
    "dextrocardia_pattern": {
        "I.p_amp": (-0.1, 0.02),
        "I.r_amp": (0.1, 0.02),
        "I.s_amp": (-0.8, 0.03),
        "V1.r_amp": (0.8, 0.03),
        "V6.r_amp": (0.1, 0.02),
        "V6.s_amp": (-0.2, 0.02),
    },
    "ventricular_aneurysm_pattern": {
        **in_leads("V2 V3", qrs_pattern="QS", r_amp=(0.0, 0.01), q_amp=(-1.0, 0.03), st_j=(0.4, 0.03)),
    },
}
NEW_ROWS = PRESENT | POSSIBLE


@pytest.mark.parametrize("key", PRESENT)
def test_a_textbook_pattern_is_said(key: str) -> None:
    verdict = verdicts(PRESENT[key], MAN)[key]
    assert verdict.result == "met"
    assert verdict.asserted


@pytest.mark.parametrize("key", POSSIBLE)
def test_a_pattern_that_others_imitate_stays_possible(key: str) -> None:
    verdict = verdicts(POSSIBLE[key], MAN)[key]
    assert (verdict.result, verdict.certainty) == ("met", "possible")
    assert verdict.template is not None
    assert "possible" in verdict.template


@pytest.mark.parametrize("key", NEW_ROWS)
def test_a_normal_ecg_has_none_of_them(key: str) -> None:
    assert not verdicts()[key].leans_present


@pytest.mark.parametrize("key", [key for key in NEW_ROWS if "lbbb" in statements()[key].suppressed_by])
def test_left_bundle_branch_block_hides_them(key: str) -> None:
    hidden = verdicts({**NEW_ROWS[key], **LBBB, **in_leads("I V5 V6", q_amp=0.0)})[key]
    assert hidden.result == "not_applicable"


def test_an_irregular_rhythm_without_p_waves_has_no_atrial_enlargement() -> None:
    fibrillating = {"rr_irregularity": (0.2, 0.02), "p_per_qrs": 0.0, **PRESENT["left_atrial_enlargement"]}
    assert verdicts(fibrillating)["left_atrial_enlargement"].suppressed_by == "atrial_fibrillation"


def test_a_tall_t_wave_behind_a_narrow_qrs_is_no_marked_hyperkalaemia() -> None:
    assert verdicts(POSSIBLE["hyperkalaemia_suspected"])["marked_hyperkalaemia"].result == "not_met"


def test_exchanged_arm_electrodes_are_not_taken_for_dextrocardia() -> None:
    swapped: dict[str, Value] = {"I.p_amp": (-0.1, 0.02), "I.r_amp": (0.1, 0.02), "I.s_amp": (-0.8, 0.03)}
    assert not verdicts(swapped)["dextrocardia_pattern"].leans_present


def test_anterior_q_waves_rule_the_wellens_pattern_out() -> None:
    with_q: dict[str, Value] = {
        **PRESENT["wellens"],
        **in_leads("V2 V3", qrs_pattern="QS", q_amp=(-0.8, 0.03), r_amp=(0.0, 0.01)),
    }
    assert not verdicts(with_q)["wellens"].leans_present


@pytest.mark.parametrize("row", [row for row in statements().values() if row.criteria is None], ids=lambda row: row.key)
def test_a_row_without_criteria_has_no_verdict(row: object) -> None:
    assert getattr(row, "key", None) not in verdicts()
