"""Windows of painted rows as batches with their truth: mostly where two rows' complexes meet.

A batch of the second network holds all rows of its pages at the same columns, and what the first network takes their
lines to have drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.tracer.drawn import drawn, passed
from calipers.models.tracer.rows import Page, Rows, drawn_page
from calipers.models.tracer.tracer import chances
from calipers.models.tracer.windows import FINER, MULTIPLE, REACH_PX, Windows, cut, window

#: A pixel is told from its row's, and any row's, quiet line by its distance, pixels.
_NEAR_PX = 9
#: Pixels with less ink say nothing, of 255.
_LEAST_INK = 40
#: Of a column far from the quiet line.
_MOST_WEIGHT = 4.0

Float32 = NDArray[np.float32]
_Piece = tuple[Windows, NDArray[np.bool_], Float32, Float32, Float32]


@dataclass(frozen=True)
class Cut:
    """How a batch is cut.

    Attributes:
        pages: of a batch.
        windows: of a page; of the second network so many at least, all rows at as many places as it takes.
        width: of a window, pixels.
        meeting: share of the places where rows meet.
    """

    pages: int = 4
    windows: int = 8
    width: int = 16 * MULTIPLE
    meeting: float = 0.7
    rows: Rows = field(default_factory=Rows)


class Batch(NamedTuple):
    """Windows with their truth.

    Attributes:
        seen: what the network sees.
        drawn: (b, 2, h / FOLD[0], w / FOLD[1]), what the second network sees beside it; (0,) for the first.
        own: (b, 1, h, w) bool, whether the row drew the pixel.
        own_weight: (b, 1, h, w) how much that matters.
        y_px: (b, w * FINER) float32 the line's middle from the window's top, 0 where there is none.
        y_weight: (b, w * FINER) how much that matters.
    """

    seen: Windows
    drawn: Float32
    own: NDArray[np.bool_]
    own_weight: Float32
    y_px: Float32
    y_weight: Float32


def batch(config: Cut, signals: NDArray[np.int16], chance: np.random.Generator, *, second: bool = False) -> Batch:
    """The windows of some pages.

    Args:
        config: how they are cut.
        signals: (r, 8, n) µV.
        chance: the draws.
        second: whether they are for the second network; what the first says of them is asked of its weights.

    Raises:
        MissingPart: the first's weights are not there.
    """
    pieces: list[_Piece] = []
    known: list[Float32] = []
    for _ in range(config.pages):
        page = drawn_page(config.rows, signals, chance)
        meetings = _meetings(page)
        if second:
            for _ in range(-(-config.windows // len(page.own))):
                _, first = _place(config, page, meetings, chance)
                together = [_piece(config, page, row, first) for row in range(len(page.own))]
                pieces += together
                known += drawn([passed(chances(piece[0], threads=1)[0]) for piece in together], page.lines_px)
        else:
            pieces += [_piece(config, page, *_place(config, page, meetings, chance)) for _ in range(config.windows)]
    seen = Windows(*(np.concatenate(part) for part in zip(*(piece[0] for piece in pieces), strict=True)))
    beside = np.concatenate(known) if second else np.zeros(0, np.float32)
    return Batch(seen, beside, *(np.stack(part) for part in zip(*(piece[1:] for piece in pieces), strict=True)))


def _place(config: Cut, page: Page, meetings: NDArray[np.int64], chance: np.random.Generator) -> tuple[int, int]:
    """A row, and a window's first column."""
    row, column = int(chance.integers(len(page.own))), int(chance.integers(page.ink.shape[1]))
    if len(meetings) and chance.random() < config.meeting:
        row, column = (int(value) for value in meetings[int(chance.integers(len(meetings)))])
    return row, column - config.width // 2 + int(chance.integers(-config.width // 3, config.width // 3))


def _meetings(page: Page) -> NDArray[np.int64]:
    """(n, 2) rows and columns where a row's ink begins no lower than its neighbour's ends."""
    height = page.ink.shape[0]
    there = page.own.any(axis=1)
    top = np.where(there, page.own.argmax(axis=1), height)
    bottom = np.where(there, height - page.own[:, ::-1].argmax(axis=1), -1)
    upper, columns = np.nonzero(bottom[:-1] >= top[1:])
    return np.concatenate([np.stack((upper, columns), 1), np.stack((upper + 1, columns), 1)])


def _piece(config: Cut, page: Page, row: int, first: int) -> _Piece:
    seen = window(page.ink, row, page.lines_px, page.leads, first, config.width)
    top = round(page.lines_px[row]) - REACH_PX
    own = cut(page.own[row].view(np.uint8), top, first, config.width) > 0
    places = top + np.arange(2 * REACH_PX)
    near = np.min([np.abs(places - line) for line in page.lines_px], axis=0) < _NEAR_PX
    own_weight = (seen.ink[0, 0] >= _LEAST_INK) * np.where(near, 1.0, 4.0)[:, None]
    columns = np.arange(first * FINER, (first + config.width) * FINER)
    inside = (columns >= 0) & (columns < page.y_px.shape[1])
    y_px = np.where(inside, page.y_px[row, np.clip(columns, 0, page.y_px.shape[1] - 1)], np.nan) - top
    known = (y_px >= 0) & (y_px <= 2 * REACH_PX - 1)
    away = np.abs(y_px - REACH_PX) / _NEAR_PX
    y_weight = np.where(known, 1.0 + np.clip(away - 1.0, 0.0, _MOST_WEIGHT - 1.0), 0.0)
    return (
        seen,
        own[None],
        own_weight[None].astype(np.float32),
        np.where(known, y_px, 0.0).astype(np.float32),
        np.nan_to_num(y_weight).astype(np.float32),
    )
