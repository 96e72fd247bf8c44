"""Follow each row's trace from left to right over the probabilities of ink.

A row's path is the cheapest one by dynamic programming: to stand on paper without ink costs, to move up or down a
column costs little along ink and much across paper. So a QRS complex is climbed along its strokes, or cut short where
they run together: which ink is the row's, and where the pen's middle went in it, is the word of `pen.py`. Rows that
cross are followed twice, the second time each around what the others hold; and again by their own ink alone, for each
way in which `ownership.py` shares it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from calipers.models.segmenter.segmenter import PX_MM
from calipers.tools.digitise.ownership import RULES, Mask, between, owned
from calipers.tools.digitise.pen import FINER, columns_cut, edges, line, width_px

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
_INK: Final = 0.4
#: Ink that is as good as any.
_FULL: Final = 0.7
#: Ink farther than this from a row's path is not its own.
_TALL_PX: Final = round(40 * PX_MM)
#: A row's stroke reaches over so many columns, and is another's beyond so many pixels.
_BESIDE: Final = 7
_APART_PX: Final = 3
#: How far a trace may swing from its row, in rows' distances.
_REACH_ROWS: Final = 1.9
_LEAST_REACH_MM: Final = 32.0


class Track(NamedTuple):
    """One row's trace, a value for each pixel column of the page.

    Attributes:
        y_px: (w,) height on the page, NaN where no ink was found.
        chance: (w,) how sure; 0 without ink.
        shared: (w,) where its ink runs into another row's.
        fine_px: (w, FINER) the heights at finer columns: a peak's tip is narrower than a pixel.
    """

    y_px: Float64
    chance: Float64
    shared: NDArray[np.bool_]
    fine_px: Float64


def no_track(width: int) -> Track:
    """Of a row that is not followed."""
    lost = np.full((width, FINER), np.nan)
    return Track(lost[:, 0], np.zeros(width), np.zeros(width, np.bool_), lost)


def follow(
    trace: Float32, ink: Float32, baselines_px: Sequence[float], pitch_px: float, spans_px: Sequence[tuple[int, int]]
) -> list[list[Track]]:
    """The traces of all rows, read in one way or in several.

    In the first reading a row goes around what the others hold. Where rows run into one another there is one more for
    each way of sharing their strokes out; rows that meet no other are the same in all.

    Args:
        trace: (h, w) probability of trace.
        ink: (h, w) share of full ink.
        baselines_px: where each row's quiet line stands, from the top.
        pitch_px: the rows' distance.
        spans_px: first and last column of each row.
    """
    wide = width_px(ink)
    paths = [_path(ink, base, pitch_px, span, None) for base, span in zip(baselines_px, spans_px, strict=True)]
    first = _around(trace, ink, wide, paths, baselines_px, pitch_px, spans_px)
    found = between(ink, paths, spans_px, wide)
    if not found.joined:
        return [first]
    readings = [first]
    for rule in RULES:
        own = owned(found, rule)
        held: NDArray[np.uint8] = np.sum(own, axis=0, dtype=np.uint8)
        reading = list(first)
        for row in found.joined:
            mine = _alone(ink, own[row], held)
            path = _path(mine, baselines_px[row], pitch_px, spans_px[row], None)
            reading[row] = _measured(trace, mine, wide, path, spans_px[row], [], [])
        readings.append(reading)
    return readings


def _around(
    trace: Float32,
    ink: Float32,
    wide: float,
    paths: Sequence[Int64],
    baselines_px: Sequence[float],
    pitch_px: float,
    spans_px: Sequence[tuple[int, int]],
) -> list[Track]:
    """Each row followed again around what the others hold, and measured beside them."""
    again = []
    for number, (base, span) in enumerate(zip(baselines_px, spans_px, strict=True)):
        held = _held(trace.shape, number, paths, baselines_px, spans_px)
        again.append(paths[number] if held is None else _path(ink, base, pitch_px, span, held))
    return [
        _measured(
            trace,
            ink,
            wide,
            path,
            span,
            [other for k, other in enumerate(again) if k != number],
            [other for k, other in enumerate(spans_px) if k != number],
        )
        for number, (path, span) in enumerate(zip(again, spans_px, strict=True))
    ]


def _alone(ink: Float32, own: Mask, held: NDArray[np.uint8]) -> Float32:
    """A row's own ink with the grey at its edges, without the other rows'."""
    near = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(near & (own | (held == 0)), ink, 0).astype(np.float32)


def _path(trace: Float32, base: float, pitch_px: float, span: tuple[int, int], held: NDArray[np.bool_] | None) -> Int64:
    """(columns of the span,) the pixel row of the cheapest path."""
    reach = max(_REACH_ROWS * pitch_px, _LEAST_REACH_MM * PX_MM)
    low, high = max(0, round(base - reach)), min(trace.shape[0], round(base + reach) + 1)
    ink = trace[low:high, span[0] : span[1]].T.astype(np.float64)  # (columns, rows)
    stand = _NO_INK * (1 - np.minimum(ink / _FULL, 1.0))
    climb = _CLIMB + _ACROSS * (1 - np.minimum(ink / _FULL, 1.0))
    if held is not None:
        stand = stand + _HELD * held[low:high, span[0] : span[1]].T
    away = _AWAY * np.abs(np.arange(low, high) - base) / pitch_px
    stand += np.minimum(away, 2 * _AWAY)
    sums = np.cumsum(climb, axis=1)
    places = np.arange(high - low)
    total = stand[0] + 0.02 * np.abs(places + low - base)
    came = np.empty(stand.shape, np.int32)
    for column in range(1, stand.shape[0]):
        sum_here = sums[column]
        falling = np.minimum.accumulate(total - sum_here)
        down = falling + sum_here
        rising = np.minimum.accumulate((total + sum_here)[::-1])[::-1]
        up = rising - sum_here
        from_above = np.maximum.accumulate(np.where(total - sum_here <= falling, places, 0))
        below = np.where(total + sum_here <= rising, places, places[-1])
        from_below = np.minimum.accumulate(below[::-1])[::-1]
        came[column] = np.where(down <= up, from_above, from_below)
        total = np.minimum(down, up) + stand[column]
    path = np.empty(stand.shape[0], np.int64)
    path[-1] = int(total.argmin())
    for column in range(stand.shape[0] - 1, 0, -1):
        path[column - 1] = came[column, path[column]]
    return path + low


def _held(
    shape: tuple[int, ...],
    number: int,
    paths: Sequence[Int64],
    baselines: Sequence[float],
    spans: Sequence[tuple[int, int]],
) -> NDArray[np.bool_] | None:
    """Pixels of other rows' paths where those stand nearer to their own row; None where none comes near."""
    held = np.zeros(shape, np.bool_)
    near = False
    own, (first, last) = paths[number], spans[number]
    for other, (path, span) in enumerate(zip(paths, spans, strict=True)):
        if other == number:
            continue
        left, right = max(first, span[0]), min(last, span[1])
        if right <= left:
            continue
        theirs, mine = path[left - span[0] : right - span[0]], own[left - first : right - first]
        meets = np.abs(theirs - mine) < 3
        if not meets.any():
            continue
        closer = np.abs(theirs - baselines[other]) < np.abs(theirs - baselines[number])
        near = near or bool((meets & closer).any())
        columns = np.arange(left, right)[closer]
        for shift in (-2, -1, 0, 1, 2):
            held[np.clip(theirs[closer] + shift, 0, shape[0] - 1), columns] = True
    return held if near else None


