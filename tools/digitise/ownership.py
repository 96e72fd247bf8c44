"""Whose ink: where rows stand so near that complexes cross, each piece of ink between two rows is given to one.

A row keeps what lies on its quiet line. What lies between two lines falls into connected pieces: one that hangs on a
single line is that row's. One that joins both is a stroke of either, or of both, and the ink alone does not say which:
each rule here is one way to share it out, and `readings.py` tells which of the ways makes an ECG.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from calipers.models.segmenter.segmenter import PX_MM
from calipers.tools.digitise.pen import INK

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: How a stroke that joins two rows is shared out: cut where it is narrowest, to the lower row, or to the upper.
Rule = Literal["narrowest", "lower", "upper"]
RULES: Final[tuple[Rule, ...]] = get_args(Rule)

#: A row's quiet line is the median of its path over so many millimetres.
_LEVEL_MM: Final = 18.0
#: What lies so near to a quiet line is that row's: millimetres, and pens.
_NEAR_MM: Final = 1.0
_NEAR_PENS: Final = 1.3
#: Fewer pixels are no stroke.
_LEAST_PX: Final = 3
#: A stroke that goes on beyond another's line gets no wider there.
_WIDER: Final = 1.25


class Piece(NamedTuple):
    """Connected ink between two neighbouring rows' lines.

    Attributes:
        y, x: its upper left pixel on the page.
        part: (h, w) its pixels.
        above, below: the rows whose lines it touches.
    """

    y: int
    x: int
    part: Mask
    above: int | None
    below: int | None

    @property
    def joins(self) -> bool:
        """Whether it joins two rows."""
        return self.above is not None and self.below is not None

    def columns(self, *, lower: bool) -> Int64:
        """The page's columns of its lower, or upper, end."""
        ends = self.part[-2:] if lower else self.part[:2]
        return self.x + np.flatnonzero(ends.any(axis=0))


class Between(NamedTuple):
    """All ink of a page by rows.

    Attributes:
        dark: (h, w) where there is ink.
        lines: (rows, w) each row's quiet line, pixels.
        near: what lies so many pixels about a line is that row's.
        inside: (rows, w) where each row runs.
        bands: pieces above the first row, between each two, and below the last.
    """

    dark: Mask
    lines: Float64
    near: float
    inside: Mask
    bands: list[list[Piece]]

    @property
    def joined(self) -> set[int]:
        """Rows that run into another."""
        pieces = [piece for band in self.bands for piece in band if piece.joins]
        return {row for piece in pieces for row in (piece.above, piece.below) if row is not None}


def between(ink: Float32, paths: Sequence[Int64], spans_px: Sequence[tuple[int, int]], wide: float) -> Between:
    """Find each row's line and the pieces of ink between them.

    Args:
        ink: (h, w) share of full ink.
        paths: each row's path, from the top row to the lowest.
        spans_px: first and last column of each row.
        wide: the pen, in pixels.
    """
    lines = np.array([_line(path, span, ink.shape[1]) for path, span in zip(paths, spans_px, strict=True)])
    inside = np.zeros(lines.shape, np.bool_)
    for row, (first, last) in enumerate(spans_px):
        inside[row, first:last] = True
    near = max(_NEAR_MM * PX_MM, _NEAR_PENS * wide)
    found = Between(np.asarray(ink >= INK), lines, near, inside, [])
    found.bands.extend(_band(found, row) for row in range(len(paths) + 1))
    return found


def owned(found: Between, rule: Rule) -> list[Mask]:
    """(h, w) for each row, the ink that is its own when strokes that join two rows are shared out by a rule."""
    places = np.arange(found.dark.shape[0])[:, None]
    own = [
        found.dark & (np.abs(places - line) <= found.near) & runs
        for line, runs in zip(found.lines, found.inside, strict=True)
    ]
    for piece in (piece for band in found.bands for piece in band):
        if piece.joins and rule == "narrowest":
            assert piece.above is not None
            assert piece.below is not None
            cut = _narrowest(piece.part)
            _give(own[piece.above], piece, last=cut + 2)
            _give(own[piece.below], piece, first=cut - 1)
        elif (row := _owner(piece, rule)) is not None:
            _give(own[row], piece)
    if rule != "narrowest":
        _go_on(found, own, rule)
    return own


