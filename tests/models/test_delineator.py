"""The learned delineator keeps its promises about shape, leads, length and rate (shipped weights)."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from calipers.models.delineator import Delineator, segments
from calipers.models.delineator.consensus import LeadWaves, confirmed_offset, confirmed_onset, global_waves

FS_HZ = 500.0


def synthetic_ecg(seconds: float, *, p_wave: bool = True, leads: int = 12) -> NDArray[np.float32]:
    """Gaussian P, QRS, T every 0.8 s; (leads, n) at 500 Hz."""
    time_s = np.arange(int(seconds * FS_HZ)) / FS_HZ
    beat = np.zeros_like(time_s)
    for r_s in np.arange(0.5, seconds, 0.8):
        beat += 1.0 * np.exp(-(((time_s - r_s) / 0.012) ** 2))
        beat -= 0.2 * np.exp(-(((time_s - r_s - 0.03) / 0.01) ** 2))
        beat += 0.3 * np.exp(-(((time_s - r_s - 0.28) / 0.05) ** 2))
        beat += 0.15 * p_wave * np.exp(-(((time_s - r_s + 0.16) / 0.025) ** 2))
    noise = np.random.default_rng(1).normal(0, 0.005, (leads, len(time_s)))
    gains = np.linspace(0.5, 1.5, leads)[:, None]
    return (gains * beat + noise).astype(np.float32)


def test_missing_leads_stay_nan_and_two_leads_still_measure() -> None:
    signal = np.full((12, 5000), np.nan, dtype=np.float32)
    signal[[1, 6]] = synthetic_ecg(10, leads=2)
    waves = Delineator().probabilities(signal)
    assert waves.per_lead.shape == (12, 5000, 3)
    assert waves.global_.shape == (5000, 3)
    assert np.isnan(waves.per_lead[[0, 2, 11]]).all()
    assert len(segments(waves.global_[:, 1], FS_HZ, "QRS")) in (12, 13)


def test_every_beat_of_a_long_record_is_found_once() -> None:
    waves = Delineator().probabilities(synthetic_ecg(60, leads=3))
    found = segments(waves.global_[:, 1], FS_HZ, "QRS")
    middles = np.array([(s.onset_s + s.offset_s) / 2 for s in found])
    assert len(found) in (74, 75)
    assert np.allclose(np.diff(middles), 0.8, atol=0.01)


def test_stream_gives_the_blocks_of_probabilities() -> None:
    signal = synthetic_ecg(33.3, leads=2)
    whole = Delineator().probabilities(signal)
    blocks = list(Delineator().stream(signal))
    assert [start for start, _ in blocks] == np.cumsum([0, *(len(b.global_) for _, b in blocks[:-1])]).tolist()
    np.testing.assert_array_equal(np.concatenate([b.global_ for _, b in blocks]), whole.global_)


def test_no_p_wave_is_found_where_there_is_none() -> None:
    waves = Delineator().probabilities(synthetic_ecg(10, p_wave=False))
    assert len(segments(waves.global_[:, 0], FS_HZ, "P")) <= 1
    waves = Delineator().probabilities(synthetic_ecg(10))
    assert len(segments(waves.global_[:, 0], FS_HZ, "P")) >= 11


def test_no_signal_is_refused() -> None:
    with pytest.raises(ValueError, match="found 0 leads"):
        Delineator().probabilities(np.full((12, 5000), np.nan, dtype=np.float32))


def test_segments_interpolate_the_crossing_close_gaps_and_drop_flickers() -> None:
    track = np.zeros(500, dtype=np.float32)
    track[100:150] = 1.0
    track[99] = 0.25
    track[120:124] = 0.1
    track[300:305] = 1.0
    (wave,) = segments(track, FS_HZ, "QRS")
    assert wave.onset_s == pytest.approx((100 - 2 / 3) / FS_HZ)
    assert wave.offset_s == pytest.approx(149.5 / FS_HZ)


def test_a_global_bound_needs_two_further_leads_within_12_ms() -> None:
    marks = np.array([0.080, 0.100, 0.108, 0.112, np.nan])
    assert confirmed_onset(marks) == pytest.approx(0.100)
    assert confirmed_offset(marks) == pytest.approx(0.112)
    none = np.empty((0, 2))
    lead = LeadWaves(none, np.array([[0.1, 0.2]]), none)
    assert len(global_waves([lead, lead]).qrs) == 0
    assert global_waves([lead] * 3).qrs.tolist() == [[0.1, 0.2]]


def test_inference_never_imports_torch() -> None:
    code = (
        "import sys, numpy as np; from calipers.models.delineator import Delineator;"
        "Delineator().probabilities(np.random.default_rng(0).normal(size=(2, 3000)).astype('f4'));"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
