"""Follow each row's trace from left to right.

A network says where each row's line went (`models/tracer`), also where complexes of other rows cross it. Where that is
the middle of what a pen drew, the pen's edges (`pen.py`) tell the place more exactly. How far a complex goes beyond
what the network sees is not known: there the error is as large as that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from calipers.models.tracer.tracer import row_lines
from calipers.models.tracer.windows import FINER, REACH_PX
from calipers.tools.digitise.pen import edges, line, width_px

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

#: The pen's line is taken where it lies within so many pixels, and network's standard deviations, of the network's.
_SAME_PX, _SAME_DEVIATIONS = 2.0, 1.0
#: A line passes so near to its ink, pixels; less trace than this is no ink.
_NEAR_PX: Final = 5
_LEAST_TRACE: Final = 0.15
#: Where the line is over so many pixels less likely on ink than this it is lost.
_LOST_PX: Final = 7
_LEAST_ON_INK: Final = 0.5


class Row(NamedTuple):
    """A row to follow.

    Attributes:
        line_px: where its quiet line stands.
        span_px: its first and last column.
        leads: (w,) number of the lead in each column; see `calipers.models.tracer.windows.code_of`.
    """

    line_px: float
    span_px: tuple[int, int]
    leads: Int64


class Track(NamedTuple):
    """One row's trace, a value for each pixel column of the page.

    Attributes:
        y_px: (w,) height on the page, NaN where no ink was found.
        chance: (w,) how sure that there is trace; 0 without ink.
        error_px: (w,) how far the height may be off.
        fine_px: (w, FINER) the heights at finer columns: a peak's tip is narrower than a pixel.
    """

    y_px: Float64
    chance: Float64
    error_px: Float64
    fine_px: Float64


def no_track(width: int) -> Track:
    """Of a row that is not followed."""
    lost = np.full((width, FINER), np.nan)
    return Track(lost[:, 0], np.zeros(width), np.zeros(width), lost)


def stroke_ends(y_px: Float64) -> tuple[Float64, Float64]:
    """(columns,) how far up and how far down each column's stroke reaches, halfway to both neighbours."""
    halfway = (y_px[1:] + y_px[:-1]) / 2
    ends = np.stack((np.concatenate((y_px[:1], halfway)), y_px, np.concatenate((halfway, y_px[-1:]))))
    return ends.min(axis=0), ends.max(axis=0)


def follow(trace: Float32, ink: Float32, rows: Sequence[Row], *, threads: int = 2) -> list[Track]:
    """The traces of rows.

    Args:
        trace: (h, w) probability of trace.
        ink: (h, w) share of full ink.
        rows: from the top.
        threads: of the network.

    Raises:
        MissingPart: the network's weights are not there.
    """
    wide = width_px(ink)
    near = cv2.dilate(trace, np.ones((_NEAR_PX, _NEAR_PX), np.uint8))
    lines_px, leads = [row.line_px for row in rows], np.array([row.leads for row in rows])
    tracks = []
    said_of = row_lines(ink, lines_px, leads, threads=threads)
    for row, said in zip(rows, said_of, strict=True):
        first, last = row.span_px
        y_px, error_px = said.y_px[first:last], said.error_px[first:last]
        drawn = _drawn(ink[:, first:last], y_px.ravel(), wide).reshape(-1, FINER)
        apart = np.abs(drawn - y_px)
        agree = apart <= _SAME_PX + _SAME_DEVIATIONS * error_px
        fine = no_track(trace.shape[1]).fine_px
        fine[first:last] = np.where(agree, drawn, y_px)
        error = np.zeros(trace.shape[1])
        error[first:last] = np.sqrt((np.where(agree, np.fmin(apart, error_px), error_px) ** 2).mean(axis=1))
        middle = np.nan_to_num(fine[:, FINER // 2])
        chance = near[np.clip(np.round(middle).astype(np.int64), 0, trace.shape[0] - 1), np.arange(middle.size)]
        seen = chance >= _LEAST_TRACE
        seen[:first], seen[last:] = False, False
        on_ink = uniform_filter1d(said.on_ink[first:last].mean(axis=1), _LOST_PX)
        seen[first:last] &= on_ink >= _LEAST_ON_INK
        error[seen & said.cut.any(axis=1)] = REACH_PX
        fine[~seen] = np.nan
        tracks.append(Track(fine[:, FINER // 2], np.where(seen, chance, 0.0).astype(np.float64), error, fine))
    return tracks


def _drawn(ink: Float32, y_px: Float64, wide: float) -> Float64:
    """(columns * FINER,) the line by the pen's edges about a path, NaN where there is no ink."""
    top = max(0, int(y_px.min()) - REACH_PX)
    part = ink[top : int(y_px.max()) + REACH_PX]
    path = np.clip(np.round(y_px).astype(np.int64) - top, 0, part.shape[0] - 1)
    return line(edges(part, path), wide) + top
