"""Rows whose complexes cross: whose ink it is, and which reading makes an ECG, on drawings whose truth is known."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calipers.leads import Lead
from calipers.models.segmenter.segmenter import PX_MM
from calipers.tools.digitise.arrangement import Arranged, Cell
from calipers.tools.digitise.ownership import RULES, between, owned
from calipers.tools.digitise.readings import fitting
from calipers.tools.digitise.tracing import Track, follow

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_WIDTH: Final = 720
_SPAN: Final = (0, _WIDTH)
_PEN: Final = 3
#: Three rows 60 pixels apart; a complex every 144 pixels.
_ROWS: Final = (120.0, 180.0, 240.0)
_PITCH: Final = 60.0
_AT: Final = range(72, _WIDTH, 144)


def complexes(tall: float, half: int = 9) -> Float64:
    """(columns,) pixels upwards: triangles so tall, negative for an S wave."""
    beat = np.zeros(_WIDTH)
    for middle in _AT:
        beat[middle - half : middle + half + 1] = tall * (1 - np.abs(np.arange(-half, half + 1)) / half)
    return beat


def drawn(heights: list[Float64]) -> Float32:
    """(h, w) ink of rows with these heights above their lines."""
    page = np.zeros((360, _WIDTH), np.uint8)
    for row, height in zip(_ROWS, heights, strict=True):
        line = np.c_[np.arange(_WIDTH), row - height]
        cv2.polylines(page, [np.round(line * 16).astype(np.int32)[:, None]], False, 255, _PEN, cv2.LINE_AA, shift=4)
    return (page / 255).astype(np.float32)


def limb_page() -> Arranged:
    """One column of I, II and III."""
    leads: tuple[Lead, ...] = ("I", "II", "III")
    cells = tuple(Cell(lead, row, 0, False, 0.0, _WIDTH / PX_MM, False) for row, lead in enumerate(leads))
    return Arranged("3x1", cells, (3, 0), False)


def read(heights: list[Float64]) -> list[list[Track]]:
    ink = drawn(heights)
    return follow(ink, ink, list(_ROWS), _PITCH, [_SPAN] * len(_ROWS))


def away(tracks: list[Track], heights: list[Float64]) -> list[float]:
    """RMS distance of each row's track from what was drawn, pixels."""
    return [
        float(np.sqrt(np.nanmean((row - height - track.y_px) ** 2)))
        for row, height, track in zip(_ROWS, heights, tracks, strict=True)
    ]


def test_rows_that_meet_no_other_are_read_in_one_way() -> None:
    low = complexes(25.0)
    (only,) = read([low, low, low])
    assert max(away(only, [low, low, low])) < 1.0


def test_each_rule_gives_a_stroke_that_joins_two_rows_to_whom_it_says() -> None:
    ink = drawn([complexes(0.0), complexes(64.0), complexes(0.0)])
    paths = [np.full(_WIDTH, round(row)) for row in _ROWS]
    found = between(ink, paths, [_SPAN] * len(_ROWS), float(_PEN))
    assert found.joined == {0, 1}
    stroke = (slice(140, 165), slice(60, 84))
    shares = {rule: [int(mask[stroke].sum()) for mask in owned(found, rule)] for rule in RULES}
    assert shares["lower"][0] == 0 < shares["lower"][1]
    assert shares["upper"][1] == 0 < shares["upper"][0]
    assert all(share[2] == 0 for share in shares.values())


@pytest.mark.parametrize(("first", "second"), [(0.0, 66.0), (-52.0, 0.0), (20.0, 62.0)])
def test_limb_leads_tell_whose_a_stroke_is(first: float, second: float) -> None:
    heights = [complexes(first), complexes(second), complexes(second) - complexes(first)]
    if np.abs(heights[2]).max() > 100:
        heights[2] = complexes(0.0)
    readings = read(heights)
    assert len(readings) == 1 + len(RULES)
    chosen = fitting(readings, range(3), limb_page(), drawn(heights))
    assert max(away(chosen, heights)) <= max(away(readings[0], heights)) + 0.2
    assert max(away(chosen, heights)) < 4.0


def test_what_the_readings_disagree_on_is_marked() -> None:
    heights = [complexes(0.0), complexes(66.0), complexes(66.0)]
    readings = read(heights)
    chosen = fitting(readings, range(3), limb_page(), drawn(heights))
    marked = np.flatnonzero(chosen[0].shared)
    assert marked.size
    assert all(min(abs(place - middle) for middle in _AT) < 20 for place in marked)
