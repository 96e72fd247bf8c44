"""How premature beats follow one another and the beats before them: runs, bigeminy, couplings, shapes."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.tools.measure.analysis import ANALYSIS_HZ, Mask, Signal
from calipers.tools.measure.beats import Beats

#: Premature beats correlate at least this much to be of one shape.
_ONE_SHAPE: Final = 0.80
_BEFORE_S, _AFTER_S, _LAG_S = 0.08, 0.16, 0.02


def longest_run(found: Mask) -> int:
    """Most consecutive beats of a kind."""
    longest = run = 0
    for hit in found:
        run = run + 1 if hit else 0
        longest = max(longest, run)
    return longest


def cycles(found: Mask, normal: int) -> int:
    """Most consecutive cycles of `normal` other beats and one of a kind: bigeminy has one, trigeminy two."""
    longest = run = since = 0
    for hit in found:
        if not hit:
            since += 1
            run = run if since <= normal else 0
            continue
        run = run + 1 if since == normal else 0
        since = 0
        longest = max(longest, run)
    return longest


def couplings(rr: Signal, found: Mask) -> Signal:
    """RR from the beat before to each beat of a kind that begins a run, in samples."""
    first = found[1:] & ~found[:-1]
    return rr[first]


def shape_count(mv: Signal, beats: Beats, found: Mask) -> int:
    """Number of QRS shapes among the beats of a kind.

    Each beat joins the first shape whose leader it resembles at the best lag within ±20 ms, over all leads.
    Beats cut off by the record's ends are left out unless there are no others.

    Args:
        mv: (leads, n) baseline-corrected.
        beats: all beats.
        found: (k,) those of the kind.
    """
    before, after, lag = (int(seconds * ANALYSIS_HZ) for seconds in (_BEFORE_S, _AFTER_S, _LAG_S))
    peaks = beats.peaks[found]
    whole = peaks[(peaks >= before + lag) & (peaks < mv.shape[1] - after - lag)]
    leaders: list[Signal] = []
    for peak in whole:
        moved = np.stack([_unit(mv[:, peak + d - before : peak + d + after]) for d in range(-lag, lag + 1, 2)])
        if not any(float((moved @ leader).max()) >= _ONE_SHAPE for leader in leaders):
            leaders.append(moved[moved.shape[0] // 2])
    return max(len(leaders), min(peaks.size, 1))


def _unit(window: Signal) -> Signal:
    """(leads, samples) → one vector of unit length, each lead without its mean."""
    flat = (window - window.mean(axis=1, keepdims=True)).ravel()
    unit: Signal = flat / max(float(np.linalg.norm(flat)), 1e-9)
    return unit
