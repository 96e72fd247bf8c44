"""Regular atrial activity that goes on between and behind the QRS complexes: flutter waves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from scipy import signal as dsp

from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal

#: Flutter waves come every 168 to 280 ms (357 to 214 per minute).
_PERIOD_S: Final = (0.168, 0.280)
#: Above this the record has regular atrial activity; fibrillation on PTB-XL folds 1-8 stays below in 99 of 100.
REGULAR: Final = 0.70
#: P and T wave stand a third of a regular cycle apart in many a sinus rhythm: what repeats so must be alike.
_THIRD: Final = (2.8, 3.2)
REGULAR_IN_THIRDS: Final = 0.84
_STEADY_RR: Final = 0.06
_STRIDE: Final = 4
_HZ: Final = ANALYSIS_HZ / _STRIDE
#: Leads in which flutter waves are looked for: the inferior ones together, and V1.
_GROUPS: Final = ((1, 2, 5), (6,))


@dataclass(frozen=True)
class AtrialPeriod:
    """The best repetition of what lies between the QRS complexes.

    Attributes:
        regularity: the least of its likeness to itself one, two and three periods later, 0 to 1.
        period: samples at 500 Hz; NaN where nothing repeats at a flutter wave's distance.
        cycles: number of periods outside the QRS complexes that were compared.
        locked: the period is a third of a regular RR and may be P and T waves.
    """

    regularity: float
    period: float
    cycles: float
    locked: bool

    @property
    def is_regular(self) -> bool:
        """Whether the atria beat regularly at a flutter's rate."""
        return self.regularity >= (REGULAR_IN_THIRDS if self.locked else REGULAR)


def atrial_period(signal: AnalysisSignal, qrs: list[tuple[float, float]], rr: Signal, usable: Mask) -> AtrialPeriod:
    """How regularly the leads repeat themselves outside the QRS complexes.

    Each QRS is bridged by a line and left out of the comparison. On PTB-XL folds 1-8 all eight records labelled
    flutter are found regular, and 4 of the other 2,347: two labelled fibrillation, two without a P wave in the report.

    Args:
        signal: the analysis copy.
        qrs: onset and offset of each QRS in samples.
        rr: (k - 1,) RR intervals in samples.
        usable: (12,) leads to look at.
    """
    groups = [[row for row in group if usable[row]] for group in _GROUPS]
    found = [_repetition(signal.level_mv[rows], qrs) for rows in groups if rows]
    best = max(found, key=lambda item: item.regularity, default=AtrialPeriod(0.0, float("nan"), 0.0, False))
    if not rr.size or not np.isfinite(best.period):
        return best
    steady = float(np.median(np.abs(rr - np.median(rr))) / np.median(rr)) < _STEADY_RR
    ratio = float(np.median(rr)) / best.period
    return AtrialPeriod(best.regularity, best.period, best.cycles, steady and _THIRD[0] <= ratio <= _THIRD[1])


def _repetition(level: Signal, qrs: list[tuple[float, float]]) -> AtrialPeriod:
    """(leads, n) → the period within a flutter's range at which the leads repeat best."""
    likeness, compared = _self_likeness(*_without_qrs(level, qrs))
    low, high = (round(seconds * _HZ) for seconds in _PERIOD_S)
    best, at = 0.0, 0
    for lag in range(low, high + 1):
        if 3 * lag + 2 >= likeness.size or not likeness[lag - 1] <= likeness[lag] >= likeness[lag + 1]:
            continue
        again = min(likeness[lag], likeness[2 * lag - 1 : 2 * lag + 2].max(), likeness[3 * lag - 2 : 3 * lag + 3].max())
        if again > best:
            best, at = float(again), lag
    if not at:
        return AtrialPeriod(0.0, float("nan"), 0.0, False)
    third = 3 * at - 2 + int(np.argmax(likeness[3 * at - 2 : 3 * at + 3]))
    return AtrialPeriod(best, third / 3.0 * _STRIDE, float(compared[at]) / at, False)


def _without_qrs(level: Signal, qrs: list[tuple[float, float]]) -> tuple[Signal, Mask]:
    """The leads at 125 Hz, 3-20 Hz, each QRS bridged; and which samples no QRS touches."""
    n = level.shape[1]
    bridged, free = level.copy(), np.ones(n, dtype=np.bool_)
    for onset, offset in qrs:
        start, stop = max(int(onset) - 8, 0), min(int(offset) + 10, n - 1)
        if stop > start:
            free[start:stop] = False
            ramp = np.linspace(0.0, 1.0, stop - start)
            bridged[:, start:stop] = level[:, [start]] * (1.0 - ramp) + level[:, [stop]] * ramp
    whole = n // _STRIDE * _STRIDE
    slow = bridged[:, :whole].reshape(level.shape[0], -1, _STRIDE).mean(axis=2)
    pad = min(60, slow.shape[1] - 1)
    filtered: Signal = dsp.sosfiltfilt(_band(), slow, axis=1, padlen=pad)
    clear: Mask = np.asarray(free[:whole].reshape(-1, _STRIDE).all(axis=1))
    return filtered, clear


def _self_likeness(mv: Signal, free: Mask) -> tuple[Signal, Signal]:
    """Correlation of the free samples with the free samples `lag` later, and how many there are, up to 1 s."""
    n = free.size
    size = 2 * n
    kept = np.fft.rfft(np.where(free, mv, 0.0), size)
    mask = np.fft.rfft(free.astype(float), size)
    energy = np.fft.rfft(np.where(free, mv**2, 0.0).sum(axis=0), size)
    lags = slice(0, min(n, int(_HZ) + 5))
    product = np.fft.irfft((np.abs(kept) ** 2).sum(axis=0), size)[lags]
    earlier = np.fft.irfft(np.conj(energy) * mask, size)[lags]
    later = np.fft.irfft(energy * np.conj(mask), size)[lags]
    compared = np.fft.irfft(np.abs(mask) ** 2, size)[lags]
    likeness: Signal = product / np.sqrt(np.maximum(earlier * later, 1e-12))
    return np.where(compared >= 30, likeness, 0.0), compared


@cache
def _band() -> Signal:
    sos: Signal = dsp.butter(2, (3.0, 20.0), "bandpass", fs=_HZ, output="sos")
    return sos
