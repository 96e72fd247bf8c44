"""Morphologies, recorded beats and recorders: levels, axes and intervals are what the truth says."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from calipers.errors import UsageError
from calipers.leads import INDEX, LEADS, Lead
from calipers.models.simulator import (
    SCENARIOS,
    MarkedBeat,
    Morphology,
    Simulated,
    Specification,
    cut_beat,
    simulate,
)
from calipers.models.simulator.ischaemia import TERRITORIES
from calipers.tools.measure import measure

INFERIOR: tuple[Lead, ...] = ("II", "III", "aVF")
LATERAL: tuple[Lead, ...] = ("I", "aVL", "V5", "V6")


def marks_of(record: Simulated) -> list[MarkedBeat]:
    p = {wave.conducted_to: wave for wave in record.atrial if wave.conducted_to is not None}
    return [
        MarkedBeat(p[k].onset_s, p[k].offset_s, beat.onset_s, beat.offset_s, beat.t_offset_s)
        for k, beat in enumerate(record.ventricular)
        if k in p
    ]


@pytest.mark.parametrize("morphology", get_args(Morphology))
def test_every_morphology_is_plausible_at_both_ends_of_severity(morphology: Morphology) -> None:
    before: tuple[Morphology, ...] = ("lbbb",) if morphology.startswith("sgarbossa") else ()
    for severity in (0.0, 1.0):
        record = simulate(Specification(morphologies=(*before, morphology), severity=severity), 2)
        assert np.isfinite(record.ecg.signal_mv).all()
        assert 0.1 < np.abs(record.ecg.signal_mv).max() < 6.0


@pytest.mark.parametrize("axis_deg", [-60.0, 0.0, 45.0, 100.0])
def test_the_axis_asked_for_is_the_axis_of_the_samples(axis_deg: float) -> None:
    record = simulate(Specification(axis_deg=axis_deg), 1)
    assert record.truth["qrs_axis"] == pytest.approx(axis_deg, abs=4.0)
    beat = record.ventricular[3]
    samples = record.ecg.signal_mv[:, round(beat.onset_s * 500) : round(beat.offset_s * 500)].astype(np.float64)
    i, ii = samples[0].sum(), samples[1].sum()
    assert np.degrees(np.arctan2((2 * ii - i) / np.sqrt(3), i)) == pytest.approx(axis_deg, abs=6.0)


@pytest.mark.parametrize("morphology", TERRITORIES)
def test_st_elevation_reaches_infarction_limits_of_every_adult_at_the_least_severity(morphology: Morphology) -> None:
    for age in (25.0, 70.0):
        truth = simulate(Specification(morphologies=(morphology,), severity=0.0, age=age, sex="male"), 3).truth
        limits = dict.fromkeys(LEADS, 0.1) | {"V2": 0.25 if age < 40 else 0.2, "V3": 0.25 if age < 40 else 0.2}
        raised = [lead for lead in LEADS if truth[f"{lead}.st_j"] >= limits[lead]]
        assert len(raised) >= 2


@pytest.mark.parametrize("morphology", ["stemi_inferior_rca", "rv_infarction"])
def test_right_coronary_occlusion_lifts_iii_over_ii_and_lowers_avl(morphology: Morphology) -> None:
    truth = simulate(Specification(morphologies=(morphology,)), 5).truth
    assert truth["III.st_j"] > truth["II.st_j"] >= 0.1
    assert truth["aVL.st_j"] <= -0.1


def test_subendocardial_ischaemia_lifts_avr_and_lowers_six_leads() -> None:
    for severity in (0.0, 1.0):
        truth = simulate(Specification(morphologies=("subendocardial_ischaemia",), severity=severity), 5).truth
        assert truth["aVR.st_j"] >= 0.1
        assert sum(truth[f"{lead}.st_j"] <= -0.05 for lead in LEADS) >= 6


def test_st_levels_of_the_truth_stand_in_the_samples() -> None:
    record = simulate(Specification(morphologies=("stemi_anterior",), rate=65.0), 8)
    beat = record.ventricular[4]
    onset, j = round(beat.onset_s * 500), round(beat.offset_s * 500)
    for lead in LEADS:
        row = record.ecg.signal_mv[INDEX[lead]]
        assert float(row[j] - row[onset]) == pytest.approx(record.truth[f"{lead}.st_j"], abs=0.03)


@pytest.mark.parametrize(("morphology", "least_ms"), [("lbbb", 120), ("rbbb", 120), ("hyperkalaemia_severe", 150)])
def test_wide_morphologies_are_wide(morphology: Morphology, least_ms: float) -> None:
    assert simulate(Specification(morphologies=(morphology,)), 1).truth["qrs"] >= least_ms


def test_t_waves_of_bundle_branch_block_are_discordant() -> None:
    for seed in range(8):
        truth = simulate(Specification(morphologies=("lbbb",)), seed).truth
        assert truth["V1.t_amp"] > 0 > truth["V6.t_amp"]


def test_severe_hyperkalaemia_has_no_p_wave() -> None:
    record = simulate(Specification(morphologies=("hyperkalaemia_severe",)), 1)
    assert record.atrial == ()
    assert "pr" not in record.truth
    assert "sinus_rhythm" not in record.statements


def test_hypertrophy_and_low_voltage_meet_their_voltage() -> None:
    for seed in range(8):
        high = simulate(Specification(morphologies=("lvh",)), seed).ecg
        assert -high.lead("V1").min() + max(high.lead("V5").max(), high.lead("V6").max()) >= 3.6
        low = simulate(Specification(morphologies=("low_voltage",)), seed)
        beat = low.ventricular[2]
        span = slice(round(beat.onset_s * 500), round(beat.offset_s * 500))
        assert np.ptp(low.ecg.signal_mv[:6, span], axis=1).max() < 0.5


def test_an_arm_swap_turns_lead_i_over_and_leaves_the_chest_leads() -> None:
    right, wrong = simulate(Specification(), 6).ecg, simulate(Specification(swap="arms"), 6).ecg
    np.testing.assert_allclose(wrong.lead("I"), -right.lead("I"), atol=0.04)
    np.testing.assert_allclose(wrong.lead("aVR"), right.lead("aVL"), atol=0.04)
    np.testing.assert_array_equal(wrong.lead("V3"), right.lead("V3"))


def test_a_lost_lead_is_flat() -> None:
    assert np.ptp(simulate(Specification(lost_leads=("V2",)), 6).ecg.lead("V2")) < 0.05


def test_a_recorded_beat_is_laid_down_again_with_a_new_rhythm() -> None:
    original = simulate(Specification(rate=75.0, duration_s=20.0), 11)
    beat = cut_beat(original.ecg.signal_mv, 500.0, marks_of(original))
    again = simulate(Specification(rhythm="mobitz_2", rate=75.0), 12, beat)
    assert again.truth["qrs"] == pytest.approx(original.truth["qrs"], abs=0.5)
    assert again.truth["pr"] == pytest.approx(original.truth["pr"], abs=2.0)
    assert again.truth["qrs_axis"] == pytest.approx(original.truth["qrs_axis"], abs=2.0)
    assert again.truth["V5.t_amp"] == pytest.approx(original.truth["V5.t_amp"], abs=0.03)


def test_st_elevation_can_be_put_on_a_recorded_beat() -> None:
    original = simulate(Specification(rate=75.0, duration_s=20.0), 11)
    beat = cut_beat(original.ecg.signal_mv, 500.0, marks_of(original))
    truth = simulate(Specification(morphologies=("stemi_inferior_rca",)), 12, beat).truth
    assert min(truth[f"{lead}.st_j"] for lead in INFERIOR) >= 0.1


def test_a_recorded_beat_refuses_what_would_reshape_it() -> None:
    original = simulate(Specification(rate=75.0, duration_s=20.0), 11)
    beat = cut_beat(original.ecg.signal_mv, 500.0, marks_of(original))
    with pytest.raises(UsageError, match="found morphology `lvh` with a recorded beat"):
        simulate(Specification(morphologies=("lvh",)), 1, beat)
    with pytest.raises(UsageError, match="found 2 whole beats"):
        cut_beat(original.ecg.signal_mv, 500.0, marks_of(original)[1:3])


def test_every_scenario_varies_with_the_seed() -> None:
    for name, scenario in SCENARIOS.items():
        records = {scenario.simulate(seed).ecg.record for seed in range(4)}
        assert len(records) == 4, name


@pytest.mark.slow
def test_measuring_clean_sinus_beats_gives_the_truth_back() -> None:
    """HR within 0.5/min, PR 14, QRS 16, QT 20 ms; the mean errors within 9, 12 and 12 ms."""
    errors = []
    for seed in range(8):
        record = simulate(Specification(), seed)
        found = measure(record.ecg)
        numbers = [found[name].number for name in ("hr", "pr", "qrs", "qt")]
        assert None not in numbers
        errors.append(np.array(numbers, dtype=float) - [record.truth[name] for name in ("hr", "pr", "qrs", "qt")])
    assert np.all(np.abs(errors) <= (0.5, 14.0, 16.0, 20.0))
    assert np.all(np.abs(np.mean(errors, axis=0)) <= (0.2, 9.0, 12.0, 12.0))
