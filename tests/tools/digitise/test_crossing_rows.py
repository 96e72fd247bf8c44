"""Rows whose complexes cross: each keeps its own, on drawings whose truth is known, and what is open is said."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calipers.leads import Lead
from calipers.models.tracer.windows import FINER, code_of
from calipers.tools.digitise.tracing import Row, Track, follow

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_WIDTH: Final = 720
_PEN: Final = 2
_LEADS: Final[tuple[Lead, ...]] = ("I", "II", "III")
#: Three rows so many pixels apart, 10 mm.
_ROWS: Final = (140.0, 200.0, 260.0)


def beats(r_mv: float, s_mv: float, t_mv: float) -> Float64:
    """(columns,) pixels upwards: a beat every 0.8 s at 25 mm/s and 10 mm/mV, with R, S and T so high."""
    since = np.arange(_WIDTH) % 120 - 40.0
    waves = ((r_mv, 0.0, 3.0), (-s_mv, 6.0, 3.0), (t_mv, 40.0, 14.0))
    return np.asarray(sum(60 * height * np.exp(-(((since - at) / wide) ** 2)) for height, at, wide in waves))


def drawn(heights: list[Float64]) -> Float32:
    """(h, w) ink of rows with these heights above their lines."""
    page = np.zeros((420, _WIDTH), np.uint8)
    for row, height in zip(_ROWS, heights, strict=True):
        line = np.c_[np.arange(_WIDTH), row - height]
        cv2.polylines(page, [np.round(line * 16).astype(np.int32)[:, None]], False, 255, _PEN, cv2.LINE_AA, shift=4)
    return (page / 255).astype(np.float32)


def read(heights: list[Float64], ink: Float32 | None = None) -> list[Track]:
    ink = drawn(heights) if ink is None else ink
    rows = [
        Row(line, (0, _WIDTH), np.full(_WIDTH, code_of(lead, inverted=False)))
        for line, lead in zip(_ROWS, _LEADS, strict=True)
    ]
    return follow(ink, ink, rows, threads=1)


def alike(tracks: list[Track], heights: list[Float64]) -> list[float]:
    """Correlation of each row's track with what was drawn."""
    pairs = zip(_ROWS, heights, tracks, strict=True)
    return [float(np.corrcoef(row - track.y_px[8:-8], height[8:-8])[0, 1]) for row, height, track in pairs]


@pytest.mark.parametrize(("one", "two"), [(0.5, 0.6), (0.4, 1.3), (0.9, 1.6)])
def test_each_row_keeps_its_complexes_where_they_reach_into_the_next(one: float, two: float) -> None:
    first, second = beats(one, 0.1, 0.15), beats(two, 0.2, 0.2)
    heights = [first, second, second - first]
    assert min(alike(read(heights), heights)) > 0.96


def test_a_line_that_meets_no_other_is_read_to_a_fifth_of_a_pixel() -> None:
    heights = [beats(0.5, 0.1, 0.1)] * 3
    tracks = read(heights)
    for row, height, track in zip(_ROWS, heights, tracks, strict=True):
        assert np.median(np.abs(row - height - track.y_px)) < 0.2
        assert np.max(row - np.nanmin(track.fine_px)) == pytest.approx(height.max(), abs=1.5)


def test_lost_ink_is_lost_and_not_another_rows() -> None:
    heights = [beats(0.5, 0.1, 0.1)] * 3
    ink = drawn(heights)
    ink[180:215, 280:310] = 0
    track = read(heights, ink)[1]
    assert np.isnan(track.y_px[285:305]).mean() >= 0.8
    assert np.isfinite(track.y_px[20:270]).all()


def test_what_two_strokes_leave_open_is_said() -> None:
    """Where a row's complexes cross another's quiet line its height is less sure than beside them."""
    heights = [beats(0.0, 0.0, 0.1), beats(1.6, 0.0, 0.1), beats(1.6, 0.0, 0.1)]
    track = read(heights)[1]
    since = np.arange(_WIDTH) % 120 - 40
    crossing, quiet = np.abs(since) < 6, since > 60
    assert track.error_px[crossing].mean() > 3 * track.error_px[quiet].mean()


def test_heights_at_finer_columns_go_with_those_of_pixels() -> None:
    (track, *_) = read([beats(0.5, 0.1, 0.1)] * 3)
    assert track.fine_px.shape == (_WIDTH, FINER)
    assert np.array_equal(track.fine_px[:, FINER // 2], track.y_px, equal_nan=True)
