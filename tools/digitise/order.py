"""Which lead stands where: rows by their ink, columns by the names, the whole by what is known of printed pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.errors import PictureNotDigitised
from calipers.models.segmenter.classes import INVERTED_AVR, lead_of
from calipers.models.segmenter.layouts import ARRANGEMENTS
from calipers.tools.digitise.arrangement import Arranged, Cell, cells_of
from calipers.tools.digitise.columns import Row, Side
from calipers.tools.digitise.names import SURELY, Found
from calipers.tools.digitise.names_alone import by_names_alone

Float32 = NDArray[np.float32]

MOST_STRIPS: Final = 3
#: How far a name may stand before and behind its stretch's start.
_BEFORE_MM, _BEHIND_MM = 16.0, 16.0
_BESIDE_STRIP: Final = 0.35
#: What a row that an order leaves out costs it, in names.
_LEFT_OUT: Final = 1.5
#: What a name that stands at none of an order's columns costs it, in names; names of one column are in line to this.
_ASIDE: Final = 0.3
_IN_LINE_MM: Final = 2.5
#: Of an order hardly a name of which was read so many names, and such a share, stand at its columns.
_LEAST_IN_COLUMNS: Final = 4
_MOST_OF: Final = 0.8
#: So many misplaced names are no misreading.
_CONTRADICTING: Final = 2


class _Tried(NamedTuple):
    """An order, how well rows and names agree with it, and whether the names, of whatever leads, stand at its columns."""

    score: float
    found: Arranged
    whole: bool


def arrange(
    rows: Sequence[Row], names: Sequence[Found], trace: Float32, speed_mm_s: float, pulses: Side | None = None
) -> Arranged:
    """The order of leads that the rows and the names agree with best.

    What looks like a row above or below the others (a line of print) may be none: an order that leaves it out is
    taken where the names agree with it better.

    Args:
        rows: from the top.
        names: of leads, as read.
        trace: (h, w) probability.
        speed_mm_s: of the paper.
        pulses: on which side of the rows calibration pulses stand.

    Raises:
        PictureNotDigitised: neither tells.
    """
    if not rows:
        raise PictureNotDigitised("found ECG paper without a trace on it; needed traces of leads", "trace")
    pitch = float(np.median(np.diff([row.y_mm for row in rows]))) if len(rows) > 1 else 30.0
    best = max(_tried(rows, names, trace, speed_mm_s, pulses, pitch), key=lambda one: one.score, default=None)
    if best is None:
        return by_names_alone(rows, names, pitch)
    # A lone stroke looks like `I`, and says nothing.
    telling = sum(name.word != "I" for name in names)
    # Of a part of a page names stand elsewhere than where the whole page's columns would.
    whole = best.whole or _is_usual(len(rows), telling) if best.found.guessed else not _is_contradicted(best.found)
    return _strips_named(best.found, rows, names, pitch) if whole else by_names_alone(rows, names, pitch)


def _tried(
    rows: Sequence[Row], names: Sequence[Found], trace: Float32, speed_mm_s: float, pulses: Side | None, pitch: float
) -> Iterator[_Tried]:
    """Every order that so many rows allow; what it leaves out, and names that it cannot have there, cost it."""
    for first, last in ((0, 0), (1, 0), (0, 1), (1, 1)):
        kept = rows[first : len(rows) - last]
        for arrangement in ARRANGEMENTS.values():
            strips = len(kept) - len(arrangement.rows)
            if not 0 <= strips <= MOST_STRIPS or (arrangement.columns == 1 and strips):
                continue
            cells = tuple(
                cell._replace(row=cell.row + first)
                for cell in cells_of(arrangement, kept, strips, names, trace, speed_mm_s, pulses)
            )
            right, wrong = _agreement(cells, rows, names, pitch)
            in_columns = _in_columns(cells, names)
            # Among equals the usual order: the first of `ARRANGEMENTS`.
            unusual = (0.5 if arrangement.cabrera else 0.0) + 0.01 * len(arrangement.rows)
            score = right - 0.7 * wrong - unusual - _LEFT_OUT * (first + last) - _ASIDE * (len(names) - in_columns)
            found = Arranged(arrangement.name + (f"+{strips}" if strips else ""), cells, (right, wrong), right < 3)
            yield _Tried(score, found, in_columns >= max(_LEAST_IN_COLUMNS, _MOST_OF * len(names)))


def _is_usual(rows: int, names: int) -> bool:
    """Whether so many rows are a whole page's where hardly a name was read: twelve always are."""
    return rows == 12 or (rows in (3, 4, 6) and names < 3)


