"""Which lead stands where: rows by their ink, columns by the names, the whole by what is known of printed pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from calipers.errors import PictureNotDigitised
from calipers.leads import Lead
from calipers.models.segmenter.classes import INVERTED_AVR, lead_of
from calipers.models.segmenter.layouts import ARRANGEMENTS, Arrangement
from calipers.models.segmenter.segmenter import PX_MM
from calipers.tools.digitise.columns import Row, Side, column_bounds, usual_s
from calipers.tools.digitise.names import Found

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

MOST_STRIPS: Final = 3
_LEAST_PITCH_MM: Final = 6.5
_ROW_SHARE: Final = 0.22
_LEAST_ROW_MM: Final = 25.0
#: How far the network's ink stands beyond a line's end.
_HALF_PEN_MM: Final = 0.25
#: Rows whose ink begins this near one another began together.
_ONE_START_MM: Final = 4.0
#: How far a name may stand before and behind its stretch's start.
_BEFORE_MM, _BEHIND_MM = 16.0, 16.0
#: Names of columns that stand at one distance are this near it; a misread one is a column away.
_IN_LINE_MM: Final = 2.0
#: A name stands this near its row, in rows' distances.
_NEAR_ROW: Final = 0.75
_BESIDE_STRIP: Final = 0.35
#: What a row that an order leaves out costs it, in names.
_LEFT_OUT: Final = 1.5
#: So many misplaced names are no misreading.
_CONTRADICTING: Final = 2


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
    """

    name: str
    cells: tuple[Cell, ...]
    named: tuple[int, int]
    guessed: bool


def find_rows(trace: Float32) -> list[Row]:
    """Rows from the ink's profile; quiet lines hold most of a trace's ink.

    Args:
        trace: (h, w) probability.
    """
    ink = np.where(trace > 0.4, trace, 0.0)
    # A column's steep strokes count once, so that rows of tall complexes do not spread.
    flat = ink / np.maximum(ink.sum(axis=0, keepdims=True) / 12.0, 1.0)
    profile = gaussian_filter1d(flat.sum(axis=1), 0.7 * PX_MM)
    if not profile.any():
        return []
    wide = gaussian_filter1d(flat.sum(axis=1), 1.6 * PX_MM)
    peaks, _ = find_peaks(
        wide,
        distance=_LEAST_PITCH_MM * PX_MM,
        height=_ROW_SHARE * float(wide.max()),
        prominence=0.12 * float(wide.max()),
    )
    rows = []
    for number, peak in enumerate(peaks):
        above = peaks[number - 1] if number else -(10**6)
        below = peaks[number + 1] if number + 1 < len(peaks) else 10**6
        half = min(peak - above, below - peak, 24 * PX_MM) / 2
        band = ink[max(0, int(peak - half)) : int(peak + half) + 1].max(axis=0) > 0.4
        extent = _extent(band)
        if extent is not None and extent[1] - extent[0] >= _LEAST_ROW_MM * PX_MM:
            # Ink begins half a pen before its line.
            ends = extent[0] / PX_MM + _HALF_PEN_MM, extent[1] / PX_MM - _HALF_PEN_MM
            rows.append(Row(peak / PX_MM, *ends))
    return rows


