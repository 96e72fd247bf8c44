"""From a pen's ink to the line that its middle drew.

A round pen widens a line by its radius on every side. Its ink's upper edge, worn down by a disc of that radius, is
the line wherever the line is no valley narrower than the pen; the lower edge is it wherever there is no such peak.
Most of a trace is neither, and there both agree; at a narrow peak the upper edge speaks, in a narrow valley the lower.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, minimum_filter1d

from calipers.models.segmenter.segmenter import PX_MM
from calipers.models.tracer.windows import FINER

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

#: Share of full ink at a pen's edge.
INK: Final = 0.4
#: Ink begins at most so many pixels beside a path.
_BESIDE_PX: Final = 2
#: Edges that agree within so many pens' widths are one line: its middle.
_AGREE: Final = 0.25
#: Peaks and valleys are such against the median over so many millimetres.
_LEVEL_MM: Final = 5.0
#: A narrow tip's ink is fainter than full, and its edge falls short by so much; median of 1 400 tips of fold 7.
_TIP_PX: Final = 0.75
#: It is the outermost of so many finer columns, but for so much, where edges are apart by more than `_AGREE`, wholly
#: at so many pens' widths more, and it rises by more than so many millimetres, wholly at one more.
_TIP_COLUMNS, _TIP_FLAT_PX = 9, 0.75
_APART: Final = 0.5
_TIP_LEAST_MM: Final = 0.5
#: What stands so far from the median of so many finer columns was not drawn by a pen.
_SEAM_COLUMNS, _SEAM_PX = 5, 2.5 * PX_MM
#: Of the heights of runs of ink, what a level line is wide.
_LEVEL_RUN: Final = 0.2


class Edges(NamedTuple):
    """A row's ink, `FINER` columns a pixel.

    Attributes:
        upper, lower: its edges.
        known: where there is ink.
    """

    upper: Float64
    lower: Float64
    known: NDArray[np.bool_]


def width_px(ink: Float32) -> float:
    """What a level line is wide: the low end of the heights of all runs of ink."""
    some = ink[:, ::4]
    steps = np.diff((some >= INK).astype(np.int8), axis=0, prepend=0, append=0).T
    columns, first = np.nonzero(steps > 0)
    last = np.nonzero(steps < 0)[1] - 1
    heights = last - first + _beyond(some, first, columns, -1) + _beyond(some, last, columns, 1)
    return float(np.quantile(heights[heights > 1], _LEVEL_RUN)) if (heights > 1).any() else 2.0


def edges(ink: Float32, path: Int64) -> Edges:
    """Where the unbroken ink about a path ends above and below.

    Args:
        ink: (h, columns) share of full ink.
        path: (columns * FINER,) pixel rows on, or beside, the ink.
    """
    height, count = ink.shape
    fine = cv2.resize(ink, (count * FINER, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    dark, columns = fine >= INK, np.arange(fine.shape[1])
    known, at = np.zeros(columns.size, np.bool_), path
    for step in sorted(range(-_BESIDE_PX, _BESIDE_PX + 1), key=abs):
        beside = np.clip(path + step, 0, height - 1)
        new = ~known & dark[beside, columns]
        at = np.where(new, beside, at)
        known |= new
    first, last = _run(dark, at)
    upper = np.where(known, first - np.where(first > 0, _beyond(fine, first, columns, -1), 0.0), path)
    lower = np.where(known, last + np.where(last < height - 1, _beyond(fine, last, columns, 1), 0.0), path)
    return Edges(upper, lower, known)


def _run(dark: NDArray[np.bool_], at: Int64) -> tuple[Int64, Int64]:
    """(columns,) first and last row of the unbroken ink about one place of each column; the place, where it has none."""
    height = dark.shape[0]
    places = np.arange(height)[:, None]
    columns = np.arange(at.size)
    above = np.maximum.accumulate(np.where(dark, -1, places), axis=0)[at, columns]
    below = np.minimum.accumulate(np.where(dark, height, places)[::-1], axis=0)[::-1][at, columns]
    return np.minimum(above + 1, at), np.maximum(below - 1, at)


def line(found: Edges, wide: float) -> Float64:
    """(columns * FINER,) heights of the line between its edges, NaN where there is no ink.

    Args:
        found: the edges.
        wide: the pen, in pixels.
    """
    if found.known.sum() < 2 * FINER:
        return np.full(found.known.size, np.nan)
    places = np.arange(found.known.size)
    upper, lower = (np.interp(places, places[found.known], edge[found.known]) for edge in (found.upper, found.lower))
    peak, valley = -_worn(-upper, wide), _worn(lower, wide)
    middle = (peak + valley) / 2
    size = round(_LEVEL_MM * PX_MM) | 1
    level = np.interp(places, places[::FINER], median_filter(middle[::FINER], size=size, mode="nearest"))
    upwards = level - peak >= valley - level
    outer = np.where(upwards, peak, valley)
    apart = (valley - peak) / wide
    outer += np.where(upwards, -1.0, 1.0) * _beyond_tip(outer, upwards, np.abs(outer - level), apart)
    heights = np.where(apart < _AGREE, middle, outer)
    # Narrower than a pixel and this tall is a seam to another row's stroke, no tip.
    around = median_filter(heights, size=_SEAM_COLUMNS, mode="nearest")
    heights = np.where(np.abs(heights - around) > _SEAM_PX, around, heights)
    heights[~found.known] = np.nan
    return heights


def _beyond_tip(outer: Float64, upwards: NDArray[np.bool_], rises: Float64, apart: Float64) -> Float64:
    """How far a narrow tip reaches beyond its ink's edge, pixels; 0 beside tips, and where both edges agree.

    Args:
        outer: heights of the edge that speaks.
        upwards: whether that is the upper one.
        rises: how far it stands from the level.
        apart: both edges' distance, in pens' widths.
    """
    highest = minimum_filter1d(outer, _TIP_COLUMNS) + _TIP_FLAT_PX
    lowest = maximum_filter1d(outer, _TIP_COLUMNS) - _TIP_FLAT_PX
    tip = np.where(upwards, outer <= highest, outer >= lowest)
    certain = np.clip((apart - _AGREE) / _APART, 0.0, 1.0) * np.clip(rises / PX_MM - _TIP_LEAST_MM, 0.0, 1.0)
    return np.asarray(_TIP_PX * tip * certain, np.float64)


def _worn(edge: Float64, wide: float) -> Float64:
    """An edge, outwards counting up, worn down by a disc of the pen's radius."""
    radius = wide / 2
    reach = int(radius * FINER)
    padded = np.pad(edge, reach, mode="edge")
    caps = np.sqrt(radius**2 - (np.arange(-reach, reach + 1) / FINER) ** 2)
    worn: Float64 = np.min([padded[k : k + edge.size] - cap for k, cap in enumerate(caps)], axis=0)
    return worn


def _beyond(ink: Float32, at: Int64, columns: Int64, step: int) -> Float64:
    """How far past a pixel's middle the ink reaches, 0 to 1: where its share falls to `INK`."""
    further = np.clip(at + step, 0, ink.shape[0] - 1)
    here, there = (ink[rows, columns].astype(np.float64) for rows in (at, further))
    return np.clip((here - INK) / np.maximum(here - there, 1e-3), 0.0, 1.0)
