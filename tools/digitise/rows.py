"""Rows of traces: where quiet lines hold a page's ink, and from where to where each runs."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from calipers.models.segmenter.segmenter import PX_MM
from calipers.tools.digitise.columns import Row

Float32 = NDArray[np.float32]
Box = tuple[float, float, float, float]

_LEAST_PITCH_MM: Final = 6.5
_ROW_SHARE: Final = 0.22
LEAST_ROW_MM: Final = 25.0
#: Probability of what counts as seen.
_SEEN: Final = 0.4
#: How far the network's ink stands beyond a line's end.
_HALF_PEN_MM: Final = 0.25
_LEAST_STROKE_MM: Final = 1.5
#: The network's ink is wider than the pen's by so much.
_EDGE_PX: Final = 2
#: This far beyond the grid a row's ink is its own only where it is unbroken over such a share of its length.
_BEYOND_MM: Final = 9.0
_UNBROKEN: Final = 0.8
#: So many rows' distances from the last row on the grid there is no row.
_FAR: Final = 1.5


def strokes(trace: Float32, pen: Float32) -> Float32:
    """(h, w) the trace's probability where the pen drew a stroke, to its edges.

    A copy's specks are none, nor is a trace that the network has run on along a line of the grid.

    Args:
        trace: (h, w) probability.
        pen: (h, w) share of it that the pen covers.
    """
    _, labels, boxes, _ = cv2.connectedComponentsWithStats((pen > _SEEN).astype(np.uint8), connectivity=8)
    long = boxes[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= _LEAST_STROKE_MM * PX_MM
    long[0] = False
    near = cv2.dilate(long[labels].astype(np.uint8), np.ones((1, 2 * _EDGE_PX + 1), np.uint8))
    return np.where(near > 0, trace, 0.0).astype(np.float32)


def find_rows(trace: Float32, drawn: Float32, grid_mm: Box | None = None) -> list[Row]:
    """Rows from the ink's profile; quiet lines hold most of a trace's ink.

    Args:
        trace: (h, w) probability.
        drawn: (h, w) that of `strokes`.
        grid_mm: left, top, right, bottom of the printed grid, where it is known.
    """
    ink = np.where(trace > _SEEN, trace, 0.0)
    # A column's steep strokes count once, so that rows of tall complexes do not spread.
    flat = ink / np.maximum(ink.sum(axis=0, keepdims=True) / 12.0, 1.0)
    profile = gaussian_filter1d(flat.sum(axis=1), 0.7 * PX_MM)
    if not profile.any():
        return []
    wide = gaussian_filter1d(flat.sum(axis=1), 1.6 * PX_MM)
    peaks, _ = find_peaks(
        wide,
        distance=_LEAST_PITCH_MM * PX_MM,
        height=_ROW_SHARE * float(wide.max()),
        prominence=0.12 * float(wide.max()),
    )
    rows = []
    for number, peak in enumerate(peaks):
        above = peaks[number - 1] if number else -(10**6)
        below = peaks[number + 1] if number + 1 < len(peaks) else 10**6
        half = min(peak - above, below - peak, 24 * PX_MM) / 2
        band = drawn[max(0, int(peak - half)) : int(peak + half) + 1].max(axis=0) > _SEEN
        extent = _extent(band if grid_mm is None else _on_paper(band, peak / PX_MM, grid_mm))
        if extent is not None and extent[1] - extent[0] >= LEAST_ROW_MM * PX_MM:
            # Ink begins half a pen before its line.
            ends = extent[0] / PX_MM + _HALF_PEN_MM, extent[1] / PX_MM - _HALF_PEN_MM
            rows.append(Row(peak / PX_MM, *ends))
    return rows if grid_mm is None else _together(rows, grid_mm)


def _together(rows: list[Row], grid_mm: Box) -> list[Row]:
    """The rows on the grid, and beyond it those that stand at no greater distance."""
    _, top, _, bottom = grid_mm
    inside = [row for row in rows if top - _BEYOND_MM < row.y_mm < bottom + _BEYOND_MM]
    if len(inside) < 2:
        return rows
    far = _FAR * float(np.median(np.diff([row.y_mm for row in inside])))
    low, high = inside[0].y_mm - far, inside[-1].y_mm + far
    return [row for row in rows if low < row.y_mm < high]


def _on_paper(band: NDArray[np.bool_], y_mm: float, grid_mm: Box) -> NDArray[np.bool_]:
    """A row's ink without what lies in specks beyond the ruled paper: a line of print, the table the page lies on."""
    left, top, right, bottom = grid_mm
    first, last = (round(np.clip(x * PX_MM, 0, band.size)) for x in (left - _BEYOND_MM, right + _BEYOND_MM))
    kept = band.copy()
    beyond = [slice(0, first), slice(last, band.size)]
    if not top - _BEYOND_MM < y_mm < bottom + _BEYOND_MM:
        beyond.append(slice(first, last))
    for part in beyond:
        ink = np.flatnonzero(band[part])
        if ink.size and band[part][ink[0] : ink[-1] + 1].mean() < _UNBROKEN:
            kept[part] = False
    return kept


def _extent(band: NDArray[np.bool_]) -> tuple[int, int] | None:
    """First and last column of a row's ink, specks beyond a wide gap left out."""
    columns = np.flatnonzero(band)
    if not columns.size:
        return None
    parts = np.split(columns, np.flatnonzero(np.diff(columns) > 9 * PX_MM) + 1)
    most = max(part.size for part in parts)
    kept = [part for part in parts if part.size > max(4 * PX_MM, 0.04 * most)]
    return (int(kept[0][0]), int(kept[-1][-1]) + 1) if kept else None
