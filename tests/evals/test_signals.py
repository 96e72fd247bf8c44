"""The disturbances and simulated signals are what they say they are."""

from __future__ import annotations

import numpy as np
import pytest

from calipers.evals.measurement.analytic import KNOWN_ECGS, PULSES, WITHOUT_P, KnownEcg, Pulse
from calipers.evals.measurement.ptbxl import Labelled, as_ecg
from calipers.evals.measurement.robustness import NOISES, SNR_DB, Noise, resampled, scaled, unit_noise
from calipers.leads import INDEX, LEADS

USUAL = KnownEcg(60, 100, 160, 90, 400)


def test_simulated_ecgs_are_marked_and_obey_einthoven() -> None:
    ecg = USUAL.render()
    assert ecg.synthetic
    one, two, three, avr, avl, avf = ecg.signal_mv[:6].astype(np.float64)
    # Each lead has noise of its own.
    for zero in (two - one - three, avr + (one + two) / 2, avl - one + two / 2, avf - two + one / 2):
        assert np.abs(zero).max() < 0.06


def test_waves_begin_end_and_peak_where_the_truth_says() -> None:
    lead = USUAL.render().lead("II").astype(np.float64)
    at = {
        name: round((0.35 + 2.0 + t_ms / 1000) * 500)
        for name, t_ms in (("p", -160), ("qrs", 0), ("j", 90), ("end", 400))
    }
    quiet = 0.025
    for before, after in (
        (at["p"] - 40, at["p"]),
        (at["p"] + 50, at["qrs"]),
        (at["j"], at["j"] + 45),
        (at["end"], at["end"] + 40),
    ):
        assert np.abs(lead[before : after + 1]).max() < quiet
    for inside in (at["p"] + 12, at["p"] + 38, at["end"] - 12):
        assert abs(lead[inside]) > quiet
    assert lead[at["p"] : at["p"] + 50].max() == pytest.approx(0.15, abs=quiet)
    assert lead[at["qrs"] : at["j"]].max() == pytest.approx(1.1, abs=quiet)
    assert lead[at["j"] : at["end"]].max() == pytest.approx(0.35, abs=quiet)


def test_without_p_waves_the_beats_are_irregular_and_no_pr_exists() -> None:
    assert all(truth.pr_ms is None for truth in WITHOUT_P)
    assert all(truth.pr_ms is not None for truth in KNOWN_ECGS)
    lead = WITHOUT_P[0].render(3).lead("V5")
    peaks = np.flatnonzero((lead[1:-1] > 1.0) & (lead[1:-1] >= lead[:-2]) & (lead[1:-1] > lead[2:]))
    beats = peaks[np.r_[True, np.diff(peaks) > 100]]
    assert np.std(np.diff(beats)) > 0.08 * np.mean(np.diff(beats))


def test_calibration_pulses_have_their_height_and_width() -> None:
    assert {pulse.height_mv for pulse in PULSES} == {0.5, 1.0, 2.0}
    lead = Pulse("rectangle", 1.0, 100.0).render().lead("V3")
    assert np.percentile(lead, 99) == pytest.approx(1.0, abs=0.02)
    assert (lead > 0.5).sum() == pytest.approx(10 * 50, abs=2)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("snr_db", SNR_DB)
def test_noise_has_the_ratio_it_is_named_by(noise: Noise, snr_db: int) -> None:
    clean = USUAL.render().signal_mv.astype(np.float64)
    added = scaled(unit_noise(noise, (12, 5000), 500.0, np.random.default_rng(0)), clean, snr_db)
    ratio_db = 20 * np.log10(clean.std(axis=1) / added.std(axis=1))
    assert ratio_db == pytest.approx(np.full(12, snr_db), abs=0.01)


@pytest.mark.parametrize(("noise", "band_hz"), [("baseline", (0, 0.6)), ("mains", (49, 51)), ("muscle", (15, 170))])
def test_noise_lies_in_its_band(noise: Noise, band_hz: tuple[float, float]) -> None:
    made = unit_noise(noise, (12, 5000), 500.0, np.random.default_rng(0))
    power = (np.abs(np.fft.rfft(made * np.hanning(5000), axis=1)) ** 2).sum(axis=0)
    frequency_hz = np.fft.rfftfreq(5000, 1 / 500)
    inside = (frequency_hz >= band_hz[0]) & (frequency_hz <= band_hz[1])
    assert power[inside].sum() > 0.97 * power.sum()


def test_resampling_keeps_duration_and_shape() -> None:
    clean = USUAL.render().signal_mv.astype(np.float64)
    assert resampled(clean, 500.0, 250).shape == (12, 2500)
    again = resampled(resampled(clean, 500.0, 1000), 1000.0, 500)
    assert np.abs(again - clean)[:, 100:-100].max() < 0.05


def test_exchanged_arms_turn_lead_i_and_leave_avf_and_the_chest_alone() -> None:
    row = Labelled(1, "7", 50.0, "female", 1, {"NORM": 100.0}, troubled=False)
    eight_uv = np.random.default_rng(5).integers(-900, 900, (8, 5000)).astype(np.int32)
    right, wrong = as_ecg(row, eight_uv), as_ecg(row, eight_uv, arms_swapped=True)
    pairs = {"I": "I", "II": "III", "III": "II", "aVR": "aVL", "aVL": "aVR", "aVF": "aVF"}
    for lead in LEADS:
        sign = -1.0 if lead == "I" else 1.0
        expected = sign * right.signal_mv[INDEX[lead] if lead not in pairs else INDEX[pairs[lead]]]  # type: ignore[index]
        assert wrong.lead(lead) == pytest.approx(expected, abs=1e-4), lead
