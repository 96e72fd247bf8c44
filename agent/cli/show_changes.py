"""Comparisons with earlier ECGs as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from calipers.evidence import Measurement
from calipers.parameters import PARAMETERS
from calipers.printing import printed_value
from calipers.report import Changes, MeasuredChange
from calipers.tools.compare import trends

#: Shown whether they changed or not; every other measurement only where it did.
_ALWAYS: Final = ("hr", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "qrs_axis")
_TELLING: Final = ("new", "resolved", "progressed", "undecided")


def changes(console: Console, found: Sequence[Changes], measurements: Mapping[str, Measurement]) -> None:
    """Each prior in full, nearest first, then how values went over time."""
    for one in found:
        _heading(console, one)
        if one.same_record:
            continue
        _criteria(console, one)
        _statements(console, one)
        _measurements(console, one)
    _trends(console, found, measurements.values())


def summary(console: Console, found: Sequence[Changes], measurements: Sequence[Measurement]) -> None:
    """Beneath a report, whose claims say what changed: the priors, what limits them, the comparison statements."""
    for one in found:
        _heading(console, one)
        if not one.same_record:
            _criteria(console, one, ("met",))
    _trends(console, found, measurements)


def _heading(console: Console, one: Changes) -> None:
    when = (one.prior_recorded_at or "date unknown").replace("T", " ")
    console.print(Text(f"\nCompared with record {one.prior_record} of {when}", style="bold"))
    for limit in one.limits:
        console.print(Text(f"  {limit.text}", style="yellow"))


def _criteria(console: Console, one: Changes, results: Sequence[str] = ("met", "indeterminate")) -> None:
    for criterion in one.criteria:
        if criterion.result in results:
            leans = (
                ""
                if criterion.leans is None or criterion.result == "met"
                else f", leans {str(criterion.leans).lower()}"
            )
            about = f" ({', '.join(criterion.statements)})" if criterion.statements else ""
            console.print(
                Text(f"  {criterion.code} {criterion.text.partition(':')[0]}: {criterion.result}{leans}{about}")
            )


def _statements(console: Console, one: Changes) -> None:
    for row in one.statements:
        if row.change in _TELLING and "met" in (row.result, row.prior_result):
            hedge = "" if row.certainty == "definite" or row.change == "undecided" else f" ({row.certainty})"
            console.print(Text(f"  {row.change}{hedge}: {row.statement.label}"))


def _measurements(console: Console, one: Changes) -> None:
    table = Table("", "now", "then", "difference", "± (95 %)", "", box=None, pad_edge=False)
    for row in one.measurements:
        if row.id in _ALWAYS or row.exceeds:
            table.add_row(*_cells(row))
    console.print(table)


def _cells(row: MeasuredChange) -> tuple[str, ...]:
    lead, _, name = row.id.rpartition(".")
    gap = "" if row.difference is None else printed_value(row.difference, row.unit)
    spread = "" if row.uncertainty is None else f"{float(f'{row.uncertainty:.2g}'):g}"
    beyond = "changed" if row.exceeds else ""
    beyond += f" ({row.certainty})" if row.exceeds and row.certainty != "definite" else ""
    words = f"{f'{lead} ' if lead else ''}{PARAMETERS[name].short}"
    return words, printed_value(row.value, row.unit), printed_value(row.prior_value, row.unit), gap, spread, beyond


def _trends(console: Console, found: Sequence[Changes], measurements: Iterable[Measurement]) -> None:
    for trend in trends(found, tuple(measurements)):
        values = ", ".join(
            f"{point.recorded_at[:10]} {printed_value(point.value, trend.unit)}" for point in trend.points
        )
        console.print(Text(f"{PARAMETERS[trend.id].short} {trend.direction}: {values}"))
