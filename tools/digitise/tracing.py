"""Follow each row's trace from left to right over the probabilities of ink.

A row's path is the cheapest one by dynamic programming: to stand on paper without ink costs, to move up or down a
column costs little along ink and much across paper. So a QRS complex is climbed along its strokes. A complex may be
so narrow that its strokes run together: the ink is therefore thinned sideways before a path may stand on it. Rows
that cross are followed twice, the second time each around what the others hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, minimum_filter1d, uniform_filter1d

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
_INK: Final = 0.4
#: Ink that is as good as any.
_FULL: Final = 0.5
#: Columns over which ink is thinned.
_THINNED: Final = 3
#: A line this near the quiet level, in pens' widths, is taken by the middle of its ink.
_QUIET: Final = 0.6
#: What wearing an edge down may take from a spike, in pens' widths.
_SPIKE: Final = 0.6
#: The ink's middle is that of its darkness to this power: a pen is darkest where its middle passes.
_DARKEST: Final = 4.0
#: A peak's or trough's tip is the outermost within so many columns, as far as so many pixels tell.
_TIP_COLUMNS: Final = 5
_TIP_PX: Final = 0.3
#: A row's stroke reaches over so many columns, and is another's beyond so many pixels.
_BESIDE: Final = 7
_APART_PX: Final = 3
#: The quiet level is the median over so many millimetres.
_LEVEL_MM: Final = 14.0
#: How far a trace may swing from its row, in rows' distances.
_REACH_ROWS: Final = 1.9
_LEAST_REACH_MM: Final = 32.0


class Track(NamedTuple):
    """One row's trace, a value for each pixel column of the page.

    Attributes:
        y_px: (w,) height on the page, NaN where no ink was found.
        chance: (w,) how sure; 0 without ink.
    """

    y_px: Float64
    chance: Float64


def follow(
    trace: Float32, ink: Float32, baselines_px: Sequence[float], pitch_px: float, spans_px: Sequence[tuple[int, int]]
) -> list[Track]:
    """The traces of all rows.

    Args:
        trace: (h, w) probability of trace.
        ink: (h, w) the same, no wider than the pen.
        baselines_px: where each row's quiet line stands.
        pitch_px: the rows' distance.
        spans_px: first and last column of each row.
    """
    wide = line_width_px(ink)
    # The mask is thinned; what is no wider than the pen already is not.
    thin = minimum_filter1d(trace, _THINNED, axis=1) if ink is trace else ink
    paths = [_path(ink, thin, base, pitch_px, span, None) for base, span in zip(baselines_px, spans_px, strict=True)]
    again = []
    for number, (base, span) in enumerate(zip(baselines_px, spans_px, strict=True)):
        held = _held(trace.shape, number, paths, baselines_px, spans_px)
        again.append(paths[number] if held is None else _path(ink, thin, base, pitch_px, span, held))
    return [
        _measured(
            trace,
            ink,
            thin,
            wide,
            path,
            span,
            [other for k, other in enumerate(again) if k != number],
            [s for k, s in enumerate(spans_px) if k != number],
        )
        for number, (path, span) in enumerate(zip(again, spans_px, strict=True))
    ]


def line_width_px(trace: Float32) -> float:
    """Of the heights of runs of ink the lower quarter: what a level line is wide."""
    ink = (trace[:, ::4] >= _INK).astype(np.int8)
    steps = np.diff(ink, axis=0, prepend=0, append=0).T
    starts, ends = np.nonzero(steps > 0)[1], np.nonzero(steps < 0)[1]
    return float(np.quantile(ends - starts, 0.25)) if starts.size else 2.0


def _path(
    trace: Float32, thin: Float32, base: float, pitch_px: float, span: tuple[int, int], held: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    """(columns of the span,) the pixel row of the cheapest path."""
    reach = max(_REACH_ROWS * pitch_px, _LEAST_REACH_MM * PX_MM)
    low, high = max(0, round(base - reach)), min(trace.shape[0], round(base + reach) + 1)
    ink = trace[low:high, span[0] : span[1]].T.astype(np.float64)  # (columns, rows)
    thinned = thin[low:high, span[0] : span[1]].T
    stand = _NO_INK * (1 - np.minimum(0.25 * ink + thinned / _FULL, 1.0))
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
    ink: Float32,
    thin: Float32,
    wide: float,
    path: NDArray[np.int64],
    span: tuple[int, int],
    others: Sequence[NDArray[np.int64]],
    spans: Sequence[tuple[int, int]],
) -> Track:
    """Heights along a path: the ink's middle where it runs level, its outer edge at a peak or trough."""
    height, width = trace.shape
    top, bottom, middle = (np.full(path.size, np.nan) for _ in range(3))
    chance = np.zeros(width)
    reaches = [(minimum_filter1d(p, _BESIDE), maximum_filter1d(p, _BESIDE)) for p in others]
    for k, at in enumerate(path):
        x = span[0] + k
        ceiling, floor = 0, height - 1
        for (lowest, highest), (first, last) in zip(reaches, spans, strict=True):
            if not first <= x < last:
                continue
            upper, lower = int(lowest[x - first]), int(highest[x - first])
            if lower < at - _APART_PX:
                ceiling = max(ceiling, lower + 2)
            elif upper > at + _APART_PX:
                floor = min(floor, upper - 2)
            else:  # another row's stroke passes here: only the path's own line is this row's
                ceiling, floor = max(ceiling, int(at - wide / 2)), min(floor, int(at + wide / 2))
        column = thin[:, x]
        run = _run(column, int(at), ceiling, floor)
        if run is None:
            column = ink[:, x]
            run = _run(column, int(at), ceiling, floor)
        if run is None:
            continue
        low, high = run
        part = column[low : high + 1]
        # Thinning takes a peak's rounded end with it: how far it reaches is the whole ink's word.
        whole = _run(ink[:, x], low, ceiling, floor) or run
        top[k] = whole[0] - _beyond(ink[:, x], whole[0], -1)
        bottom[k] = whole[1] + _beyond(ink[:, x], whole[1], 1)
        middle[k] = float(np.average(np.arange(low, high + 1), weights=part**_DARKEST))
        chance[x] = float(trace[low : high + 1, x].mean())
    y = np.full(width, np.nan)
    y[span[0] : span[1]] = _heights(top, bottom, middle, wide)
    return Track(y, np.minimum(uniform_filter1d(chance, 3), 1.0))


