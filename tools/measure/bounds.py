"""Where the ventricles start and stop: the network's marks, drawn towards the steepness of the signal itself.

LUDB's cardiologists, from whom the network learned, mark a wider QRS and a later T end than carts do: on
LUDB's training records the span in which the twelve leads move at more than 3 % of their peak slope is
18 ms shorter than their QRS, and on four recordings with a cart's own values (two GE, two Mortara) the
network is 20 to 27 ms longer than the cart, the slope 0 to 10 ms shorter. Reference limits such as
120 ms rest on carts. Each bound is therefore set between the two, by weights chosen on LUDB's 159
training records so that every mean error stays inside the CSE tolerance there (docs/measurement.md).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from calipers.tools.measure.analysis import Mask, Signal
from calipers.tools.measure.beats import Beats, RepresentativeBeat
from calipers.tools.measure.fiducials import P_ON, QRS_OFF, QRS_ON, T_OFF, Fiducials
from calipers.tools.measure.per_lead import Landmarks

#: Weight of the signal's own bound; the rest is the network's.
QRS_WEIGHT: Final = 0.45
T_WEIGHT: Final = 0.35
#: P waves are too small for a slope threshold. LUDB's P is longer than a cart's as its QRS is: in PTB-XL's normal
#: records the network's P lasts 131 ms (carts: about 108) and PR agrees best with the label 1AVB at 210 ms. Half of
#: that 8 to 10 ms is taken off, which keeps P and PR inside the CSE tolerances on LUDB's training records.
P_ON_SHIFT: Final = 4.0
_SLOPE_SHARE: Final = 0.03
_LIVE_MV: Final = 0.05
#: Samples below which a span holds no QRS to look at.
_SHORTEST: Final = 5
_T_MV: Final = 0.08
_LEAST_T_MV: Final = 0.03
#: Samples after the QRS that may still be its slur, or a filter's overshoot.
_AFTER_QRS: Final = 20


class Shift(NamedTuple):
    """Corrections of the network's marks in samples at 500 Hz."""

    p_on: float
    qrs_on: float
    qrs_off: float
    t_off: float


def set_bounds(marks: Fiducials, beats: Beats, shift: Shift, raw_mv: Signal) -> Fiducials:
    """Move the global marks of every beat; a mark never crosses the QRS peak of its beat.

    Args:
        marks: the network's.
        beats: whose shape says which beats the shift stands for.
        shift: what the representative beat asks for; the QRS of another shape is looked at by itself.
        raw_mv: (leads, n) the usable leads.
    """
    heart = marks.heart.copy()
    qrs = np.tile((shift.qrs_on, shift.qrs_off), (len(beats), 1))
    for k in np.flatnonzero(~beats.dominant & ~np.isnan(heart[:, [QRS_ON, QRS_OFF]]).any(axis=1)):
        qrs[k] = _own_shift(raw_mv, heart[k, QRS_ON], heart[k, QRS_OFF])
    heart[:, P_ON] += shift.p_on
    heart[:, QRS_ON] = np.minimum(heart[:, QRS_ON] + qrs[:, 0], np.maximum(beats.peaks - 2.0, heart[:, QRS_ON]))
    heart[:, QRS_OFF] = np.maximum(heart[:, QRS_OFF] + qrs[:, 1], np.minimum(beats.peaks + 4.0, heart[:, QRS_OFF]))
    heart[:, T_OFF] += shift.t_off
    return replace(marks, heart=heart)


def _own_shift(raw_mv: Signal, qrs_on: float, qrs_off: float) -> tuple[float, float]:
    """How far one beat's QRS onset and end move, samples."""
    first = max(int(qrs_on) - 50, 0)
    onset, offset = int(round(qrs_on)) - first, int(round(qrs_off)) - first
    window = raw_mv[:, first : first + offset + 70]
    if offset - onset < 10 or offset + 1 >= window.shape[1]:
        return 0.0, 0.0
    steep_on, steep_off = steep_span(window, onset, offset)
    return QRS_WEIGHT * (steep_on - onset), QRS_WEIGHT * (steep_off - offset)


