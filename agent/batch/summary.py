"""What every case of a review came to, worst first: rows for `summary.csv` and the page."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Final

from calipers.agent.batch.journal import Line
from calipers.report import Report, Urgency

#: Nothing that could not be read may be overlooked: it stands above all else, as does what is critical.
RANKS: Final[tuple[str, ...]] = ("failed", "not_assessable", "critical", "urgent", "routine")
#: The measurements of the table and the plots.
SHOWN: Final = ("hr", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "p_axis", "qrs_axis", "t_axis")
_BEFORE: Final = ("case", "status", "urgency", "impression", "urgency_reasons", "age", "sex", "quality")
_AFTER: Final = ("claims", "withheld", "disagreements", "duplicate_of", "error", "path", "report")


@dataclass(frozen=True)
class Row:
    """One case.

    Attributes:
        line: as it stands in the journal.
        key: equal for the same recording of the same patient; None for a failed case.
        age, sex: of the patient.
        urgency, reasons, impression: of the report.
        quality: 0 to 1.
        values: the measurements of `SHOWN`; None where not measurable.
        claims, withheld, disagreements: how many.
    """

    line: Line
    key: str | None = None
    age: float | None = None
    sex: str | None = None
    urgency: Urgency | None = None
    reasons: tuple[str, ...] = ()
    impression: str = ""
    quality: float | None = None
    values: tuple[float | None, ...] = ()
    claims: int = 0
    withheld: int = 0
    disagreements: int = 0

    @property
    def rank(self) -> str:
        """Where it stands among `RANKS`."""
        return self.urgency or "failed"


def rows(out: Path, lines: Sequence[Line]) -> list[Row]:
    """The rows of a review in the order of its lines, each later copy of a recording named as the first one's."""
    first: dict[str, str] = {}
    found = []
    for line in lines:
        row = _row(out, line)
        if row.key is not None:
            original = first.setdefault(row.key, line.case)
            copy_of = None if original == line.case else original
            row = replace(row, line=line.model_copy(update={"duplicate_of": copy_of}))
        found.append(row)
    return found


def worst_first(found: Sequence[Row]) -> list[Row]:
    """Failed and not assessable, critical, urgent, routine; within a rank in the order given."""
    return sorted(found, key=lambda row: RANKS.index(row.rank))


def as_csv(found: Sequence[Row]) -> str:
    """`summary.csv`: numbers in ms, /min and degrees, empty where not measurable."""
    held = StringIO()
    table = csv.writer(held, lineterminator="\n")
    table.writerow([*_BEFORE, *SHOWN, *_AFTER])
    for row in found:
        line = row.line
        values = row.values or (None,) * len(SHOWN)
        cells = [line.case, line.status, row.urgency, row.impression, "; ".join(row.reasons), row.age, row.sex]
        cells += [row.quality, *values, row.claims, row.withheld, row.disagreements]
        cells += [line.duplicate_of, line.error, line.path, line.report]
        table.writerow([_cell(cell) for cell in cells])
    return held.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = "" if value is None else str(value)
    # A spreadsheet takes text that begins so for a formula, and case names come from files.
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _row(out: Path, line: Line) -> Row:
    if line.report is None:
        return Row(line)
    report = Report.model_validate_json((out / line.report).read_bytes())
    run = json.loads((out / line.report).with_name("run.json").read_text("utf-8"))
    numbers = {item.id: item.number for item in report.measurements}
    return Row(
        line=line,
        key=run["key"],
        age=report.patient.age,
        sex=report.patient.sex,
        urgency=report.urgency,
        reasons=report.urgency_reasons,
        impression=report.impression,
        quality=report.quality.score,
        values=tuple(numbers.get(name) for name in SHOWN),
        claims=len(report.claims),
        withheld=len(report.withheld),
        disagreements=len(report.disagreements),
    )