def _heights(top: Float64, bottom: Float64, middle: Float64, wide: float) -> Float64:
    """One height for each column from the upper and lower edges of its ink.

    At tips a pen of some width draws its line's closing above and its opening below: the upper edge, worn down
    sideways by half the pen, is the line where it stands above the quiet level, the lower edge where it stands below.
    Elsewhere the line is the middle of the ink's darkness.
    """
    known = np.isfinite(middle)
    if not known.any():
        return middle
    places = np.arange(middle.size)
    upper, lower, filled = (np.interp(places, np.flatnonzero(known), one[known]) for one in (top, bottom, middle))
    level = median_filter(filled, size=round(_LEVEL_MM * PX_MM) | 1, mode="nearest")
    pen = 2 * round((wide - 1) / 2) + 1
    outer = np.where(level - upper >= lower - level, upper, -lower)
    tip = outer <= minimum_filter1d(outer, _TIP_COLUMNS) + _TIP_PX
    upper = -_worn(-upper, pen, wide) + wide / 2
    lower = _worn(lower, pen, wide) - wide / 2
    above, below = level - upper, lower - level
    quiet = np.maximum(above, below) < _QUIET * wide
    edges = np.where(above >= below, upper, lower)
    # On a flank the darkest of the ink is where the pen's middle passed.
    heights = np.where(quiet | ~tip, filled, edges)
    return np.where(known, heights, np.nan)


def _worn(edge: Float64, pen: int, wide: float) -> Float64:
    """An edge (outwards counts up) worn down by half the pen; of a spike narrower than the pen its tip is kept."""
    # Between two strokes that meet higher up, the path may have seen the foot alone: such notches are closed.
    edge = minimum_filter1d(maximum_filter1d(edge, pen), pen)
    worn = minimum_filter1d(edge, pen)
    for size in range(pen - 2, 0, -2):
        less = minimum_filter1d(edge, size)
        tip, stump = (maximum_filter1d(one, 2 * pen - 1) for one in (less, worn))
        worn = np.where((tip - stump > _SPIKE * wide) & (less > (tip + stump) / 2), less, worn)
    return worn


def _run(column: Float32, at: int, ceiling: int, floor: int) -> tuple[int, int] | None:
    """First and last pixel of the ink at or beside a place; None without ink."""
    low = high = at
    if column[at] < _INK:
        near = np.arange(max(0, at - 2), min(column.size, at + 3))
        low = high = int(near[column[near].argmax()])
        if column[low] < _INK:
            return None
    while low > ceiling and column[low - 1] >= _INK:
        low -= 1
    while high < floor and column[high + 1] >= _INK:
        high += 1
    return low, high


def _beyond(column: Float32, at: int, step: int) -> float:
    """How far past a pixel's middle the ink reaches, 0 to 1: where the probability falls to `_INK`."""
    further = at + step
    if not 0 <= further < column.size:
        return 0.0
    here, there = float(column[at]), float(column[further])
    return float(np.clip((here - _INK) / max(here - there, 1e-3), 0.0, 1.0))
