"""Where the traces run on a sheet, so that labels can keep off them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.tools.render.boxes import Boxes, Sides
from calipers.tools.render.layout import Sheet, Strip


class Ink:
    """Trace length summed over a sheet in cells of half a millimetre."""

    CELL_MM: Final = 0.5

    def __init__(self, sheet: Sheet, ecg: Ecg) -> None:
        self._lines = {strip: sheet.polyline(strip, ecg) for strip in sheet.strips}
        columns, rows = (int(size / self.CELL_MM) + 2 for size in (sheet.width_mm, sheet.height_mm))
        cells = np.zeros(rows * columns)
        for x, y in self._lines.values():
            # Length along the trace, not along x: a QRS is narrow and the last thing a label may hide.
            length = np.hypot(np.diff(x), np.diff(y))
            on = np.isfinite(length) & (y[1:] > 0) & (y[1:] < sheet.height_mm)
            cell = (y[1:][on] / self.CELL_MM).astype(int) * columns + (x[1:][on] / self.CELL_MM).astype(int)
            cells += np.bincount(cell, weights=length[on], minlength=cells.size)
        # A summed-area table: the ink under any box is four look-ups.
        self._table = np.pad(cells.reshape(rows, columns).cumsum(0).cumsum(1), ((1, 0), (1, 0)))

    def under(self, boxes: Boxes) -> Sides:
        """(n,) millimetres of trace that run through boxes on the sheet, their sides to the nearest half millimetre."""
        left, top, right, bottom = (np.rint(side / self.CELL_MM).astype(int) for side in boxes)
        right, bottom = np.maximum(right, left + 1), np.maximum(bottom, top + 1)
        table = self._table
        covered: NDArray[np.float64] = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
        return covered

    def range_mm(self, strip: Strip, x0: float, x1: float) -> tuple[float, float]:
        """Highest and lowest point (smallest and largest y) of one strip between two x."""
        x, y = self._lines[strip]
        first, stop = np.searchsorted(x, (x0, x1))
        part = y[first:stop][np.isfinite(y[first:stop])]
        if not part.size:
            return strip.baseline_mm, strip.baseline_mm
        return float(part.min()), float(part.max())
