"""Where the traces run on a sheet, so that labels can keep off them."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.tools.render.layout import Box, Sheet, Strip


class Ink:
    """Trace length summed over a sheet in cells of half a millimetre."""

    CELL_MM: Final = 0.5

    def __init__(self, sheet: Sheet, ecg: Ecg) -> None:
        self._lines = [sheet.polyline(strip, ecg) for strip in sheet.strips]
        self._strips = sheet.strips
        columns, rows = (int(size / self.CELL_MM) + 2 for size in (sheet.width_mm, sheet.height_mm))
        cells = np.zeros(rows * columns)
        for x, y in self._lines:
            # Length along the trace, not along x: a QRS is narrow and the last thing a label may hide.
            length = np.hypot(np.diff(x), np.diff(y))
            on = np.isfinite(length) & (y[1:] > 0) & (y[1:] < sheet.height_mm)
            cell = (y[1:][on] / self.CELL_MM).astype(int) * columns + (x[1:][on] / self.CELL_MM).astype(int)
            cells += np.bincount(cell, weights=length[on], minlength=cells.size)
        # A summed-area table: the ink under any box is four look-ups.
        table = np.pad(cells.reshape(rows, columns).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        # Lists, because single cells are looked up, tens of thousands of times a page.
        self._table: list[list[float]] = table.tolist()

    def under(self, box: Box) -> float:
        """Millimetres of trace that run through a box on the sheet, to the nearest half millimetre."""
        x0, x1 = round(box.x0 / self.CELL_MM), max(round(box.x0 / self.CELL_MM) + 1, round(box.x1 / self.CELL_MM))
        y0, y1 = round(box.y0 / self.CELL_MM), max(round(box.y0 / self.CELL_MM) + 1, round(box.y1 / self.CELL_MM))
        table = self._table
        return table[y1][x1] - table[y0][x1] - table[y1][x0] + table[y0][x0]

    def range_mm(self, strip: Strip, x0: float, x1: float) -> tuple[float, float]:
        """Highest and lowest point (smallest and largest y) of one strip between two x."""
        x, y = self._lines[self._strips.index(strip)]
        first, stop = np.searchsorted(x, (x0, x1))
        part = y[first:stop][np.isfinite(y[first:stop])]
        if not part.size:
            return strip.baseline_mm, strip.baseline_mm
        return float(part.min()), float(part.max())