def _measured(
    trace: Float32,
    ink: Float32,
    wide: float,
    path: Int64,
    span: tuple[int, int],
    others: Sequence[Int64],
    spans: Sequence[tuple[int, int]],
) -> Track:
    """Heights along a path, and how sure the network was of it."""
    low, high = max(0, int(path.min()) - _TALL_PX), min(trace.shape[0], int(path.max()) + _TALL_PX + 1)
    columns = np.arange(span[0], span[0] + path.size)
    ceiling, floor = np.full(path.size, low), np.full(path.size, high - 1)
    for other, (first, last) in zip(others, spans, strict=True):
        inside = (columns >= first) & (columns < min(last, first + other.size))
        place = np.clip(columns - first, 0, other.size - 1)
        upper, lower = minimum_filter1d(other, _BESIDE)[place], maximum_filter1d(other, _BESIDE)[place]
        above, below = inside & (lower < path - _APART_PX), inside & (upper > path + _APART_PX)
        # Where another row's stroke passes, only the path's own line is this row's.
        crossed = inside & ~above & ~below
        half = int(wide / 2) + 1
        ceiling = np.where(above, np.maximum(ceiling, lower + 2), ceiling)
        floor = np.where(below, np.minimum(floor, upper - 2), floor)
        ceiling = np.where(crossed, np.maximum(ceiling, path - half), ceiling)
        floor = np.where(crossed, np.minimum(floor, path + half), floor)
    found = edges(ink[low:high, columns[0] : columns[-1] + 1], path - low, ceiling - low, floor - low, wide)
    y, chance = np.full(trace.shape[1], np.nan), np.zeros(trace.shape[1])
    fine = np.full((y.size, FINER), np.nan)
    fine[columns] = line(found, wide).reshape(-1, FINER) + low
    y[columns] = fine[columns, FINER // 2]
    chance[columns] = np.where(np.isfinite(y[columns]), trace[path, columns], 0.0)
    shared = np.zeros(trace.shape[1], np.bool_)
    shared[columns] = columns_cut(found)
    return Track(y, np.minimum(uniform_filter1d(chance, 3), 1.0), shared, fine)
