"""Of several readings of rows that run into one another, the one that makes an ECG.

The rows of one column of the page are chosen together. A choice is good where its pens explain the ink and nothing
else, where a lead's beats look alike, where I + III - II and aVR + aVL + aVF are nothing, and where a rhythm strip
repeats its lead. What the readings disagree on stays marked, whichever was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from itertools import pairwise, product
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import find_peaks

from calipers.leads import Lead
from calipers.models.segmenter.segmenter import PX_MM
from calipers.tools.digitise.arrangement import Arranged, Cell
from calipers.tools.digitise.pen import INK, width_px
from calipers.tools.digitise.tracing import Track, stroke_ends

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Weights of ink unexplained (and, by half, of paper drawn over), of beats unlike one another, of limb leads that do
#: not add up, and of a strip unlike its lead; and what a departure from the first reading costs. Chosen on 40
#: pages of folds 6 and 7 with rows that cross.
_INK, _BEATS, _LIMBS, _STRIP = 6.0, 0.2, 1.0, 1.0
_DRAWN_OVER: Final = 0.5
_DEPARTS: Final = 0.01
#: Readings of a row that differ by less than this many pixels are one.
_SAME_PX: Final = 2.5
_PAPER: Final = 0.25
#: What is left of a drawn line when half of this is taken off each side lies well inside it.
_INSIDE_PX: Final = 7
#: A quiet lead's power, square pixels: no noise counts beside it.
_QUIET: Final = (0.2 * PX_MM) ** 2
#: Complexes: the highest slopes over so many millimetres, so far apart; half of what is compared of each.
_SLOPES_MM, _APART_MM, _HALF_MM = 1.5, 6.0, 2.2
_SWEEPS: Final = 3
_SUMS: Final[tuple[Mapping[Lead, float], ...]] = (
    {"I": 1.0, "III": 1.0, "II": -1.0},
    {"aVR": 1.0, "aVL": 1.0, "aVF": 1.0},
)

Choice = dict[int, int]


class _Column(NamedTuple):
    """The rows of one column of the page, in each reading.

    Attributes:
        first, last: its pixels' columns.
        options: row -> the readings that differ there, the first before others.
        heights: (row, reading) -> (columns,) pixels upwards from the row's median, turned for an inverted lead.
        explained: (row, reading) -> (pixels of ink,) which its pen would leave.
        over: (row, reading) -> how many pixels of that are paper.
        unlike: (row, reading) -> how little its beats look alike, 0 to about 1.
        leads: lead -> row, without strips.
        twins: rows of a strip and of its lead.
    """

    first: int
    last: int
    options: dict[int, list[int]]
    heights: dict[tuple[int, int], Float64]
    explained: dict[tuple[int, int], Mask]
    over: dict[tuple[int, int], int]
    unlike: dict[tuple[int, int], float]
    leads: dict[Lead, int]
    twins: list[tuple[int, int]]


def fitting(readings: Sequence[Sequence[Track]], rows: Sequence[int], arranged: Arranged, ink: Float32) -> list[Track]:
    """One track a row, column by column of the page from the reading that fits.

    Args:
        readings: each a track for every row; the first is kept where nothing speaks against it.
        rows: the rows' numbers in the page's order.
        arranged: which leads stand where.
        ink: (h, w) share of full ink.
    """
    if len(readings) == 1:
        return list(readings[0])
    wide = width_px(ink)
    tracks = [dict(zip(rows, reading, strict=True)) for reading in readings]
    chosen = deepcopy(tracks[0])
    for number in sorted({cell.column for cell in arranged.cells if not cell.strip}):
        column = _column(number, tracks, arranged, ink, wide)
        if column is None:
            continue
        for row, reading in _best(column).items():
            within = slice(column.first, column.last)
            for values, read in zip(chosen[row], tracks[reading][row], strict=True):
                values[within] = read[within]
            chosen[row].shared[within] |= _disputed(column, row, reading)
    return list(chosen.values())


def _disputed(column: _Column, row: int, reading: int) -> Mask:
    """(columns,) where another reading of the row lies elsewhere."""
    own = column.heights[row, reading]
    others = [column.heights[row, other] for other in column.options[row] if other != reading]
    return np.any([np.abs(other - own) > _SAME_PX for other in others], axis=0) if others else np.zeros(own.size, bool)


def _column(
    number: int, readings: Sequence[Mapping[int, Track]], arranged: Arranged, ink: Float32, wide: float
) -> _Column | None:
    """One column of the page; None where no reading differs."""
    cells = [cell for cell in arranged.cells if cell.column == number and not cell.strip]
    first = max(0, int(min(cell.left_mm for cell in cells) * PX_MM))
    last = min(ink.shape[1], int(max(cell.right_mm for cell in cells) * PX_MM) + 1)
    strips = [
        cell for cell in arranged.cells if cell.strip and cell.left_mm * PX_MM < last and cell.right_mm * PX_MM > first
    ]
    heights: dict[tuple[int, int], Float64] = {}
    options: dict[int, list[int]] = {}
    for cell in (*cells, *strips):
        options[cell.row] = []
        for reading, tracks in enumerate(readings):
            line = _line(tracks[cell.row].y_px[first:last])
            if line is None or any(
                np.abs(line - heights[cell.row, one]).max() <= _SAME_PX for one in options[cell.row]
            ):
                continue
            options[cell.row].append(reading)
            heights[cell.row, reading] = line
    options = {row: some for row, some in options.items() if some}
    if all(len(some) == 1 for some in options.values()):
        return None
    part = ink[:, first:last]
    drawn = {(row, reading): _drawn(line, wide, ink.shape[0]) for (row, reading), line in heights.items()}
    dark, paper = np.asarray(part >= INK), np.asarray(part < _PAPER)
    upwards = _upwards(heights, (*cells, *strips))
    leads = {cell.lead: cell.row for cell in cells if cell.row in options}
    return _Column(
        first,
        last,
        options,
        upwards,
        {key: mask[dark] for key, mask in drawn.items()},
        {key: _drawn_over(mask, paper) for key, mask in drawn.items()},
        _unlike(upwards, options),
        leads,
        [(cell.row, leads[cell.lead]) for cell in strips if cell.lead in leads and cell.row in options],
    )


def _line(y_px: Float64) -> Float64 | None:
    """Heights with gaps bridged; None where there are hardly any."""
    known = np.flatnonzero(np.isfinite(y_px))
    return np.interp(np.arange(y_px.size), known, y_px[known]) if known.size > 1 else None


def _upwards(heights: Mapping[tuple[int, int], Float64], cells: Sequence[Cell]) -> dict[tuple[int, int], Float64]:
    signs = {cell.row: -1.0 if cell.inverted else 1.0 for cell in cells}
    return {(row, reading): signs[row] * (np.median(line) - line) for (row, reading), line in heights.items()}


def _drawn(line: Float64, wide: float, height: int) -> Mask:
    """(h, columns) where a pen would leave ink along a line."""
    radius = wide / 2 + 1
    reach = 2 * int(radius) + 1
    upper, lower = stroke_ends(line)
    upper, lower = minimum_filter1d(upper, reach) - radius, maximum_filter1d(lower, reach) + radius
    places = np.arange(height)[:, None]
    return np.asarray((places >= upper) & (places <= lower))


def _drawn_over(drawn: Mask, paper: Mask) -> int:
    """How much of what lies well inside a drawn line is paper, pixels."""
    inside = cv2.erode(drawn.astype(np.uint8), np.ones((_INSIDE_PX, _INSIDE_PX), np.uint8))
    return int((paper & (inside > 0)).sum())


def _unlike(
    heights: Mapping[tuple[int, int], Float64], options: Mapping[int, Sequence[int]]
) -> dict[tuple[int, int], float]:
    """How much of each reading's power its beats do not have in common."""
    slopes = np.zeros(next(iter(heights.values())).size)
    for row, some in options.items():
        slope = np.abs(np.gradient(heights[row, some[0]]))
        slopes += np.minimum(slope, np.quantile(slope, 0.99))
    slopes = np.convolve(slopes, np.ones(round(_SLOPES_MM * PX_MM)), "same")
    peaks, _ = find_peaks(slopes, height=0.4 * slopes.max(), distance=round(_APART_MM * PX_MM))
    half = round(_HALF_MM * PX_MM)
    peaks = [peak for peak in peaks if half <= peak < slopes.size - half]
    if len(peaks) < 2:
        return dict.fromkeys(heights, 0.0)
    found = {}
    for key, line in heights.items():
        beats = np.array([line[peak - half : peak + half] for peak in peaks])
        beats -= np.median(beats, axis=1, keepdims=True)
        found[key] = float(np.mean((beats - np.median(beats, axis=0)) ** 2) / (np.mean(line**2) + _QUIET))
    return found


