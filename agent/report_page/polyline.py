"""A lead as a short SVG path that no eye tells from all of its samples."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]

#: How far a straight line may pass from the samples it stands for; the line itself is 0.34 mm wide.
TOLERANCE_MM: Final = 0.04
#: Extremes are kept per column this wide: less than a pixel at true scale on a screen.
COLUMN_MM: Final = 0.2


def svg_path(x_mm: Line, y_mm: Line, tolerance_mm: float = TOLERANCE_MM) -> str:
    """The path of one lead, relative moves in hundredths of a millimetre; NaN leaves a gap.

    Args:
        x_mm: (n,) ascending.
        y_mm: (n,) NaN where not recorded.
        tolerance_mm: how far a sample may lie from the line.
    """
    recorded = np.isfinite(y_mm)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], recorded, [False])).astype(np.int8)))
    out = []
    for first, stop in edges.reshape(-1, 2):
        keep = first + simplified(x_mm[first:stop], y_mm[first:stop], tolerance_mm)
        out.append(_moves(x_mm[keep], y_mm[keep]))
    return "".join(out)


def simplified(x: Line, y: Line, tolerance: float) -> NDArray[np.intp]:
    """Indices of the samples to keep, so that no peak is blunted and no eye sees a difference.

    Of each narrow column the lowest and the highest sample count; of those, one is dropped while a single
    straight line from the last kept one passes within `tolerance` of everything since.
    """
    candidates = _column_extremes(x, y)
    xs, ys = x[candidates].tolist(), y[candidates].tolist()
    kept = [0]
    from_x, from_y = xs[0], ys[0]
    low, high = -np.inf, np.inf
    for i in range(1, len(xs)):
        run = xs[i] - from_x
        slope = (ys[i] - from_y) / run
        if not low <= slope <= high:
            kept.append(i - 1)
            from_x, from_y = xs[i - 1], ys[i - 1]
            run = xs[i] - from_x
            slope = (ys[i] - from_y) / run
            low, high = -np.inf, np.inf
        spread = tolerance / run
        # min and max would take half of the loop's time.
        if slope - spread > low:
            low = slope - spread
        if slope + spread < high:
            high = slope + spread
    if kept[-1] != len(xs) - 1:
        kept.append(len(xs) - 1)
    return candidates[kept]


def _column_extremes(x: Line, y: Line) -> NDArray[np.intp]:
    """Lowest and highest sample of each narrow column, in order, and the two ends."""
    if x.size < 3:
        return np.arange(x.size)
    column = np.floor((x - x[0]) / COLUMN_MM + 1e-9).astype(np.int64)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    ends = np.append(starts[1:], x.size) - 1
    by_height = np.lexsort((y, column))
    # Sorted by column and then height, a column's first is its lowest and its last its highest.
    return np.unique(np.concatenate(([0], by_height[starts], by_height[ends], [x.size - 1])))


def _moves(x_mm: Line, y_mm: Line) -> str:
    px = np.round(x_mm * 100).astype(np.int64)
    py = np.round(y_mm * 100).astype(np.int64)
    if px.size == 1:
        return f"M{px[0]} {py[0]}h1"
    steps = np.column_stack((np.diff(px), np.diff(py))).ravel().tolist()
    return f"M{px[0]} {py[0]}l{' '.join(map(str, steps)).replace(' -', '-')}"
