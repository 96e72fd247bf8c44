"""README's table of evidence: each row's words stand in `rows.yaml`, its figures come from saved results."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from calipers.errors import UsageError
from calipers.evals.framework import Result

ROWS: Final = Path(__file__).with_name("rows.yaml")
START: Final = "<!-- results: cut by `make results` from docs/results; change evals/results/rows.yaml, not this -->"
END: Final = "<!-- end of results -->"
#: What stands where a result was not saved.
MISSING: Final = "not run"
_SLOT: Final = re.compile(r"\{([\w.+-]+):([^{}|]+)\|(\w+)\}")
_FORMS: Final[dict[str, Callable[[float], str]]] = {
    "pct0": lambda value: f"{100 * value:.0f} %",
    "pct1": lambda value: f"{100 * value:.1f} %",
    "num0": lambda value: f"{value:,.0f}",
    "num1": lambda value: f"{value:.1f}",
    "num2": lambda value: f"{value:.2f}",
    "num3": lambda value: f"{value:.3f}",
    "signed1": lambda value: f"{value:+.1f}".replace("-", "−"),
}


class Row(NamedTuple):
    """One row: what is claimed, its figure with slots, the command behind it, and what was asked for."""

    what: str
    figure: str
    command: str


def rows(path: Path = ROWS) -> list[Row]:
    """The rows in their order.

    Raises:
        UsageError: a row lacks one of its three parts.
    """
    entries: Sequence[Mapping[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in entries:
        if set(entry) != set(Row._fields):
            raise UsageError(f"found a row with {', '.join(entry)} in `{path}`; needed {', '.join(Row._fields)}")
    return [Row(**entry) for entry in entries]


def fill(figure: str, results: Mapping[str, Result]) -> str:
    """A figure with its slots filled: `{triage:critical_raised|pct1}`, `{name:group/metric|num2}`, `{name:metric|ci3}`.

    Raises:
        UsageError: a slot names a form or a metric that does not exist.
    """
    return _SLOT.sub(lambda slot: _value(results.get(slot[1]), slot[2], slot[3]), figure)


def _value(result: Result | None, metric: str, form: str) -> str:
    if result is None:
        return MISSING
    if metric == "n":
        return f"{result.n:,}"
    group, _, name = metric.rpartition("/")
    values = result.groups.get(group) if group else result.metrics
    if values is None or name not in values:
        raise UsageError(f"found no `{metric}` in the results of {result.task}; needed one of its metrics")
    if form in _FORMS:
        return _FORMS[form](values[name])
    kind, digits = form[:-1], form[-1:]
    if kind not in ("ci", "pctci") or not digits.isdigit():
        raise UsageError(f"found form `{form}`; needed one of {', '.join(_FORMS)}, ci3 or pctci1")
    if name not in result.ci95:
        return "–"
    factor = 100.0 if kind == "pctci" else 1.0
    return "[{:.{d}f}, {:.{d}f}]".format(*(factor * limit for limit in result.ci95[name]), d=int(digits))


def markdown(results: Mapping[str, Result], lines: Sequence[Row]) -> str:
    """The table."""
    head = ["| what | figure | command |", "|---|---|---|"]
    return "\n".join([*head, *(f"| {row.what} | {fill(row.figure, results)} | {row.command} |" for row in lines)])


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
