"""Each way a lead can go bad is seen, graded and named, and costs only that lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from calipers import Ecg
from calipers.leads import INDEX, LEADS, Lead
from calipers.report import LeadQuality
from calipers.tools.measure import examine

Samples = NDArray[np.float64]
FS_HZ = 1000.0
SPOILT: Final[Lead] = "V5"


def seconds(lead: Samples) -> Samples:
    time_s: Samples = np.arange(lead.size) / FS_HZ
    return time_s


def muscle(rms_mv: float, seed: int = 3) -> Callable[[Samples], Samples]:
    def spoil(lead: Samples) -> Samples:
        white = np.random.default_rng(seed).normal(size=lead.size)
        spectrum, hz = np.fft.rfft(white), np.fft.rfftfreq(lead.size, 1.0 / FS_HZ)
        spectrum[(hz < 20) | (hz > 150)] = 0.0
        band = np.fft.irfft(spectrum, lead.size)
        noisy: Samples = lead + rms_mv * band / band.std()
        return noisy

    return spoil


def burst(lead: Samples) -> Samples:
    inside = (seconds(lead) > 3.0) & (seconds(lead) < 4.5)
    return np.where(inside, muscle(0.2)(lead), lead)


def fallen_off(lead: Samples) -> Samples:
    return np.where((seconds(lead) > 4.0) & (seconds(lead) < 7.0), lead[4000], lead)


def quality_after(ecg: Ecg, spoil: Callable[[Samples], Samples]) -> LeadQuality:
    signal = ecg.signal_mv.astype(np.float64)
    signal[INDEX[SPOILT]] = spoil(signal[INDEX[SPOILT]])
    found = examine(Ecg.from_array(signal, ecg.fs_hz, LEADS))
    clean = [lead for lead in found.quality.leads if lead.lead != SPOILT]
    assert min(lead.score for lead in clean) > 0.8, "the other leads keep their score"
    return found.quality.leads[INDEX[SPOILT]]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda lead: lead + 0.6 * np.sin(2 * np.pi * 0.25 * seconds(lead)), "baseline wander"),
        (lambda lead: lead + 0.07 * np.sin(2 * np.pi * 50.0 * seconds(lead)), "mains"),
        (lambda lead: lead + 0.07 * np.sin(2 * np.pi * 60.0 * seconds(lead)), "mains"),
        (muscle(0.06), "muscle"),
        (burst, "bursts of noise"),
        (lambda lead: lead + 2.0 * (seconds(lead) > 5.0), "sudden baseline steps"),
        (fallen_off, "no signal for"),
        (lambda lead: np.clip(lead, -0.2, 0.4), "saturated"),
        (lambda lead: 0.0 * lead, "flat"),
    ],
    ids=["wander", "50 Hz", "60 Hz", "muscle", "burst", "step", "fallen off", "clipped", "flat"],
)
def test_what_is_wrong_is_named(demo_ecg: Ecg, spoil: Callable[[Samples], Samples], reason: str) -> None:
    spoilt = quality_after(demo_ecg, spoil)
    assert any(reason in text for text in spoilt.reasons), spoilt.reasons
    assert spoilt.score < 0.96


def test_a_clean_record_has_nothing_to_remark(demo_ecg: Ecg) -> None:
    assert quality_after(demo_ecg, lambda lead: lead).reasons == ()


def test_more_noise_scores_lower(demo_ecg: Ecg) -> None:
    scores = [quality_after(demo_ecg, muscle(rms_mv)).score for rms_mv in (0.0, 0.05, 0.15, 0.6)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.95
    assert scores[-1] < 0.3


def test_mains_is_not_called_muscle(demo_ecg: Ecg) -> None:
    spoilt = quality_after(demo_ecg, lambda lead: lead + 0.1 * np.sin(2 * np.pi * 50.0 * seconds(lead)))
    assert not any("muscle" in text for text in spoilt.reasons)


def test_a_slow_heart_does_not_make_an_electrode_fall_off(demo_ecg: Ecg) -> None:
    slow = Ecg.from_array(demo_ecg.signal_mv, 500, LEADS)
    reasons = [text for lead in examine(slow).quality.leads for text in lead.reasons]
    assert not any("no signal" in text for text in reasons)
