"""What the network sees of one row: the ink around its quiet line, where other rows' lines run, and which leads stand there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from calipers.leads import LEADS, Lead

#: Ink so far above and below a row's quiet line may be its own, pixels.
REACH_PX: Final = 192
#: Pixels of a cell of the network, down and across.
FOLD: Final = (4, 2)
#: Heights that a line is given for each pixel column: a peak's tip is narrower than a pixel.
FINER: Final = 3
#: A window's columns are a multiple of so many pixels.
MULTIPLE: Final = 16
#: Numbers of leads: nothing known; the twelve; aVR upside down.
UNKNOWN: Final = 0
INVERTED: Final = len(LEADS) + 1
CODES: Final = len(LEADS) + 2

Byte = NDArray[np.uint8]
_Value = TypeVar("_Value", np.uint8, np.float32)


class Windows(NamedTuple):
    """Windows of rows on a page, the rows' quiet lines in their middle.

    Attributes:
        ink: (b, 1, 2 * REACH_PX, w) uint8, share of full ink, 255 for all.
        lines: (b, 2 * REACH_PX / FOLD[0]) float32, 1 where another row's quiet line runs.
        leads: (b, 3, w / FOLD[1]) int64, numbers of the row's own lead, of the one above and of the one below.
    """

    ink: Byte
    lines: NDArray[np.float32]
    leads: NDArray[np.int64]


def code_of(lead: Lead, *, inverted: bool) -> int:
    """A lead's number."""
    return INVERTED if inverted else LEADS.index(lead) + 1


def window(ink: Byte, row: int, lines_px: Sequence[float], leads: NDArray[np.int64], first: int, width: int) -> Windows:
    """One row's window, as a batch of one.

    Args:
        ink: (h, w) uint8 share of full ink of the page.
        row: whose.
        lines_px: each row's quiet line.
        leads: (rows, w) numbers of the leads in each row.
        first: the window's first column; it may begin before the page's.
        width: its columns, a multiple of `MULTIPLE`.
    """
    top = round(lines_px[row]) - REACH_PX
    part = cut(ink, top, first, width)
    lines = np.zeros(2 * REACH_PX // FOLD[0], np.float32)
    for other, line in enumerate(lines_px):
        place = (round(line) - top) // FOLD[0]
        if other != row and 0 <= place < lines.size:
            lines[place] = 1.0
    columns = np.clip(np.arange(first, first + width, FOLD[1]), 0, leads.shape[1] - 1)
    beside = [leads[k, columns] if 0 <= k < len(leads) else np.zeros_like(columns) for k in (row, row - 1, row + 1)]
    return Windows(part[None, None], lines[None], np.stack(beside)[None])


def cut(plane: NDArray[_Value], top: int, first: int, width: int) -> NDArray[_Value]:
    """(2 * REACH_PX, width) of a page's plane; nothing beyond the page."""
    part = np.zeros((2 * REACH_PX, width), plane.dtype)
    rows = slice(max(top, 0), max(min(top + 2 * REACH_PX, plane.shape[0]), 0))
    columns = slice(max(first, 0), max(min(first + width, plane.shape[1]), 0))
    found = plane[rows, columns]
    if found.size:
        y, x = rows.start - top, columns.start - first
        part[y : y + found.shape[0], x : x + found.shape[1]] = found
    return part
