"""CSV tables: one column per lead, named in the header; one row per sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calipers.errors import UnreadableInput, UsageError
from calipers.leads import Lead, require_lead, standard_lead
from calipers.tools.read.files import shown
from calipers.tools.read.recording import Recording, check_rate, require_standard_lead, standard_rows
from calipers.tools.read.table_layout import EMPTY, Column, Layout, is_number, read_layout, split_cells
from calipers.tools.read.timebase import TIME_NAMES, rate_from_times, seconds_per_unit
from calipers.tools.read.units import ACCEPTED, mv_per_unit


def read_csv(path: Path, *, fs_hz: float | None, unit: str | None, leads: Sequence[str] | None) -> Recording:
    """Read one CSV table.

    Args:
        path: the file.
        fs_hz: samples per second; needed unless a time column gives it.
        unit: of the samples; needed for the columns whose header states none.
        leads: names for the value columns, left to right, when there is no header row.

    Raises:
        UsageError: rate, unit or leads are missing, or contradict the file.
        UnreadableInput: it is not a table of numbers with a lead's name in its header.
    """
    name = path.name
    layout = read_layout(path)
    time = next((c for c in layout.columns if layout.has_header and c.name.casefold() in TIME_NAMES), None)
    named = _lead_columns(layout, time, leads, name)
    factors = [_factor(column, unit, name) for column in named.values()]
    indices = [column.index for column in named.values()]
    if time is not None:
        columns = _numbers(path, layout, [time.index, *indices])
        rate_hz, values = _rate(columns[:, 0], time, fs_hz, name), columns[:, 1:]
    elif fs_hz is not None:
        rate_hz, values = fs_hz, _numbers(path, layout, indices)
    else:
        raise UsageError(f"found no time column in `{shown(name)}`; needed one, or `fs_hz`")
    labelled = ((lead, values[:, i] * factors[i]) for i, lead in enumerate(named))
    return Recording(format="CSV", files=(path,), fs_hz=rate_hz, rows_mv=standard_rows(labelled, name))


def _lead_columns(layout: Layout, time: Column | None, leads: Sequence[str] | None, name: str) -> dict[Lead, Column]:
    """Lead → column. By the header's names; by `leads` only where there is no header."""
    if leads is None or layout.has_header:
        named: dict[Lead, Column] = {}
        for column in layout.columns:
            lead = standard_lead(column.name)
            if lead in named:
                raise UnreadableInput(f"found lead {lead} twice in `{shown(name)}`; needed each lead at most once")
            if lead is not None:
                named[lead] = column
        labels = [column.name for column in layout.columns] if layout.has_header and layout.is_table else []
        if leads is None:
            require_standard_lead(named, labels, name)
            return named
        if [require_lead(lead) for lead in leads] != list(named):
            raise UsageError(
                f"found {', '.join(named) or 'no lead'} in the header of `{shown(name)}`; needed `leads` to agree"
            )
        return named
    if len(leads) != len(layout.columns) or len({require_lead(lead) for lead in leads}) != len(leads):
        raise UsageError(f"found {len(layout.columns)} columns in `{shown(name)}`; needed as many different `leads`")
    return {require_lead(lead): column for lead, column in zip(leads, layout.columns, strict=True)}


def _factor(column: Column, unit: str | None, name: str) -> float:
    if column.unit is not None:
        stated = mv_per_unit(column.unit)
        if stated is None:
            raise UnreadableInput(
                f"found `{shown(column.unit)}` for lead {shown(column.name)} in `{shown(name)}`; needed {ACCEPTED}"
            )
        if unit is not None and mv_per_unit(unit) != stated:
            raise UsageError(f"found `{shown(column.unit)}` in the header of `{shown(name)}`; needed `unit` to agree")
        return stated
    if unit is None:
        raise UsageError(f"found no unit for lead {shown(column.name)} in `{shown(name)}`; needed `unit`, or `I_mV`")
    given = mv_per_unit(unit)
    if given is None:
        raise UsageError(f"found unit `{shown(unit)}`; needed {ACCEPTED}")
    return given


def _rate(times: NDArray[np.float64], time: Column, fs_hz: float | None, name: str) -> float:
    scale = seconds_per_unit(time.name, time.unit)
    if scale is None:
        raise UnreadableInput(f"found a time column in `{shown(time.unit)}` in `{shown(name)}`; needed s, ms or us")
    found = check_rate(rate_from_times(times * scale, name), name)
    if fs_hz is not None and abs(fs_hz - found) > 1e-3 * found:
        raise UsageError(f"found {found:g} Hz in the time column of `{shown(name)}`; needed `fs_hz` to agree")
    return found


def _numbers(path: Path, layout: Layout, wanted: Sequence[int]) -> NDArray[np.float64]:
    """The wanted columns, (n, len(wanted)); empty cells are NaN."""
    try:
        with path.open(encoding=layout.encoding, newline="") as stream:
            return np.loadtxt(
                _decimal_points(stream) if layout.decimal_comma else stream,
                delimiter=layout.delimiter,
                skiprows=layout.first_row,
                usecols=wanted,
                quotechar='"',
                ndmin=2,
            ).reshape(-1, len(wanted))
    except ValueError:  # an empty or wrong cell: the slow way knows where
        return _numbers_cell_by_cell(path, layout, wanted)


def _decimal_points(lines: Iterator[str]) -> Iterator[str]:
    return (line.replace(",", ".") for line in lines)


def _numbers_cell_by_cell(path: Path, layout: Layout, wanted: Sequence[int]) -> NDArray[np.float64]:
    rows: list[list[float]] = []
    with path.open(encoding=layout.encoding, newline="") as stream:
        for number, line in enumerate(stream, start=1):
            if number <= layout.first_row or not line.strip() or line.lstrip().startswith("#"):
                continue
            cells = split_cells(line.replace(",", ".") if layout.decimal_comma else line, layout.delimiter)
            if len(cells) <= max(wanted):
                raise UnreadableInput(
                    f"found {len(cells)} cells in line {number} of `{shown(path.name)}`; needed {max(wanted) + 1}"
                )
            if not all(is_number(cells[i]) for i in wanted):
                wrong = next(cells[i] for i in wanted if not is_number(cells[i]))
                raise UnreadableInput(
                    f"found `{shown(wrong)}` in line {number} of `{shown(path.name)}`; needed a number"
                )
            rows.append([float("nan") if cells[i].casefold() in EMPTY else float(cells[i]) for i in wanted])
    return np.array(rows, dtype=np.float64).reshape(-1, len(wanted))