def _extent(band: NDArray[np.bool_]) -> tuple[int, int] | None:
    """First and last column of a row's ink, specks beyond a wide gap left out."""
    columns = np.flatnonzero(band)
    if not columns.size:
        return None
    parts = np.split(columns, np.flatnonzero(np.diff(columns) > 9 * PX_MM) + 1)
    most = max(part.size for part in parts)
    kept = [part for part in parts if part.size > max(4 * PX_MM, 0.04 * most)]
    return (int(kept[0][0]), int(kept[-1][-1]) + 1) if kept else None


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
    best: tuple[float, Arranged] | None = None
    for first, last in ((0, 0), (1, 0), (0, 1), (1, 1)):
        kept = rows[first : len(rows) - last]
        for arrangement in ARRANGEMENTS.values():
            strips = len(kept) - len(arrangement.rows)
            if not 0 <= strips <= MOST_STRIPS or (arrangement.columns == 1 and strips):
                continue
            cells = tuple(
                cell._replace(row=cell.row + first)
                for cell in _cells(arrangement, kept, strips, names, trace, speed_mm_s, pulses)
            )
            right, wrong = _agreement(cells, rows, names, pitch)
            # Among equals the usual order: the first of `ARRANGEMENTS`.
            unusual = (0.5 if arrangement.cabrera else 0.0) + 0.01 * len(arrangement.rows)
            score = right - 0.7 * wrong - unusual - _LEFT_OUT * (first + last)
            found = Arranged(arrangement.name + (f"+{strips}" if strips else ""), cells, (right, wrong), right < 3)
            if best is None or score > best[0]:
                best = score, found
    if best is not None and not best[1].guessed and _is_contradicted(*best[1].named):
        # A part of a page: its names stand elsewhere than where the whole page's columns would.
        return _by_names_alone(rows, names, pitch)
    if best is not None and (not best[1].guessed or _is_usual(len(rows), len(names))):
        return _strips_named(best[1], rows, names, pitch)
    return _by_names_alone(rows, names, pitch)


def _is_usual(rows: int, names: int) -> bool:
    """Whether so many rows are a whole page's where hardly a name was read: twelve always are."""
    return rows == 12 or (rows in (3, 4, 6) and names < 3)


def _is_contradicted(right: int, wrong: int) -> bool:
    """Whether too many names stand where the order has other leads, or none."""
    return wrong >= max(_CONTRADICTING, right / 2)


def _cells(
    arrangement: Arrangement,
    rows: Sequence[Row],
    strips: int,
    names: Sequence[Found],
    trace: Float32,
    speed_mm_s: float,
    pulses: Side | None,
) -> tuple[Cell, ...]:
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
        if lead_of(name.word) == lead and name.word != "I" and abs(name.y_mm - row.y_mm) < _NEAR_ROW * pitch
    ]
    agreeing = [
        [(c, x) for c, x in places if abs(first + (c - column) * (last - first) / (other - column) - x) < _IN_LINE_MM]
        for column, first in places
        for other, last in places
        if other > column and last > first
    ]
    kept = max(agreeing, key=len, default=places)
    return {column: float(np.median([x for c, x in kept if c == column])) for column in dict(kept)}


def _agreement(cells: Sequence[Cell], rows: Sequence[Row], names: Sequence[Found], pitch: float) -> tuple[int, int]:
    """How many names stand where the order has them, and how many stand where it has others."""
    places = [(name, _place(name, cells, rows, pitch)) for name in names]
    placed = [place for _, place in places if place is not None]
    height = float(np.median([dy for _, dy in placed])) if placed else 0.0
    kept = {cell for cell, dy in placed if abs(dy - height) < 0.3 * pitch}
    seen = {cell.lead for cell in kept}
    strips = [rows[cell.row].y_mm for cell in cells if cell.strip]
    # A lone stroke between columns looks like `I`, a strip has any name, and a stray word repeats a lead: no
    # contradiction.
    elsewhere = [
        name
        for name, place in places
        if place is None
        and name.word != "I"
        and lead_of(name.word) not in seen
        and not any(abs(y_mm - height - name.y_mm) < _BESIDE_STRIP * pitch for y_mm in strips)
    ]
    return len(kept), max(0, len(elsewhere))


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


def _by_names_alone(rows: Sequence[Row], names: Sequence[Found], pitch: float) -> Arranged:
    """Any other order: each name opens a stretch that runs to where any row's next name stands, or to the row's end.

    What follows on a row without a name of its own there is nobody's. A row with one name that another row has too is
    that lead's rhythm strip.
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
            if lead is not None and end - start >= _LEAST_ROW_MM:
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
    return Arranged(
        f"{len(by_row)}x{columns}", tuple(kept.values()), (len(kept), len(names) - len(kept)), guessed=False
    )


def _opens(names: Sequence[Found]) -> list[float]:
    """Where columns begin: the places at which names stand below one another, in millimetres."""
    places = sorted(name.x_mm for name in names)
    groups: list[list[float]] = []
    for place in places:
        if groups and place - groups[-1][-1] < _BEHIND_MM / 2:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [float(np.median(group)) for group in groups]
