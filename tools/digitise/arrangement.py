"""The stretches of leads that a printed order puts on a page: which row, which column, from where to where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.leads import Lead
from calipers.models.segmenter.classes import lead_of
from calipers.models.segmenter.layouts import Arrangement
from calipers.tools.digitise.columns import Row, Side, column_bounds, usual_s
from calipers.tools.digitise.names import SURELY, Found

Float32 = NDArray[np.float32]

#: Rows whose ink begins this near one another began together.
_ONE_START_MM: Final = 4.0
#: Names of columns that stand at one distance are this near it; a misread one is a column away.
_IN_LINE_MM: Final = 2.0
#: A name stands this near its row, in rows' distances.
_NEAR_ROW: Final = 0.75


class Cell(NamedTuple):
    """A stretch of one lead: which row, from where to where; `inverted` for Cabrera's -aVR."""

    lead: Lead
    row: int
    column: int
    strip: bool
    left_mm: float
    right_mm: float
    inverted: bool


class Arranged(NamedTuple):
    """A page's order.

    Attributes:
        name: such as `3x4+1`.
        cells: every stretch.
        named: how many stretches' names were read and agree, and how many were read and do not.
        guessed: the order is the usual one, not read.
        unusual: no usual order agrees with the names; each was taken by itself.
    """

    name: str
    cells: tuple[Cell, ...]
    named: tuple[int, int]
    guessed: bool
    unusual: bool = False


def cells_of(
    arrangement: Arrangement,
    rows: Sequence[Row],
    strips: int,
    names: Sequence[Found],
    trace: Float32,
    speed_mm_s: float,
    pulses: Side | None,
) -> tuple[Cell, ...]:
    """Every stretch of an arrangement on these rows, strips below it; strips are lead II until their names are looked at.

    Args:
        arrangement: of the rows that have columns.
        rows: of the page, from the top.
        strips: how many of them, the last ones, are strips.
        names: of leads, as read.
        trace: (h, w) probability.
        speed_mm_s: of the paper.
        pulses: on which side of the rows calibration pulses stand.
    """
    grid_rows = rows[: len(arrangement.rows)]
    bounds = column_bounds(
        arrangement.columns,
        grid_rows,
        trace,
        speed_mm_s,
        names_mm=_names_mm(arrangement, names, grid_rows),
        pulses=pulses,
    )
    cells = [
        Cell(lead, r, c, False, *bounds[c], inverted=arrangement.cabrera and lead == "aVR")
        for r, leads in enumerate(arrangement.rows)
        for c, lead in enumerate(leads)
    ]
    for k in range(strips):
        row = rows[len(arrangement.rows) + k]
        # Ink before the columns is no strip's.
        start = bounds[0][0] if row.left_mm < bounds[0][0] + _ONE_START_MM else row.left_mm
        seconds, whole_s = (row.right_mm - start) / speed_mm_s, sum(end - begin for begin, end in bounds) / speed_mm_s
        end = start + (whole_s if seconds > whole_s else usual_s(seconds)) * speed_mm_s
        cells.append(Cell("II", len(arrangement.rows) + k, 0, True, start, end, inverted=False))
    return tuple(cells)


def _names_mm(arrangement: Arrangement, names: Sequence[Found], rows: Sequence[Row]) -> dict[int, float]:
    """Where the names of each column's leads stand, of those near their own row that agree on one distance of columns."""
    pitch = float(np.median(np.diff([row.y_mm for row in rows]))) if len(rows) > 1 else 30.0
    places = [
        (column, name.x_mm)
        for row, leads in zip(rows, arrangement.rows, strict=True)
        for column, lead in enumerate(leads)
        for name in names
        if lead_of(name.word) == lead and name.word != "I" and name.chance >= SURELY
        if abs(name.y_mm - row.y_mm) < _NEAR_ROW * pitch
    ]
    agreeing = [
        [(c, x) for c, x in places if abs(first + (c - column) * (last - first) / (other - column) - x) < _IN_LINE_MM]
        for column, first in places
        for other, last in places
        if other > column and last > first
    ]
    kept = max(agreeing, key=len, default=places)
    return {column: float(np.median([x for c, x in kept if c == column])) for column in dict(kept)}
