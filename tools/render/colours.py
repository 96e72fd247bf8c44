"""What a sheet is drawn with, and the 256 colours of a small picture of it."""

from __future__ import annotations

from functools import cache
from typing import Final

WHITE: Final = "#ffffff"
PAPER: Final = "#fffafa"
THIN: Final = "#f6cfcf"
THICK: Final = "#e59a9a"
INK: Final = "#101418"
QUIET: Final = "#4a4f55"
WARNING: Final = "#a30000"
#: Dark enough for 7:1 on the paper, apart in lightness and hue also for red-green colour blindness.
CALIPERS: Final = ("#0b3d91", "#00574b", "#6a1b7a", "#7a3b00")


@cache
def palette() -> tuple[int, ...]:
    """Red, green and blue of every colour, and of as many steps between two as a smooth edge needs, at most 256."""
    edges = [(PAPER, INK, 24), (THIN, INK, 12), (THICK, INK, 12), (PAPER, QUIET, 12), (PAPER, WARNING, 12)]
    edges += [(PAPER, THIN, 12), (PAPER, THICK, 12), (THIN, THICK, 8)]
    for caliper in CALIPERS:
        edges += [(PAPER, caliper, 16), (THIN, caliper, 6), (THICK, caliper, 6)]
    steps = [_between(first, second, at / last) for first, second, last in edges for at in range(last + 1)]
    return tuple(part for colour in dict.fromkeys([_rgb(WHITE), *steps]) for part in colour)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _between(first: str, second: str, share: float) -> tuple[int, ...]:
    return tuple(round(a + (b - a) * share) for a, b in zip(_rgb(first), _rgb(second), strict=True))
