"""Which leads stand where on printed pages: rows and columns, in standard or Cabrera order."""

from __future__ import annotations

from typing import Final, NamedTuple

from calipers.leads import CHEST, LEADS, Lead

#: Cabrera's limb leads run round the frontal plane from aVL; aVR is drawn upside down, as -aVR.
CABRERA_LIMB: Final[tuple[Lead, ...]] = ("aVL", "I", "aVR", "II", "aVF", "III")


class Arrangement(NamedTuple):
    """Leads in rows and columns.

    Attributes:
        name: rows x columns, with ` Cabrera` where it is.
        rows: the lead of each column in each row, from the top.
        cabrera: limb leads in Cabrera's order, aVR upside down.
    """

    name: str
    rows: tuple[tuple[Lead, ...], ...]
    cabrera: bool

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.rows[0])


def _arranged(columns: int, *, cabrera: bool) -> Arrangement:
    leads = (*CABRERA_LIMB, *CHEST) if cabrera else LEADS
    count = 12 // columns
    rows = tuple(tuple(leads[row + column * count] for column in range(columns)) for row in range(count))
    return Arrangement(f"{count}x{columns}" + (" Cabrera" if cabrera else ""), rows, cabrera)


ARRANGEMENTS: Final[dict[str, Arrangement]] = {
    one.name: one
    for cabrera in (False, True)
    for columns in (4, 2, 1, 3)
    if (one := _arranged(columns, cabrera=cabrera))
}
