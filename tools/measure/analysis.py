"""The analysis copy of an ECG: 500 Hz, gaps bridged, drift removed. The stored signal stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal as dsp

from calipers.ecg import Ecg

#: Every detector and delineator here works at this rate.
ANALYSIS_HZ: Final = 500.0
MS_PER_SAMPLE: Final = 1000.0 / ANALYSIS_HZ
_BASELINE_CUTOFF_HZ = 0.5
_QRS_BAND_HZ = (5.0, 30.0)

Signal = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class AnalysisSignal:
    """Twelve leads on the common time base of the detectors.

    Attributes:
        raw_mv: (12, n) float64, resampled to 500 Hz only; gaps bridged linearly. Amplitudes are read here.
        level_mv: (12, n) `raw_mv` without baseline wander (zero-phase high-pass at 0.5 Hz).
        recorded: (12, n) True where the stored signal had a sample.
        present: (12,) True for leads with any recorded sample.
        given: (12,) True for leads the file itself holds (not derived by Einthoven).
    """

    raw_mv: Signal
    level_mv: Signal
    recorded: Mask
    present: Mask
    given: Mask

    @property
    def n(self) -> int:
        """Samples per lead at 500 Hz."""
        return int(self.raw_mv.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n / ANALYSIS_HZ

    def cut(self, start: int, stop: int) -> AnalysisSignal:
        """One stretch of it, in samples."""
        piece = slice(start, stop)
        parts = (self.raw_mv[:, piece], self.level_mv[:, piece], self.recorded[:, piece])
        return AnalysisSignal(*parts, np.any(self.recorded[:, piece], axis=1), self.given)


def analysis_signal(ecg: Ecg) -> AnalysisSignal:
    """Resample to 500 Hz (polyphase, linear phase), bridge gaps, remove baseline wander."""
    from calipers.leads import LEADS

    stored = ecg.signal_mv
    finite = np.isfinite(stored)
    present: Mask = np.any(finite, axis=1)
    bridged = _bridge_gaps(stored, finite)
    up, down = rate_ratio(ecg.fs_hz)
    if (up, down) == (1, 1):
        raw, recorded = bridged, finite
    else:
        raw = dsp.resample_poly(bridged, up, down, axis=1, padtype="line")
        nearest = np.minimum(np.arange(raw.shape[1]) * down // up, stored.shape[1] - 1)
        recorded = finite[:, nearest]
    given: Mask = np.array([lead not in ecg.derived_leads for lead in LEADS]) & present
    return AnalysisSignal(raw, remove_baseline(raw), recorded, present, given)


def remove_baseline(mv: Signal) -> Signal:
    """Zero-phase 0.5 Hz high-pass of (…, n) samples at 500 Hz; short records lose only their mean."""
    if mv.shape[-1] < int(1.0 * ANALYSIS_HZ):
        return mv - np.median(mv, axis=-1, keepdims=True)
    # Padding by two seconds of odd reflection keeps the edges of a 10-s record usable.
    pad = min(int(2.0 * ANALYSIS_HZ), mv.shape[-1] - 1)
    out: Signal = dsp.sosfiltfilt(_highpass(), mv, axis=-1, padlen=pad)
    return out


def qrs_band(mv: Signal) -> Signal:
    """5–30 Hz band of (…, n) samples at 500 Hz, zero phase: where QRS energy lives (Thakor 1984)."""
    pad = min(200, mv.shape[-1] - 1)
    out: Signal = dsp.sosfiltfilt(_bandpass(), mv, axis=-1, padlen=pad)
    return out


@cache
def _highpass() -> Signal:
    sos: Signal = dsp.butter(2, _BASELINE_CUTOFF_HZ, "highpass", fs=ANALYSIS_HZ, output="sos")
    return sos


@cache
def _bandpass() -> Signal:
    sos: Signal = dsp.butter(2, _QRS_BAND_HZ, "bandpass", fs=ANALYSIS_HZ, output="sos")
    return sos


def rate_ratio(fs_hz: float) -> tuple[int, int]:
    """Up- and down-sampling factors from a stored rate to 500 Hz."""
    ratio = Fraction(ANALYSIS_HZ / fs_hz).limit_denominator(1000)
    return ratio.numerator, ratio.denominator


def _bridge_gaps(stored: NDArray[np.float32], finite: Mask) -> Signal:
    """Linear bridges over NaN; leads without any sample become zero."""
    out = np.where(finite, stored, 0.0).astype(np.float64)
    for row in np.flatnonzero(finite.any(axis=1) & ~finite.all(axis=1)):
        known = np.flatnonzero(finite[row])
        out[row] = np.interp(np.arange(out.shape[1]), known, stored[row, known])
    return out