def bounds_shift(beat: RepresentativeBeat, at: Landmarks, usable: Mask) -> Shift:
    """How far the representative beat asks the network's marks to move."""
    mv = beat.mv[usable]
    onset, offset = at.qrs
    steep_on, steep_off = steep_span(mv, onset, offset)
    t_off = 0.0
    if at.t_off is not None:
        tangent = t_end_by_tangent(mv, offset, at.t_off)
        if tangent is not None:
            t_off = T_WEIGHT * float(np.clip(tangent - at.t_off, -30.0, 0.0))
    return Shift(P_ON_SHIFT, QRS_WEIGHT * (steep_on - onset), QRS_WEIGHT * (steep_off - offset), t_off)


def has_t_wave(beat: RepresentativeBeat, at: Landmarks, usable: Mask) -> bool:
    """Whether any lead leaves the line from QRS end to T end by more than 30 µV: a T wave, not a flat line."""
    if at.t_off is None:
        return False
    piece = beat.mv[usable, at.qrs[1] + _AFTER_QRS : at.t_off]
    if piece.shape[1] < _SHORTEST:
        return False
    line = np.linspace(piece[:, 0], piece[:, -1], piece.shape[1], axis=1)
    return bool(np.abs(piece - line).max() > _LEAST_T_MV)


def steep_span(mv: Signal, onset: int, offset: int) -> tuple[int, int]:
    """First and last sample at which the leads together move at 3 % of their peak slope above the noise.

    Args:
        mv: (leads, m) representative beat.
        onset, offset: the network's QRS.
    """
    onset, offset = max(onset, 0), min(offset, mv.shape[1] - 1)
    if offset - onset < _SHORTEST:
        return onset, offset
    height = np.ptp(mv[:, onset : offset + 1], axis=1)
    live = height > _LIVE_MV
    if not live.any():
        return onset, offset
    slope = np.gradient(mv[live] / height[live, None], axis=1)
    speed = np.convolve(np.sqrt((slope**2).mean(axis=0)), np.ones(3) / 3.0, mode="same")
    peak = float(speed[onset:offset].max())
    before = speed[max(onset - 40, 0) : max(onset - 10, 1)]
    after = speed[offset + 10 : offset + 60]
    noise_before = float(np.median(before)) if before.size else 0.0
    noise_after = float(np.median(after)) if after.size else 0.0
    rising = np.flatnonzero(speed[onset:offset] > noise_before + _SLOPE_SHARE * (peak - noise_before))
    falling = np.flatnonzero(speed[onset : offset + 10] > noise_after + _SLOPE_SHARE * (peak - noise_after))
    if not rising.size or not falling.size:
        return onset, offset
    return onset + int(rising[0]), min(onset + int(falling[-1]), offset)


def t_end_by_tangent(mv: Signal, qrs_off: int, t_off: int) -> float | None:
    """Median over leads of where the steepest tangent of the T wave's end meets the baseline (Lepeschkin 1952)."""
    ends = []
    start, stop = qrs_off + 30, min(t_off + 15, mv.shape[1] - 46)
    if stop - start < 40:
        return None
    smooth = np.apply_along_axis(lambda row: np.convolve(row, np.ones(9) / 9.0, mode="same"), 1, mv)
    for row in smooth:
        base = float(np.median(row[stop : stop + 30]))
        wave = row[start:stop] - base
        peak = int(np.argmax(np.abs(wave)))
        slope = np.gradient(wave)
        if abs(wave[peak]) < _T_MV or wave.size - peak < 10:
            continue
        steepest = peak + int(np.argmin(slope[peak:] * np.sign(wave[peak])))
        if slope[steepest] != 0.0:
            ends.append(start + steepest - wave[steepest] / slope[steepest])
    return float(np.median(ends)) if ends else None
