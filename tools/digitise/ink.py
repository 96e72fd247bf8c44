"""How much of each traced pixel the pen covers: the network's mask is wider than a thin pen, the picture is not."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.segmenter import inks

Float32 = NDArray[np.float32]

#: Pixels that are trace for certain, and none for certain.
_TRACE, _PAPER = 0.5, 0.05
#: Of darkness along the trace and of everything else: full ink, and the darkest of the grid.
_FULL: Final = 0.85
_GRID: Final = 0.97
#: A grid darker than this share of the trace hides where the pen ends.
_MOST_GRID: Final = 0.5
#: Full ink is the darkest within so many pixels, but at least this share of the page's.
_AROUND_PX: Final = 7
_LEAST_FULL: Final = 0.5
#: Power of the share: half-covered pixels beside the pen are not its ink.
_STEEP: Final = 2.0


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
    for channel in inks(page):
        dark = channel.astype(np.float32)
        full, grid = float(np.quantile(dark[certain], _FULL)), float(np.quantile(dark[paper], _GRID))
        if full > 0 and (best is None or grid / full < best[0]):
            best = grid / full, dark, full
    if best is None or best[0] > _MOST_GRID:
        return trace
    _, dark, full = best
    near = cv2.dilate(dark, np.ones((_AROUND_PX, _AROUND_PX), np.uint8)).astype(np.float32)
    share = dark / np.maximum(near, _LEAST_FULL * full)
    shown: Float32 = np.minimum(trace, np.clip(share, 0.0, 1.0) ** _STEEP).astype(np.float32)
    return shown
