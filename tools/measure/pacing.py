"""Pacing spikes in the raw signal, the chamber each belongs to, and whether it was answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal as dsp

from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal
from calipers.tools.measure.atrial import independent_rows

#: What stands out of a running median of five samples (10 ms), and of three (6 ms), in the third-largest lead.
#: The tip of an R wave reaches 0.28 and 0.10 mV there on PTB-XL folds 1-8.
_SPIKE_MV: Final = 0.30
_SHARP_MV: Final = 0.10
_VERY_SHARP_MV: Final = 0.14
#: A spike is a step of at least this many times those beside it; the tip of a tall narrow R wave is less.
_STEEPER: Final = 0.6
#: A small spike counts when it has the direction of a large one.
_LIKE_MV: Final = 0.12
_SAME_DIRECTION: Final = 0.85
#: A still smaller one counts when most beats have it at the same distance before the QRS.
_FAINT_MV: Final = 0.06
_REPEATED: Final = 0.6
_SAME_PLACE_S: Final = 0.012
_APART_S: Final = 0.03
#: A ventricular spike stands this near to a QRS onset (later: fusion), an atrial one this far before it.
_VENTRICULAR_S: Final = (-0.08, 0.06)
_ATRIAL_S: Final = (0.09, 0.36)
_SAME_DELAY_S: Final = 0.03
_REFRACTORY_S: Final = 0.32
#: A QRS may be marked this late after the spike that caused it.
_LATE_S: Final = 0.13
_LEAST: Final = 2


@dataclass(frozen=True)
class Pacing:
    """The spikes of one record and the beats they belong to.

    Attributes:
        spikes: (s,) samples at 500 Hz.
        ventricular: (k,) beats with a spike at their QRS.
        atrial: (k,) beats with a spike before their P wave.
        lost: (u,) samples of ventricular spikes that no QRS answers though the ventricle could.
    """

    spikes: NDArray[np.int64]
    ventricular: Mask
    atrial: Mask
    lost: NDArray[np.int64]


def read_pacing(signal: AnalysisSignal, onset: Signal, usable: Mask) -> Pacing:
    """Find spikes and pair them with beats.

    On PTB-XL folds 1-8, at least two spikes are found in all 25 records labelled PACE and in 7 others, which show
    single paced beats in at least four.

    Args:
        signal: the analysis copy; spikes are read from its raw leads.
        onset: (k,) QRS onsets in samples, all known.
        usable: (12,) leads to look at.
    """
    none = np.zeros(onset.size, dtype=np.bool_)
    rows = independent_rows(usable)
    if not rows or signal.n < 50:
        return Pacing(np.empty(0, dtype=np.int64), none, none, np.empty(0, dtype=np.int64))
    spikes = find_spikes(signal.raw_mv[rows], onset)
    first, last = (seconds * ANALYSIS_HZ for seconds in _VENTRICULAR_S)
    near = spikes[:, None] - onset[None, :]
    at_qrs = (near >= first) & (near <= last)
    alone = spikes[~at_qrs.any(axis=1)]
    atrial_spikes = _atrial(alone, onset)
    atrial = none.copy()
    for spike in atrial_spikes:
        atrial[int(np.searchsorted(onset, spike))] = True
    rest = np.setdiff1d(alone, atrial_spikes)
    lost = np.array([s for s in rest if _is_lost(s, spikes, onset, signal.n)], dtype=np.int64)
    ventricular: Mask = np.asarray(at_qrs.any(axis=0))
    return Pacing(spikes, ventricular, atrial, lost if ventricular.any() or lost.size >= 3 else lost[:0])


def find_spikes(raw: Signal, onset: Signal) -> NDArray[np.int64]:
    """(leads, n) raw millivolts → (s,) samples of pacing spikes; none if fewer than two are found."""
    stands_out = raw - dsp.medfilt2d(raw, (1, 5))
    shared = _shared(np.abs(stands_out))
    candidates = _peaks(shared, _FAINT_MV)
    if candidates.size < _LEAST:
        return candidates[:0]
    sharp = _shared(np.abs(raw - _median_of_three(raw)))
    sharpest = np.array([sharp[max(c - 2, 0) : c + 3].max() for c in candidates])
    large = ((shared[candidates] >= _SPIKE_MV) & (sharpest >= _SHARP_MV)) | (sharpest >= _VERY_SHARP_MV)
    large &= np.array([shared[c] >= _STEEPER * _slope_beside(raw, int(c)) for c in candidates])
    found = large | _repeated(candidates, onset)
    if large.sum() >= _LEAST:
        found |= (shared[candidates] >= _LIKE_MV) & _alike(stands_out[:, candidates], large)
    return candidates[found] if found.sum() >= _LEAST else candidates[:0]


def _shared(size: Signal) -> Signal:
    """(leads, n) → (n,) the third-largest lead, or the smallest of fewer: one loose electrode shows in few."""
    order: Signal = np.sort(size, axis=0)[-min(3, size.shape[0])]
    return order


def _slope_beside(raw: Signal, sample: int) -> float:
    """Steepest step between samples 6 to 16 ms before and after one, third-largest lead: that of a tall narrow QRS."""
    sides = [raw[:, max(sample - 8, 0) : max(sample - 3, 0)], raw[:, sample + 4 : sample + 9]]
    steps = [np.abs(np.diff(side, axis=1)).max(axis=1) for side in sides if side.shape[1] > 1]
    return float(_shared(np.max(steps, axis=0)[:, None])[0]) if steps else 0.0


def _median_of_three(raw: Signal) -> Signal:
    out = raw.copy()
    a, b, c = raw[:, :-2], raw[:, 1:-1], raw[:, 2:]
    out[:, 1:-1] = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    return out


def _peaks(track: Signal, least: float) -> NDArray[np.int64]:
    """Largest samples above a level, 30 ms apart."""
    found, _ = dsp.find_peaks(track, height=least, distance=int(_APART_S * ANALYSIS_HZ))
    return np.asarray(found, dtype=np.int64)


def _alike(vectors: Signal, large: Mask) -> Mask:
    """(leads, c) candidates that point, either way, where one of the large spikes points."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=0), 1e-9)
    alike: Mask = (np.abs(unit.T @ unit[:, large]) >= _SAME_DIRECTION).any(axis=1)
    return alike


