"""How much of each traced pixel the pen covers: the network's mask is wider than a thin pen, the picture is not."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

#: Pixels that are trace for certain, some trace, and none for certain.
_TRACE, _SOME, _PAPER = 0.8, 0.3, 0.05
#: Paper is the median over a window of so many pixels, taken at a quarter of the scale.
_COARSER, _AROUND = 0.25, 13
#: Of darkness along the trace and of everything else: full ink, and the darkest of the grid.
_FULL: Final = 0.6
_GRID: Final = 0.97
#: A grid darker than this share of the trace hides where the pen ends.
_MOST_GRID: Final = 0.6
#: Full ink is the darkest within so many pixels, but at least this share of the page's.
_NEAR_PX: Final = 7
_LEAST_FULL: Final = 0.6


def pen_ink(page: NDArray[np.uint8], trace: Float32) -> Float32:
    """(h, w) in 0–1: the trace's probability, no more than the share of full ink that the picture shows there.

    On a page whose grid is nearly as dark as its trace (a black and white copy) the probability stays as it is.

    Args:
        page: (h, w, 3) uint8 that was segmented.
        trace: (h, w) probability.
    """
    certain, paper = trace > _TRACE, trace < _PAPER
    if not certain.any() or not paper.any():
        return trace
    best: tuple[float, Float32, float] | None = None
    for channel in range(3):
        dark = _darkness(np.ascontiguousarray(page[..., channel]))
        full, grid = float(np.quantile(dark[certain], _FULL)), float(np.quantile(dark[paper][::31], _GRID))
        if full > 0 and (best is None or grid / full < best[0]):
            best = grid / full, dark, full
    if best is None or best[0] > _MOST_GRID:
        return trace
    _, dark, full = best
    near = cv2.dilate(np.where(trace > _SOME, dark, 0.0).astype(np.float32), np.ones((_NEAR_PX, _NEAR_PX), np.uint8))
    shown: Float32 = np.minimum(trace, np.clip(dark / np.maximum(near, _LEAST_FULL * full), 0.0, 1.0))
    return shown.astype(np.float32)


def _darkness(channel: NDArray[np.uint8]) -> Float32:
    """How much darker each pixel is than the paper around it; a median, which tall complexes do not darken."""
    small = cv2.resize(channel, None, fx=_COARSER, fy=_COARSER, interpolation=cv2.INTER_AREA).astype(np.uint8)
    paper = cv2.resize(cv2.medianBlur(small, _AROUND), channel.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.maximum(paper.astype(np.float32) - channel, 0.0).astype(np.float32)
