"""README's table of evidence: each row's words stand in `rows.yaml`, its figures come from saved results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from calipers.errors import UsageError
from calipers.evals.framework import Result
from calipers.evals.results.slots import MISSING, fill, slots
from calipers.evals.results.targets import Standing, Target, standings

ROWS: Final = Path(__file__).with_name("rows.yaml")
START: Final = "<!-- results: cut by `make results` from docs/results; change evals/results/rows.yaml, not this -->"
END: Final = "<!-- end of results -->"
#: A row's command when it is that of the row above.
SAME: Final = "the same run"


class Row(NamedTuple):
    """One row.

    Attributes:
        what: is claimed.
        figure: with slots.
        command: behind it.
        asked: what was asked for.
        why: it may fall short, with slots; printed where it does.
        peers: figures of others in the same run, with slots.
        published: of what cannot run here, with its source.
    """

    what: str
    figure: str
    command: str
    asked: tuple[Target, ...] = ()
    why: str = ""
    peers: str = ""
    published: str = ""

    @property
    def result(self) -> str:
        """The result that its first slot names; empty for a row without slots."""
        return next((slot.result for slot in slots(self.figure)), "")


def rows(path: Path = ROWS) -> list[Row]:
    """The rows in their order.

    Raises:
        UsageError: a row lacks one of its first three parts, or has one that is none.
    """
    return [_row(entry, path) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def _row(entry: Mapping[str, Any], path: Path) -> Row:
    if not {"what", "figure", "command"} <= set(entry) <= set(Row._fields):
        raise UsageError(f"found a row with {', '.join(entry)} in `{path}`; needed {', '.join(Row._fields)}")
    return Row(**{**entry, "asked": tuple(map(Target.parse, entry.get("asked", ())))})


def markdown(results: Mapping[str, Result], lines: Sequence[Row]) -> str:
    """The table."""
    head = ["| what | figure | command |", "|---|---|---|"]
    return "\n".join([*head, *(f"| {row.what} | {fill(row.figure, results)} | {row.command} |" for row in lines)])


def weakest(results: Mapping[str, Result], lines: Sequence[Row]) -> list[Standing]:
    """The rows that were asked for something, the weakest first."""
    return standings([(row.what, row.asked, fill(row.why, results)) for row in lines], results)


def not_run(results: Mapping[str, Result], lines: Sequence[Row]) -> list[Row]:
    """Rows of which some figure has no saved result."""
    return [row for row in lines if MISSING in fill(row.figure, results)]


def cut_readme(readme: Path, results: Mapping[str, Result], lines: Sequence[Row]) -> bool:
    """Put the table between the README's two marks, without rows that were not run; whether anything changed.

    Raises:
        UsageError: the marks are not there, once each, in order.
    """
    text = readme.read_text(encoding="utf-8")
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        raise UsageError(f"found no table marks in `{readme}`; needed the lines `{START}` and `{END}`")
    before, rest = text.split(START)
    after = rest.split(END)[1]
    absent = not_run(results, lines)
    table = markdown(results, [row for row in lines if row not in absent])
    new = f"{before}{START}\n\n{table}\n\n{END}{after}"
    if new != text:
        readme.write_text(new, encoding="utf-8")
    return new != text