def _repeated(candidates: NDArray[np.int64], onset: Signal) -> Mask:
    """Candidates that stand at one distance before most QRS complexes, clear of the QRS itself."""
    found = np.zeros(candidates.size, dtype=np.bool_)
    if onset.size < 4:
        return found
    after = np.searchsorted(onset, candidates)
    before = np.full(candidates.size, np.nan)
    led = after < onset.size
    before[led] = onset[after[led]] - candidates[led]
    clear = (before >= 0.014 * ANALYSIS_HZ) & (before <= _ATRIAL_S[1] * ANALYSIS_HZ)
    for place in before[clear]:
        same = clear & (np.abs(before - place) <= _SAME_PLACE_S * ANALYSIS_HZ)
        if np.unique(after[same]).size >= _REPEATED * onset.size:
            found |= same
    # Noise stands before every beat by chance where it stands everywhere.
    return found if found.sum() >= 0.5 * candidates[led].size else np.zeros(candidates.size, dtype=np.bool_)


def _atrial(alone: NDArray[np.int64], onset: Signal) -> NDArray[np.int64]:
    """Lone spikes that lead to a QRS by one delay, again and again."""
    after = np.searchsorted(onset, alone)
    led = alone[after < onset.size]
    delay = onset[np.searchsorted(onset, led)] - led
    possible = (delay >= _ATRIAL_S[0] * ANALYSIS_HZ) & (delay <= _ATRIAL_S[1] * ANALYSIS_HZ)
    if possible.sum() < _LEAST:
        return led[:0]
    usual = float(np.median(delay[possible]))
    steady = possible & (np.abs(delay - usual) <= _SAME_DELAY_S * ANALYSIS_HZ)
    return led[steady] if steady.sum() >= max(_LEAST, 0.5 * alone.size) else led[:0]


def _is_lost(spike: int, spikes: NDArray[np.int64], onset: Signal, n: int) -> bool:
    """Whether the ventricle was ready when the spike came and did not answer.

    A second spike that soon follows says that this one was the atrium's.
    """
    before, later = onset[onset < spike], spikes[spikes > spike] - spike
    ready = not before.size or spike - before[-1] > _REFRACTORY_S * ANALYSIS_HZ
    for_atrium = bool(later.size) and later[0] <= _ATRIAL_S[1] * ANALYSIS_HZ
    answered = bool(((onset > spike) & (onset <= spike + _LATE_S * ANALYSIS_HZ)).any())
    return bool(ready and not answered and not for_atrium and spike < n - _ATRIAL_S[1] * ANALYSIS_HZ)
