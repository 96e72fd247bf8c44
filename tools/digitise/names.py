"""Words read off a page: lead names and the printed scale, with their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.classes import GAINS, OTHER, SPEEDS, WORDS, lead_of
from calipers.models.segmenter.segmenter import COARSE, PX_MM

_MM: Final = COARSE / PX_MM
#: A word's cells and its mean probability, at least.
_LEAST_CELLS: Final = 5
_LEAST_CHANCE: Final = 0.4


class Found(NamedTuple):
    """A word, how sure it is (0–1), and its box in millimetres: left, middle height, right."""

    word: str
    chance: float
    x_mm: float
    y_mm: float
    right_mm: float


def find_words(words: NDArray[np.float32]) -> list[Found]:
    """Every lead name and scale word.

    Args:
        words: (len(WORDS), rows, columns) probabilities of the segmenter.
    """
    best = words.argmax(axis=0)
    found = []
    written = (words[1:].sum(axis=0) > 0.5).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(written, connectivity=8)
    for number in range(1, count):
        left, top, width, height, cells = boxes[number]
        if cells < _LEAST_CELLS:
            continue
        here = labels[top : top + height, left : left + width] == number
        # Neighbouring words may have grown together: each kind in the blot is looked at by itself.
        kinds = best[top : top + height, left : left + width]
        for kind in np.unique(kinds[here]):
            mine = here & (kinds == kind)
            if not 0 < kind < WORDS.index(OTHER) or mine.sum() < max(_LEAST_CELLS, 0.25 * here.sum()):
                continue
            rows, columns = np.nonzero(mine)
            chance = float(words[kind, top + rows, left + columns].mean()) * float(mine.sum() / here.sum())
            if chance < _LEAST_CHANCE * 0.5:
                continue
            found.append(
                Found(
                    WORDS[kind],
                    chance,
                    float(left + columns.min()) * _MM,
                    float(top + (rows.min() + rows.max() + 1) / 2) * _MM,
                    float(left + columns.max() + 1) * _MM,
                )
            )
    return found


def lead_names(found: Sequence[Found]) -> list[Found]:
    """Only the names of leads."""
    return [one for one in found if lead_of(one.word) is not None]


def printed(found: Sequence[Found], values: dict[str, float]) -> float | None:
    """The value that is printed most surely, of `SPEEDS` or `GAINS`; None where none is."""
    chances = {word: sum(one.chance for one in found if one.word == word) for word in values}
    word = max(chances, key=lambda one: chances[one])
    return values[word] if chances[word] >= _LEAST_CHANCE else None


def printed_speed(found: Sequence[Found]) -> float | None:
    """Paper speed in mm/s as printed."""
    return printed(found, SPEEDS)


def printed_gain(found: Sequence[Found]) -> float | None:
    """Gain in mm/mV as printed."""
    return printed(found, GAINS)
