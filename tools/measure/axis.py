"""Frontal-plane axes of P, QRS and T from the limb leads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from calipers.leads import INDEX, LIMB, LIMB_FROM_I_AND_II
from calipers.tools.measure.analysis import Mask, Signal

#: A mean vector smaller than this share of the wave's own size has no direction worth stating.
_MIN_VECTOR_SHARE = 0.15
#: 95 % half-width of an axis beyond the spread of the beats.
FLOOR_DEG = 4.0


class Axis(NamedTuple):
    """A frontal axis in degrees (0 = lead I, +90 = aVF) and its 95 % half-width."""

    degrees: float
    half_width: float


def frontal_axis(areas: Signal, per_beat: Signal, usable: Mask) -> Axis | None:
    """Direction of the mean frontal vector, by least squares over the usable limb leads.

    Args:
        areas: (12,) signed area of the wave in each lead of the representative beat.
        per_beat: (k, 12) the same for each beat.
        usable: (12,) leads to use.

    Returns:
        The axis, or None with fewer than two limb leads or where the vector is too small to point.
    """
    rows = [INDEX[lead] for lead in LIMB if usable[INDEX[lead]]]
    if len(rows) < 2:
        return None
    weights = np.array([LIMB_FROM_I_AND_II[LIMB[row]] for row in rows])
    solve = np.linalg.pinv(weights)
    x, y = _plane(solve @ areas[rows])
    reach = float(np.abs(areas[rows]).max())
    length = float(np.hypot(x, y))
    if reach <= 0 or length < _MIN_VECTOR_SHARE * reach:
        return None
    beat_x, beat_y = _plane(solve @ per_beat[:, rows].T)
    degrees = float(np.degrees(np.arctan2(y, x)))
    turn = np.degrees(np.angle(np.exp(1j * (np.arctan2(beat_y, beat_x) - np.radians(degrees)))))
    spread = float(np.sqrt(np.mean(turn**2))) / np.sqrt(max(len(turn), 1))
    return Axis(degrees, float(np.hypot(FLOOR_DEG, 1.96 * spread)))


def _plane(i_and_ii: Signal) -> tuple[Signal, Signal]:
    """Leads I and II → orthogonal frontal coordinates (Einthoven's triangle: II points to +60°)."""
    one, two = i_and_ii
    return one, (2.0 * two - one) / np.sqrt(3.0)
