"""Follow each row's trace from left to right over the probabilities of ink.

A row's path is the cheapest one by dynamic programming: to stand on paper without ink costs, to move up or down a
column costs little along ink and much across paper. So a QRS complex is climbed along its strokes. Rows that cross
are followed twice, the second time each around what the others hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from calipers.models.segmenter.painter import TRUE_WIDTH_MM
from calipers.models.segmenter.segmenter import PX_MM

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

#: Cost of a column without ink, of a pixel up or down along ink, and across paper.
_NO_INK: Final = 3.0
_CLIMB: Final = 0.012
_ACROSS: Final = 0.6
#: Cost of standing one row's distance away from one's own row.
_AWAY: Final = 0.25
#: Cost of a pixel that another row holds.
_HELD: Final = 1.2
_INK: Final = 0.35
_HALF_WIDTH_PX: Final = TRUE_WIDTH_MM * PX_MM / 2
#: How far a trace may swing from its row, in rows' distances.
_REACH_ROWS: Final = 1.9
_LEAST_REACH_MM: Final = 32.0


class Track(NamedTuple):
    """One row's trace, a value for each pixel column of the page.

    Attributes:
        y_px: (w,) height on the page, NaN where no ink was found.
        chance: (w,) how sure.
    """

    y_px: Float64
    chance: Float64


def follow(
    trace: Float32, baselines_px: Sequence[float], pitch_px: float, spans_px: Sequence[tuple[int, int]]
) -> list[Track]:
    """The traces of all rows.

    Args:
        trace: (h, w) probability of trace.
        baselines_px: where each row's quiet line stands.
        pitch_px: the rows' distance.
        spans_px: first and last column of each row.
    """
    paths = [_path(trace, base, pitch_px, span, None) for base, span in zip(baselines_px, spans_px, strict=True)]
    again = []
    for number, (base, span) in enumerate(zip(baselines_px, spans_px, strict=True)):
        held = _held(trace.shape, number, paths, baselines_px, spans_px)
        again.append(paths[number] if held is None else _path(trace, base, pitch_px, span, held))
    return [
        _measured(
            trace,
            path,
            span,
            [other for k, other in enumerate(again) if k != number],
            [s for k, s in enumerate(spans_px) if k != number],
        )
        for number, (path, span) in enumerate(zip(again, spans_px, strict=True))
    ]


def _path(
    trace: Float32, base: float, pitch_px: float, span: tuple[int, int], held: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    """(columns of the span,) the pixel row of the cheapest path."""
    reach = max(_REACH_ROWS * pitch_px, _LEAST_REACH_MM * PX_MM)
    low, high = max(0, round(base - reach)), min(trace.shape[0], round(base + reach) + 1)
    ink = np.clip(trace[low:high, span[0] : span[1]] / 0.6, 0.0, 1.0).T.astype(np.float64)  # (columns, rows)
    stand = _NO_INK * (1 - ink)
    climb = _CLIMB + _ACROSS * (1 - ink)
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
    paths: Sequence[NDArray[np.int64]],
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
    path: NDArray[np.int64],
    span: tuple[int, int],
    others: Sequence[NDArray[np.int64]],
    spans: Sequence[tuple[int, int]],
) -> Track:
    """Sub-pixel heights along a path: the middle of the ink, or its edge at a peak."""
    height, width = trace.shape
    y, chance = np.full(width, np.nan), np.zeros(width)
    top, bottom = np.zeros(path.size), np.zeros(path.size)
    for k, at in enumerate(path):
        column = trace[:, span[0] + k]
        low = high = int(at)
        if column[low] < _INK:
            near = np.arange(max(0, low - 2), min(height, low + 3))
            low = high = int(near[column[near].argmax()])
        if column[low] < _INK:
            top[k] = bottom[k] = np.nan
            continue
        limits = [int(p[span[0] + k - s[0]]) for p, s in zip(others, spans, strict=True) if s[0] <= span[0] + k < s[1]]
        ceiling = max((one + 2 for one in limits if one < low - 3), default=0)
        floor = min((one - 2 for one in limits if one > high + 3), default=height - 1)
        while low > ceiling and column[low - 1] >= _INK:
            low -= 1
        while high < floor and column[high + 1] >= _INK:
            high += 1
        top[k] = low - _beyond(column, low, -1)
        bottom[k] = high + _beyond(column, high, 1)
        chance[span[0] + k] = float(column[low : high + 1].mean())
    middle = (top + bottom) / 2
    upper, lower = top + _HALF_WIDTH_PX, bottom - _HALF_WIDTH_PX
    before, after = np.concatenate([middle[:1], middle[:-1]]), np.concatenate([middle[1:], middle[-1:]])
    tall = bottom - top > 3.2 * _HALF_WIDTH_PX
    peak = tall & (before > middle) & (after > middle)
    trough = tall & (before < middle) & (after < middle)
    y[span[0] : span[1]] = np.where(peak, upper, np.where(trough, lower, middle))
    known = np.isfinite(y)
    chance[~known] = 0.0
    return Track(y, np.minimum(uniform_filter1d(chance, 3), 1.0))


def _beyond(column: Float32, at: int, step: int) -> float:
    """How far past a pixel's middle the ink reaches, 0 to 1: where the probability falls to `_INK`."""
    further = at + step
    if not 0 <= further < column.size:
        return 0.0
    here, there = float(column[at]), float(column[further])
    return float(np.clip((here - _INK) / max(here - there, 1e-3), 0.0, 1.0))
