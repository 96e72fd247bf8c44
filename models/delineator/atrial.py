"""Simulated atrial activity on real beats: P waves moved, scaled or taken away, fibrillation put in.

LUDB has few long PR intervals, few fast rates with the P wave on the T wave, and few records without P waves.
A marked P wave is lifted off its own baseline (the straight line between its bounds) in every lead and laid
down again earlier or later, larger or smaller, or not at all; the marks go with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.models.delineator.consensus import Bounds, beat_table
from calipers.models.delineator.ludb import LudbRecord
from calipers.models.delineator.normalise import WORKING_HZ

_MARGIN_S: Final = 0.012
_LONGEST_SHIFT_S: Final = 0.26
REMOVED_SHARE: Final = 0.2

Signal = NDArray[np.float32]


def with_other_p_waves(marks: LudbRecord, signal: Signal, rng: np.random.Generator) -> tuple[LudbRecord, Signal]:
    """A copy of a record with its P waves elsewhere, of another size, or gone.

    Args:
        marks: the record.
        signal: (12, n) its leads at 250 Hz.
        rng: chooses one shift and one gain for the whole record, with a little scatter from beat to beat.

    Returns:
        Marks and signal of the copy; the very same when the record has no P wave with a QRS after it.
    """
    table = beat_table(marks.global_)
    beats = table[np.isfinite(table[:, 0])]
    if len(beats) == 0:
        return marks, signal
    removed = rng.random() < REMOVED_SHARE
    shift_s, gain = float(rng.uniform(-_LONGEST_SHIFT_S, 0.05)), float(np.exp(rng.normal(0, 0.35)))
    ends_s = np.concatenate([[0.0], table[:, 3]])
    moved, shifts = signal.copy(), []
    for p_on, p_off, qrs_on, *_ in beats:
        earliest = ends_s[ends_s < qrs_on].max() + 0.04 - p_on
        latest = qrs_on - 0.012 - p_off
        wanted = shift_s + rng.normal(0, 0.006)
        shift = round(float(np.clip(wanted, min(earliest, 0.0), max(latest, 0.0))) * WORKING_HZ)
        shifts.append(shift / WORKING_HZ)
        _move(signal, moved, (p_on, p_off), shift, 0.0 if removed else gain)
    if removed and rng.random() < 0.6:
        moved += _fibrillation(signal, rng)
    spans = beats[:, :2]
    leads = tuple(lead._replace(p=_follow(lead.p, spans, shifts, removed)) for lead in marks.leads)
    whole = marks.global_._replace(p=_follow(marks.global_.p, spans, shifts, removed))
    return replace(marks, leads=leads, global_=whole), moved


def _move(signal: Signal, moved: Signal, p_wave_s: tuple[float, float], shift: int, gain: float) -> None:
    """Take the P wave of all leads off `moved` and add it `shift` samples away, times `gain`."""
    n = signal.shape[1]
    first = max(round((p_wave_s[0] - _MARGIN_S) * WORKING_HZ), 0)
    last = min(round((p_wave_s[1] + _MARGIN_S) * WORKING_HZ) + 1, n)
    part = signal[:, first:last]
    line = part[:, :1] + (part[:, -1:] - part[:, :1]) * np.linspace(0, 1, last - first, dtype=np.float32)
    wave = part - line
    moved[:, first:last] -= wave
    low, high = max(first + shift, 0), min(last + shift, n)
    moved[:, low:high] += gain * wave[:, low - first - shift : high - first - shift]


def _follow(p: Bounds, spans: Bounds, shifts: list[float], removed: bool) -> Bounds:
    """The P marks after the move: those inside a moved global P go with it, or vanish."""
    kept = []
    for on, off in p:
        middle = float(np.nanmean([on, off]))
        inside = np.flatnonzero((spans[:, 0] - 0.04 <= middle) & (middle <= spans[:, 1] + 0.04))
        if len(inside) == 0:
            kept.append((on, off))
        elif not removed:
            shift = shifts[int(inside[0])]
            kept.append((on + shift, off + shift))
    return np.array(kept, dtype=np.float64).reshape(-1, 2)


def _fibrillation(signal: Signal, rng: np.random.Generator) -> Signal:
    """(12, n) f waves: an oscillation of 4-9 Hz, rate and size wandering, another weight in every lead."""
    leads, n = signal.shape
    rate_hz = rng.uniform(4.0, 9.0) + np.cumsum(rng.normal(0, 0.06, n))
    phase = 2 * np.pi * np.cumsum(np.clip(rate_hz, 3.5, 10.0)) / WORKING_HZ
    swell = 1 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.2, 1.0) * np.arange(n) / WORKING_HZ)
    offsets = rng.normal(0, 0.6, (leads, 1))
    waves = swell * (np.sin(phase + offsets) + rng.uniform(0, 0.5) * np.sin(2 * phase + offsets))
    size = np.ptp(signal, axis=1, keepdims=True) * rng.uniform(0.005, 0.06, (leads, 1))
    return np.asarray(size * waves, dtype=np.float32)