def _best(column: _Column) -> Choice:
    """The cheapest choice that changing one row, or two neighbours, does not better."""
    best: Choice = {row: some[0] for row, some in column.options.items()}
    least = _cost(column, best)
    rows = sorted(best)
    for _ in range(_SWEEPS):
        before = least
        for together in (*((row,) for row in rows), *pairwise(rows)):
            for readings in product(*(column.options[row] for row in together)):
                tried = best | dict(zip(together, readings, strict=True))
                if tried != best and (cost := _cost(column, tried)) < least:
                    best, least = tried, cost
        if least == before:
            break
    return best


def _cost(column: _Column, choice: Choice) -> float:
    explained = np.any([column.explained[key] for key in choice.items()], axis=0)
    total = max(explained.size, 1)
    unexplained = total - int(explained.sum())
    over = sum(column.over[key] for key in choice.items())
    cost = _INK * (unexplained + _DRAWN_OVER * over) / total
    cost += _DEPARTS * sum(reading != column.options[row][0] for row, reading in choice.items())
    cost += _BEATS * float(np.mean([column.unlike[key] for key in choice.items()]))
    lines = {row: column.heights[row, reading] for row, reading in choice.items()}
    for signs in _SUMS:
        if signs.keys() <= column.leads.keys():
            summed = sum(sign * lines[column.leads[lead]] for lead, sign in signs.items())
            cost += _LIMBS * _apart(np.asarray(summed), [lines[column.leads[lead]] for lead in signs])
    for strip, lead in column.twins:
        cost += _STRIP * _apart(lines[strip] - lines[lead], [lines[strip], lines[lead]])
    return cost


def _apart(difference: Float64, lines: Sequence[Float64]) -> float:
    """What should be nothing, as a share of the lines' power."""
    power = sum(float(np.mean(line**2)) for line in lines) + _QUIET
    return float(np.mean((difference - np.median(difference)) ** 2)) / power
