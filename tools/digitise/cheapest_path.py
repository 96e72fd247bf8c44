"""The cheapest path of each row from left to right over the ink, by dynamic programming, many rows at once.

To stand on paper costs, to move up or down a column costs little along ink and much across paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.segmenter import PX_MM

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

#: Cost of a column without ink, of a pixel up or down along ink, and across paper.
_NO_INK: Final = 4.0
_CLIMB: Final = 0.005
_ACROSS: Final = 0.6
#: Cost of standing one row's distance away from one's own row.
_AWAY: Final = 0.25
#: Cost of a pixel that another row holds.
_HELD: Final = 1.2
#: Ink that is as good as any.
_FULL: Final = 0.7
#: How far a trace may swing from its row, in rows' distances.
_REACH_ROWS: Final = 1.9
_LEAST_REACH_MM: Final = 32.0
#: Of a place beyond the page.
_NOWHERE: Final = 1e6


class Wanted(NamedTuple):
    """A row whose path is wanted.

    Attributes:
        ink: (h, w) share of full ink.
        base_px: where its quiet line stands.
        span_px: its first and last column.
        held: (h, w) pixels that other rows hold; None for none.
    """

    ink: Float32
    base_px: float
    span_px: tuple[int, int]
    held: NDArray[np.bool_] | None = None


def cheapest_paths(wanted: Sequence[Wanted], pitch_px: float) -> list[Int64]:
    """(columns of its span,) for each row the pixel row of its path.

    Args:
        wanted: the rows.
        pitch_px: the rows' distance.
    """
    order = sorted(range(len(wanted)), key=lambda number: wanted[number].span_px)
    found: dict[int, Int64] = {}
    for _, numbers in groupby(order, key=lambda number: wanted[number].span_px):
        together = list(numbers)
        found |= dict(zip(together, _together([wanted[number] for number in together], pitch_px), strict=True))
    return [found[number] for number in range(len(wanted))]


def _together(rows: Sequence[Wanted], pitch_px: float) -> list[Int64]:
    """The paths of rows of one span."""
    reach = max(_REACH_ROWS * pitch_px, _LEAST_REACH_MM * PX_MM)
    height = rows[0].ink.shape[0]
    lows = [max(0, round(row.base_px - reach)) for row in rows]
    highs = [min(height, round(row.base_px + reach) + 1) for row in rows]
    tall = max(high - low for low, high in zip(lows, highs, strict=True))
    first, last = rows[0].span_px
    last = min(last, rows[0].ink.shape[1])
    paper = np.ones((last - first, len(rows), tall), np.float32)
    more = np.zeros((last - first, len(rows), tall), np.bool_) if any(row.held is not None for row in rows) else None
    away = np.full((len(rows), tall), _NOWHERE)
    begin = np.zeros((len(rows), tall))
    for number, (row, low, high) in enumerate(zip(rows, lows, highs, strict=True)):
        size = high - low
        paper[:, number, :size] = 1 - np.minimum(row.ink[low:high, first:last].T / _FULL, 1.0)
        distance = np.abs(np.arange(low, high) - row.base_px)
        away[number, :size] = np.minimum(_AWAY * distance / pitch_px, 2 * _AWAY)
        begin[number, :size] = 0.02 * distance
        if row.held is not None and more is not None:
            more[:, number, :size] = row.held[low:high, first:last].T
    came, ends = _swept(paper, more, away, begin)
    return [came_back + low for came_back, low in zip(_back(came, ends), lows, strict=True)]


def _swept(
    paper: Float32, held: NDArray[np.bool_] | None, away: Float64, begin: Float64
) -> tuple[NDArray[np.int32], Int64]:
    """(columns, rows, h) whence each place is reached most cheaply, and (rows,) where the cheapest path ends."""
    columns, rows, tall = paper.shape
    places = np.arange(tall)
    came = np.empty((columns, rows, tall), np.int32)
    total = begin
    for column in range(columns):
        stand = _NO_INK * paper[column].astype(np.float64) + away
        if held is not None:
            stand += _HELD * held[column]
        if column == 0:
            total = total + stand
            continue
        sums = np.cumsum(_CLIMB + _ACROSS * paper[column].astype(np.float64), axis=1)
        downwards, upwards = total - sums, total + sums
        falling = np.minimum.accumulate(downwards, axis=1)
        rising = np.minimum.accumulate(upwards[:, ::-1], axis=1)[:, ::-1]
        from_above = np.maximum.accumulate(np.where(downwards <= falling, places, 0), axis=1)
        below = np.where(upwards <= rising, places, places[-1])
        from_below = np.minimum.accumulate(below[:, ::-1], axis=1)[:, ::-1]
        down, up = falling + sums, rising - sums
        came[column] = np.where(down <= up, from_above, from_below)
        total = np.minimum(down, up) + stand
    return came, total.argmin(axis=1)


def _back(came: NDArray[np.int32], ends: Int64) -> list[Int64]:
    """The paths that end there, followed back."""
    paths = np.empty((came.shape[1], came.shape[0]), np.int64)
    rows = np.arange(came.shape[1])
    at = ends
    for column in range(came.shape[0] - 1, 0, -1):
        paths[:, column] = at
        at = came[column, rows, at].astype(np.int64)
    paths[:, 0] = at
    return list(paths)
