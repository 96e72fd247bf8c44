"""Which lead a rhythm strip shows: its name may be misread, but it repeats what stands above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from calipers.leads import Lead
from calipers.tools.digitise.arrangement import Arranged, Cell
from calipers.tools.digitise.columns import Row
from calipers.tools.digitise.signals import Leads
from calipers.tools.digitise.trust import agreement

#: A strip that agrees less than this with the lead it is named for, and more with another, shows that one.
_UNLIKE: Final = 0.6
_LIKE: Final = 0.9
_NO_LEAD: Final = 0.4


def with_strips_by_signal(arranged: Arranged, leads: Leads, rows: Sequence[Row]) -> Arranged:
    """The same order, strips whose signal repeats another lead than the one named taken for that one.

    What repeats no lead at all is no strip but print, or the edge of the table the page lies on.

    Args:
        arranged: the page's order.
        leads: as read in that order.
        rows: of the page.
    """
    columns = [one for one, part in zip(leads.stretches, leads.segments, strict=True) if not part.strip]
    shown: dict[Cell, Lead | None] = {}
    for stretch, part in zip(leads.stretches, leads.segments, strict=True):
        own = [cell for cell in arranged.cells if cell.strip and cell.lead == part.lead]
        alike = {column[0]: agreement(stretch, column) or 0.0 for column in columns}
        best = max(alike, key=lambda lead: alike[lead], default=part.lead)
        if not (part.strip and own and alike) or alike.get(part.lead, 0.0) >= _UNLIKE:
            continue
        cell = min(own, key=lambda cell: abs(rows[cell.row].y_mm - part.baseline_mm))
        if alike[best] > _LIKE:
            shown[cell] = best
        elif alike[best] < _NO_LEAD:
            shown[cell] = None
    read = ((cell, shown.get(cell, cell.lead)) for cell in arranged.cells)
    cells = tuple(cell._replace(lead=lead) for cell, lead in read if lead is not None)
    columns_named, plus, _ = arranged.name.partition("+")
    left = sum(cell.strip for cell in cells)
    return arranged._replace(name=columns_named + (f"+{left}" if plus and left else ""), cells=cells)
