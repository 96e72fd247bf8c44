"""An order that no printed page is known to have, or a part of a page: each name that was read opens a stretch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from calipers.errors import PictureNotDigitised
from calipers.leads import Lead
from calipers.models.segmenter.classes import INVERTED_AVR, lead_of
from calipers.tools.digitise.arrangement import Arranged, Cell
from calipers.tools.digitise.columns import Row
from calipers.tools.digitise.names import Found
from calipers.tools.digitise.rows import LEAST_ROW_MM

#: Names whose places are this near one another stand below one another.
_BELOW_MM: Final = 8.0


def by_names_alone(rows: Sequence[Row], names: Sequence[Found], pitch: float) -> Arranged:
    """Any other order: each name opens a stretch that runs to where any row's next name stands, or to the row's end.

    What follows on a row without a name of its own there is nobody's. A row with one name that another row has too is
    that lead's rhythm strip.

    Args:
        rows: from the top.
        names: of leads, as read.
        pitch: the rows' distance, millimetres.

    Raises:
        PictureNotDigitised: no name is near a row.
    """
    by_row: dict[int, list[Found]] = {}
    for name in names:
        away = [row.y_mm - 0.3 * pitch - name.y_mm for row in rows]
        row = int(np.abs(away).argmin())
        if abs(away[row]) < 0.7 * pitch:
            by_row.setdefault(row, []).append(name)
    opens = _opens([name for found in by_row.values() for name in found])
    cells: list[Cell] = []
    for row, found in sorted(by_row.items()):
        others = {name.word for other, own in by_row.items() if other != row for name in own}
        strip = len(found) == 1 and found[0].word in others and row == max(by_row)
        for name in found:
            column = int(np.abs(np.array(opens) - name.x_mm).argmin())
            start = opens[column] - 1.0 if column else rows[row].left_mm
            end = opens[column + 1] - 1.0 if column + 1 < len(opens) and not strip else rows[row].right_mm
            lead = lead_of(name.word)
            if lead is not None and end - start >= LEAST_ROW_MM:
                cells.append(Cell(lead, row, column, strip, start, end, inverted=name.word == INVERTED_AVR))
    if not cells:
        raise PictureNotDigitised(
            f"found {len(rows)} rows of traces and no readable lead name; needed names, or rows in a usual order",
            "leads",
        )
    kept: dict[Lead, Cell] = {}
    for cell in cells:
        if cell.lead not in kept or cell.right_mm - cell.left_mm > kept[cell.lead].right_mm - kept[cell.lead].left_mm:
            kept[cell.lead] = cell
    columns = 1 + max(cell.column for cell in kept.values())
    named = len(kept), len(names) - len(kept)
    return Arranged(f"{len(by_row)}x{columns}", tuple(kept.values()), named, guessed=False, unusual=True)


def _opens(names: Sequence[Found]) -> list[float]:
    """Where columns begin: the places at which names stand below one another, in millimetres."""
    places = sorted(name.x_mm for name in names)
    groups: list[list[float]] = []
    for place in places:
        if groups and place - groups[-1][-1] < _BELOW_MM:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [float(np.median(group)) for group in groups]
