"""Follow each row's trace from left to right over the probabilities of ink.

A row's path is the cheapest one over the ink (`cheapest_path.py`). So a QRS complex is climbed along its strokes, or
cut short where they run together: which ink is the row's, and where the pen's middle went in it, is the word of
`pen.py`. Rows that cross are followed twice, the second time each around what the others hold; and again by their own
ink alone, for each way in which `ownership.py` shares it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from calipers.models.segmenter.segmenter import PX_MM
from calipers.tools.digitise.cheapest_path import Wanted, cheapest_paths
from calipers.tools.digitise.ownership import RULES, Mask, between, owned
from calipers.tools.digitise.pen import FINER, columns_cut, edges, line, width_px

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

#: Ink farther than this from a row's path is not its own.
_TALL_PX: Final = round(40 * PX_MM)
#: A row's stroke reaches over so many columns, and is another's beyond so many pixels.
_BESIDE: Final = 7
_APART_PX: Final = 3


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


def stroke_ends(y_px: Float64) -> tuple[Float64, Float64]:
    """(columns,) how far up and how far down each column's stroke reaches, halfway to both neighbours."""
    halfway = (y_px[1:] + y_px[:-1]) / 2
    ends = np.stack((np.concatenate((y_px[:1], halfway)), y_px, np.concatenate((halfway, y_px[-1:]))))
    return ends.min(axis=0), ends.max(axis=0)


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
    rows = list(zip(baselines_px, spans_px, strict=True))
    paths = cheapest_paths([Wanted(ink, base, span) for base, span in rows], pitch_px)
    first = _around(trace, ink, wide, paths, baselines_px, pitch_px, spans_px)
    found = between(ink, paths, spans_px, wide)
    if not found.joined:
        return [first]
    readings = [first]
    for rule in RULES:
        own = owned(found, rule)
        held: NDArray[np.uint8] = np.sum(own, axis=0, dtype=np.uint8)
        alone = {row: Wanted(_alone(ink, own[row], held), *rows[row]) for row in sorted(found.joined)}
        reading = list(first)
        for (row, mine), path in zip(alone.items(), cheapest_paths(list(alone.values()), pitch_px), strict=True):
            reading[row] = _measured(trace, mine.ink, wide, path, mine.span_px, [], [])
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
    again = list(paths)
    wanted: dict[int, Wanted] = {}
    for number, (base, span) in enumerate(zip(baselines_px, spans_px, strict=True)):
        held = _held(trace.shape, number, paths, baselines_px, spans_px)
        if held is not None:
            wanted[number] = Wanted(ink, base, span, held)
    for number, path in zip(wanted, cheapest_paths(list(wanted.values()), pitch_px), strict=True):
        again[number] = path
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