def _is_contradicted(found: Arranged) -> bool:
    """Whether too many names stand where the order has other leads, or none."""
    right, wrong = found.named
    return wrong >= max(_CONTRADICTING, right / 2)


def _agreement(cells: Sequence[Cell], rows: Sequence[Row], names: Sequence[Found], pitch: float) -> tuple[int, int]:
    """How many names stand where the order has them, and how many stand where it has others."""
    places = [(name, _place(name, cells, rows, pitch)) for name in names]
    placed = [place for _, place in places if place is not None]
    height = float(np.median([dy for _, dy in placed])) if placed else 0.0
    kept = {cell for cell, dy in placed if abs(dy - height) < 0.3 * pitch}
    seen = {cell.lead for cell in kept}
    strips = [rows[cell.row].y_mm for cell in cells if cell.strip]
    # A lone stroke between columns looks like `I`, a strip has any name, a stray word repeats a lead, and what was
    # hardly read may be any word: no contradiction.
    elsewhere = [
        name
        for name, place in places
        if place is None
        and name.word != "I"
        and name.chance >= SURELY
        and lead_of(name.word) not in seen
        and not any(abs(y_mm - height - name.y_mm) < _BESIDE_STRIP * pitch for y_mm in strips)
    ]
    return len(kept), max(0, len(elsewhere))


def _in_columns(cells: Sequence[Cell], names: Sequence[Found]) -> int:
    """How many names stand at the start of a column, as far from it as most: letters may be misread, places are not."""
    starts = np.unique([cell.left_mm for cell in cells if not cell.strip])
    away = np.array([name.x_mm - starts[np.abs(starts - name.x_mm).argmin()] for name in names])
    return max((int((np.abs(away - one) < _IN_LINE_MM).sum()) for one in away), default=0)


def _place(name: Found, cells: Sequence[Cell], rows: Sequence[Row], pitch: float) -> tuple[Cell, float] | None:
    """The cell a name belongs to, and how far above its row's quiet line it stands, in millimetres."""
    lead = lead_of(name.word)
    fitting = [
        (abs(name.y_mm - rows[cell.row].y_mm + 0.3 * pitch), cell)
        for cell in cells
        if not cell.strip
        and cell.lead == lead
        and (name.word == INVERTED_AVR) <= cell.inverted
        and -_BEFORE_MM <= name.x_mm - cell.left_mm <= _BEHIND_MM
        and abs(name.y_mm - rows[cell.row].y_mm) < 1.05 * pitch
    ]
    if not fitting:
        return None
    cell = min(fitting, key=lambda one: one[0])[1]
    return cell, rows[cell.row].y_mm - name.y_mm


def _strips_named(arranged: Arranged, rows: Sequence[Row], names: Sequence[Found], pitch: float) -> Arranged:
    """The strips' leads by their names; II where none is read."""
    placed = [place[1] for name in names if (place := _place(name, arranged.cells, rows, pitch)) is not None]
    height = float(np.median(placed)) if placed else 0.3 * pitch
    cells = []
    for cell in arranged.cells:
        if cell.strip:
            near = [
                name
                for name in names
                if abs(rows[cell.row].y_mm - height - name.y_mm) < 0.35 * pitch
                and -_BEFORE_MM <= name.x_mm - cell.left_mm <= _BEHIND_MM
            ]
            if near:
                lead = lead_of(max(near, key=lambda one: one.chance).word)
                cell = cell._replace(lead=lead or cell.lead)
        cells.append(cell)
    return arranged._replace(cells=tuple(cells))