def _line(path: Int64, span: tuple[int, int], width: int) -> Float64:
    """(width,) the quiet line, level beyond the row's ends."""
    size = min(round(_LEVEL_MM * PX_MM) | 1, path.size | 1)
    level = median_filter(path.astype(np.float64), size=size, mode="nearest")
    return np.interp(np.arange(width), np.arange(span[0], span[0] + path.size), level)


def _band(found: Between, row: int) -> list[Piece]:
    """The pieces above a row's line, and below that of the row before."""
    height, width = found.dark.shape
    above, below = (row - 1 if row else None), (row if row < len(found.lines) else None)
    top = found.lines[row - 1] + found.near if above is not None else np.full(width, -1.0)
    bottom = found.lines[row] - found.near if below is not None else np.full(width, height + 1.0)
    places = np.arange(height)[:, None]
    band = (found.dark & (places > top) & (places < bottom)).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(band, connectivity=8)
    pieces = []
    for number in range(1, count):
        x, y, wide, tall, pixels = (int(value) for value in boxes[number])
        if pixels < _LEAST_PX:
            continue
        part = labels[y : y + tall, x : x + wide] == number
        rows, columns = np.arange(y, y + tall)[:, None], slice(x, x + wide)
        up = above is not None and found.inside[above, columns].any() and (part & (rows <= top[columns] + 1.5)).any()
        down = (
            below is not None and found.inside[below, columns].any() and (part & (rows >= bottom[columns] - 1.5)).any()
        )
        if up or down:
            pieces.append(Piece(y, x, part, above if up else None, below if down else None))
    return pieces


def _narrowest(part: Mask) -> int:
    """The pixel row in which a stroke is narrowest, its ends left out."""
    outer = np.where(part.any(axis=1), part.shape[1] - part.argmax(axis=1) - part[:, ::-1].argmax(axis=1), 0)
    widths = median_filter(outer.astype(np.float64), 5, mode="nearest")
    end = max(2, len(widths) // 5)
    if len(widths) <= 3 * end:
        return len(widths) // 2
    middle = widths[end:-end]
    return end + int(np.flatnonzero(middle == middle.min()).mean())


def _owner(piece: Piece, rule: Rule) -> int | None:
    first, second = (piece.below, piece.above) if rule == "lower" else (piece.above, piece.below)
    return first if first is not None else second


def _give(own: Mask, piece: Piece, first: int = 0, last: int | None = None) -> None:
    tall, wide = piece.part.shape
    rows = np.arange(tall)[:, None]
    given = piece.part & (rows >= first) & (rows < (tall if last is None else last))
    own[piece.y : piece.y + tall, piece.x : piece.x + wide] |= given


def _go_on(found: Between, own: list[Mask], rule: Rule) -> None:
    """A stroke that ends at the other row's line may go on beyond it: what follows there and is no wider is its own."""
    step = -1 if rule == "lower" else 1
    for number, band in enumerate(found.bands):
        for stroke in (piece for piece in band if piece.joins):
            row, other = (stroke.below, stroke.above) if rule == "lower" else (stroke.above, stroke.below)
            assert row is not None
            assert other is not None
            ends = stroke.columns(lower=rule == "upper")
            for next_ in found.bands[number + step] if 0 <= number + step < len(found.bands) else ():
                hangs = next_.below if rule == "lower" else next_.above
                begins = next_.columns(lower=rule == "lower")
                if next_.joins or hangs != other or not ends.size or not begins.size:
                    continue
                apart = begins.max() < ends.min() - 2 or begins.min() > ends.max() + 2
                if apart or np.ptp(begins) + 1 > _WIDER * (np.ptp(ends) + 1) + 1:
                    continue
                _pass(found, own, row, other, next_, (min(ends.min(), begins.min()), max(ends.max(), begins.max()) + 1))


def _pass(found: Between, own: list[Mask], row: int, other: int, piece: Piece, columns: tuple[int, int]) -> None:
    """Give a piece, and where the stroke crosses the other row's line, to the stroke's row."""
    tall, wide = piece.part.shape
    own[other][piece.y : piece.y + tall, piece.x : piece.x + wide] &= ~piece.part
    _give(own[row], piece)
    places, through = np.arange(found.dark.shape[0])[:, None], slice(*columns)
    crossing = np.abs(places - found.lines[other, through]) <= found.near + 1
    own[row][:, through] |= found.dark[:, through] & crossing
