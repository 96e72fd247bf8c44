"""What the lines of a page have drawn, as far as they are known: what the second network sees beside the ink."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calipers.models.tracer.windows import FINER, FOLD, REACH_PX, cut

#: A pen reaches so many pixels above and below its middle.
_PEN_PX = 2

Float32 = NDArray[np.float32]


def passed(chance: Float32) -> Float32:
    """How likely a line passed each cell.

    Args:
        chance: (h, w * FINER) of a row's line to be at each height.

    Returns:
        (h, w / FOLD[1]) in 0–1: what lies between the line's places in neighbouring columns is drawn too.
    """
    below = np.cumsum(chance[:, FINER // 2 :: FINER], axis=0)
    padded = np.pad(below, ((_PEN_PX + 1, _PEN_PX), (0, 0)), mode="edge")
    padded[: _PEN_PX + 1] = 0.0
    near = padded[2 * _PEN_PX + 1 :] - padded[: -2 * _PEN_PX - 1]
    between = np.abs(np.diff(below, axis=1))
    near[:, 1:] = np.maximum(near[:, 1:], between)
    near[:, :-1] = np.maximum(near[:, :-1], between)
    height, width = near.shape
    return near.reshape(height, width // FOLD[1], FOLD[1]).max(axis=2)


def drawn(rows: Sequence[Float32], lines_px: Sequence[float]) -> list[Float32]:
    """What each row's line, and what all others', drew in its window.

    Args:
        rows: `passed` of each row of a page, in the row's window.
        lines_px: each row's quiet line.

    Returns:
        of each row (1, 2, h / FOLD[0], w / FOLD[1]).
    """
    tops = [round(line) - REACH_PX for line in lines_px]
    first, width = min(tops), rows[0].shape[1]
    page = np.zeros((max(tops) - first + 2 * REACH_PX, width), np.float32)
    for row, top in zip(rows, tops, strict=True):
        page[top - first : top - first + 2 * REACH_PX] += row
    found = []
    for row, top in zip(rows, tops, strict=True):
        others = np.clip(cut(page, top - first, 0, width) - row, 0.0, 1.0)
        cells = np.stack((row, others)).reshape(2, 2 * REACH_PX // FOLD[0], FOLD[0], width).max(axis=2)
        found.append(cells[None].astype(np.float32))
    return found
