"""The shape of one wave or beat on a time axis of its own: as many points in every record, whatever it lasts.

A beat's axis runs from 40 ms before the QRS onset: that stretch and the one after the T wave keep their samples;
the QRS and the ST-T stretch are divided evenly. So a QRS of 160 ms and one of 80 ms meet point by point.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline

from calipers.models.generator.marks import Floats

BEFORE_QRS: Final = 20
QRS_POINTS: Final = 72
ST_T_POINTS: Final = 72
AFTER_T: Final = 24
#: Points of a beat up to and with the last of the QRS, and in all.
FIRST_ST: Final = BEFORE_QRS + QRS_POINTS
BEAT_POINTS: Final = FIRST_ST + ST_T_POINTS + AFTER_T
#: Points to each side over which a step at the end of the QRS is spread.
_JOINT: Final = 8
AROUND_P: Final = 8
P_POINTS: Final = 40
ATRIAL_POINTS: Final = P_POINTS + 2 * AROUND_P
FLUTTER_POINTS: Final = 32
#: A spike's points: 8 ms before its tip to 8 ms after it.
SPIKE_REACH: Final = 4
SPIKE_POINTS: Final = 2 * SPIKE_REACH + 1


def beat_axis(qrs: float, st_t: float) -> Floats:
    """(BEAT_POINTS,) samples from the QRS onset at which a beat is given; lengths of QRS and ST-T in samples."""
    return np.concatenate(
        (
            np.arange(-BEFORE_QRS, 0.0),
            np.arange(QRS_POINTS) * (qrs / QRS_POINTS),
            qrs + np.arange(ST_T_POINTS) * (st_t / ST_T_POINTS),
            qrs + st_t + np.arange(AFTER_T),
        )
    )


def atrial_axis(p: float) -> Floats:
    """(ATRIAL_POINTS,) samples from the P onset; the length of the P wave in samples."""
    inside = np.arange(P_POINTS) * (p / P_POINTS)
    return np.concatenate((np.arange(-AROUND_P, 0.0), inside, p + np.arange(AROUND_P)))


def sampled(axis: Floats, points: Floats, at: Floats) -> Floats:
    """(leads, points) on an axis → (leads, len(at)), zero outside the axis."""
    inside = (at >= axis[0]) & (at <= axis[-1])
    out = np.zeros((points.shape[0], at.size))
    if inside.any():
        out[:, inside] = CubicSpline(axis, points, axis=1)(at[inside])
    return out


def tapered(points: Floats, first: int, last: int) -> Floats:
    """The same shape, faded in over its first and out over its last points."""
    window = np.ones(points.shape[-1])
    if first:
        window[:first] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(first) + 0.5) / first)
    if last:
        window[-last:] = 0.5 + 0.5 * np.cos(np.pi * (np.arange(last) + 0.5) / last)
    out: Floats = points * window
    return out


def joined(beat: Floats) -> Floats:
    """(leads, BEAT_POINTS) without the step where the QRS ends: its parts are drawn and steered one by one."""
    out = beat.copy()
    before, after = beat[:, FIRST_ST - 1], beat[:, FIRST_ST]
    slope = 0.5 * (before - beat[:, FIRST_ST - 2] + beat[:, FIRST_ST + 1] - after)
    half = 0.5 * (after - before - slope)[:, None]
    ramp = (np.arange(_JOINT) + 0.5) / _JOINT
    out[:, FIRST_ST - _JOINT : FIRST_ST] += half * ramp
    out[:, FIRST_ST : FIRST_ST + _JOINT] -= half * ramp[::-1]
    return out


def placed(n: int, starts: Floats, axis: Floats, points: Floats) -> Floats:
    """(leads, n) with the shape laid down at each start; overlapping copies add up."""
    out = np.zeros((points.shape[0], n))
    spline = CubicSpline(axis, points, axis=1)
    for start in starts:
        first, last = max(int(np.ceil(start + axis[0])), 0), min(int(np.floor(start + axis[-1])), n - 1)
        if last > first:
            out[:, first : last + 1] += spline(np.arange(first, last + 1) - start)
    return out


def cycled(n: int, period: float, phase: float, points: Floats) -> Floats:
    """(leads, n) of a shape that repeats for ever: `points` (leads, FLUTTER_POINTS) of one period."""
    closed = np.concatenate((points, points[:, :1]), axis=1)
    spline = CubicSpline(np.linspace(0.0, 1.0, FLUTTER_POINTS + 1), closed, axis=1, bc_type="periodic")
    wave: Floats = spline(((np.arange(n) - phase) / period) % 1.0)
    return wave
