"""Words read off a page: lead names and the printed scale, with their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.classes import GAINS, OTHER, SPEEDS, WORD, WORDS, lead_of
from calipers.models.segmenter.segmenter import COARSE, PX_MM, Segmented, inks
from calipers.models.segmenter.word_reader import Box, read_words

#: Where the segmenter sees something written at all.
_WRITTEN: Final = 0.3
_PLAINLY: Final = 0.6
_LEAST_CELLS: Final = 3
#: Heights and widths of words worth reading, in millimetres.
_TALLEST_MM, _WIDEST_MM = 9.0, 40.0
#: Probability of a word that counts as read.
_LEAST_CHANCE: Final = 0.5
#: A name read less surely than this contradicts nothing and moves no column.
SURELY: Final = 0.75
_GROWN_MM: Final = 0.3
#: A trace may run through a word, but not along so much of it.
_INK: Final = 0.5
_MOST_TRACED: Final = 0.5


class Found(NamedTuple):
    """A word, how sure it is (0–1), and its box in millimetres: left, middle height, right."""

    word: str
    chance: float
    x_mm: float
    y_mm: float
    right_mm: float


def find_words(page: NDArray[np.uint8], parts: Segmented, *, threads: int = 2) -> list[Found]:
    """Every lead name and scale word.

    Args:
        page: (h, w, 3) flat page.
        parts: of it, by the segmenter.
        threads: of the network.
    """
    boxes = _boxes(1.0 - parts.words[0])
    chances = read_words(inks(page), boxes, threads=threads)
    found = []
    for box, row in zip(boxes, chances, strict=True):
        word = int(row.argmax())
        if 0 < word < WORD[OTHER] and row[word] >= _LEAST_CHANCE and not _is_traced(box, parts.trace):
            middle = (box.top + box.bottom) / 2
            found.append(Found(WORDS[word], float(row[word]), *(v / PX_MM for v in (box.left, middle, box.right))))
    return _once(found)


def _is_traced(box: Box, trace: NDArray[np.float32]) -> bool:
    """Whether what looks like letters is complexes: `II` is two tall strokes."""
    left, top, right, bottom = (max(0, round(side)) for side in box)
    part = trace[top:bottom, left:right] > _INK
    return bool(part.size) and float(part.any(axis=0).mean()) > _MOST_TRACED


def _boxes(written: NDArray[np.float32]) -> list[Box]:
    """Boxes of what is written, in pixels, by a generous and by a strict look: each may join or cut words."""
    boxes: list[Box] = []
    for limit in (_WRITTEN, _PLAINLY):
        count, _, stats, _ = cv2.connectedComponentsWithStats((written > limit).astype(np.uint8), connectivity=8)
        for left, top, width, height, cells in stats[1:count]:
            tall, wide = height * COARSE / PX_MM, width * COARSE / PX_MM
            if cells >= _LEAST_CELLS and tall <= _TALLEST_MM and wide <= _WIDEST_MM:
                grown = _GROWN_MM * PX_MM
                x, y = left * COARSE - grown, top * COARSE - grown
                boxes.append(Box(x, y, x + width * COARSE + 2 * grown, y + height * COARSE + 2 * grown))
    return boxes


def _once(found: Sequence[Found]) -> list[Found]:
    """Of readings of one place the surest."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda word: -word.chance):
        if not any(abs(one.y_mm - k.y_mm) < 2.5 and one.x_mm < k.right_mm and k.x_mm < one.right_mm for k in kept):
            kept.append(one)
    return kept


def lead_names(found: Sequence[Found]) -> list[Found]:
    """Only the names of leads."""
    return [one for one in found if lead_of(one.word) is not None]


class Printed(NamedTuple):
    """A value that is printed on the page, and how surely it was read."""

    value: float
    chance: float


def printed(found: Sequence[Found], values: dict[str, float]) -> Printed | None:
    """The value that is printed most surely, of `SPEEDS` or `GAINS`; None where none is."""
    chances = {word: sum(one.chance for one in found if one.word == word) for word in values}
    word = max(chances, key=lambda one: chances[one])
    return Printed(values[word], min(chances[word], 1.0)) if chances[word] else None


def printed_speed(found: Sequence[Found]) -> Printed | None:
    """Paper speed in mm/s as printed."""
    return printed(found, SPEEDS)


def printed_gain(found: Sequence[Found]) -> Printed | None:
    """Gain in mm/mV as printed."""
    return printed(found, GAINS)
