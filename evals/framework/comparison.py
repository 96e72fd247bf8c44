"""Two runs side by side: every figure they share, its difference, and whether chance could explain it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from calipers.evals.framework.bootstrap import Estimate
from calipers.evals.framework.document import Document, Section, Table
from calipers.evals.framework.figures import forest
from calipers.evals.framework.result import Result, read_results
from calipers.evals.framework.tallies import Row, metrics_of, paired_difference, paired_ratio

_ROWS: Final = TypeAdapter(list[Row])


class Difference(NamedTuple):
    """One figure in both runs.

    `change` is second minus first, `ratio` second over first; `paired` counts the samples where both rest on the same.
    """

    task: str
    metric: str
    first: float
    second: float
    change: Estimate
    ratio: Estimate | None
    paired: int

    @property
    def telling(self) -> bool:
        """Whether the interval of the change leaves zero out."""
        return self.change.has_interval and not self.change.low <= 0.0 <= self.change.high


def compare(first: Path, second: Path) -> list[Difference]:
    """Every metric of every task that both runs have.

    Samples are paired where both runs kept them (`samples/<task>/*.jsonl`); otherwise the interval of the difference
    comes from the two intervals, as of independent samples.

    Args:
        first: folder or document of results.
        second: the same, of the other version or model.

    Raises:
        UsageError: there are no results.
    """
    one, other = ({result.task: result for result in read_results(path)} for path in (first, second))
    return [
        difference
        for task, result in one.items()
        if task in other
        for difference in _of_task(result, other[task], rows_of(first, result), rows_of(second, other[task]))
    ]


def rows_of(run: Path, result: Result) -> list[Row]:
    """The rows of the result's own reader that a run kept; none where its task does not score by rows."""
    folder = (run if run.is_dir() else run.parent) / "samples" / result.task
    found: list[Row] = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").split("\n")[1:]:
            try:
                found += _ROWS.validate_python(json.loads(line))
            except (ValidationError, ValueError):
                break
    readers = {row.reader for row in found}
    model = (result.provenance.get("asked") or {}).get("model") or "none"
    return [row for row in found if row.reader == model] if model in readers else found


def report(differences: Sequence[Difference], names: tuple[str, str]) -> Document:
    """The comparison as a document, what is telling first within each task."""
    tasks: dict[str, list[Difference]] = {}
    for item in differences:
        tasks.setdefault(item.task, []).append(item)
    header = ("figure", *names, "change", "95 % interval", "ratio", "95 % interval", "paired", "")
    sections = [
        Section(task, (Table(header, tuple(_line(item) for item in sorted(items, key=lambda one: not one.telling))),))
        for task, items in tasks.items()
    ]
    telling = sum(item.telling for item in differences)
    paired = [item for item in differences if item.paired]
    if paired:
        changes = {"change": {f"{item.task} {item.metric}": item.change for item in paired}}
        caption = "Change of each figure on the samples that both runs have, with its 95 % interval."
        picture = forest("comparison-changes", caption, changes, list(changes["change"]), zero=True)
        sections.insert(0, Section("Paired", (picture,)))
    about = f"{len(differences)} figures that both runs have; the interval of {telling} leaves zero out."
    return Document(f"{names[0]} against {names[1]}", about, tuple(sections))


def as_json(differences: Sequence[Difference], names: tuple[str, str]) -> str:
    """The comparison for programs, `calipers.eval-comparison/1`."""
    rows = [
        {
            "task": item.task,
            "metric": item.metric,
            "values": [item.first, item.second],
            "change": item.change.value,
            "ci95": [item.change.low, item.change.high] if item.change.has_interval else None,
            "ratio": item.ratio.value if item.ratio else None,
            "ratio_ci95": [item.ratio.low, item.ratio.high] if item.ratio and item.ratio.has_interval else None,
            "paired": item.paired,
            "telling": item.telling,
        }
        for item in differences
    ]
    return json.dumps({"schema": "calipers.eval-comparison/1", "runs": list(names), "differences": rows}, indent=1)


def _of_task(one: Result, other: Result, rows: list[Row], others: list[Row]) -> list[Difference]:
    found = []
    known = set(metrics_of(rows)) & set(metrics_of(others))
    for metric, value in one.metrics.items():
        if metric not in other.metrics:
            continue
        change = paired_difference(rows, others, metric) if metric in known else None
        paired = change.n if change is not None else 0
        ratio = paired_ratio(rows, others, metric) if change is not None else _independent_ratio(metric, one, other)
        if change is None:
            change = _independent(metric, one, other)
        found.append(Difference(one.task, metric, value, other.metrics[metric], change, ratio, paired))
    return found


def _independent(metric: str, one: Result, other: Result) -> Estimate:
    change = other.metrics[metric] - one.metrics[metric]
    widths: list[float] = [_half(result.ci95, metric) for result in (one, other)]
    if any(width != width for width in widths):
        return Estimate.alone(change, min(one.n, other.n))
    half = (widths[0] ** 2 + widths[1] ** 2) ** 0.5
    return Estimate(change, change - half, change + half, min(one.n, other.n))


def _independent_ratio(metric: str, one: Result, other: Result) -> Estimate | None:
    """Of two independent figures, relative errors joined (delta method); None without a positive first one."""
    first, second = one.metrics[metric], other.metrics[metric]
    if first <= 0.0:
        return None
    widths = [_half(result.ci95, metric) / result.metrics[metric] for result in (one, other) if result.metrics[metric]]
    if len(widths) < 2 or any(width != width for width in widths):
        return Estimate.alone(second / first, min(one.n, other.n))
    half = second / first * (widths[0] ** 2 + widths[1] ** 2) ** 0.5
    return Estimate(second / first, second / first - half, second / first + half, min(one.n, other.n))


def _half(ci95: Mapping[str, tuple[float, float]], metric: str) -> float:
    if metric not in ci95:
        return float("nan")
    low, high = ci95[metric]
    return (high - low) / 2.0


def _line(item: Difference) -> tuple[str, ...]:
    limits = f"{item.change.low:+.3f} to {item.change.high:+.3f}" if item.change.has_interval else "–"
    mark = ("higher" if item.change.value > 0 else "lower") if item.telling else ""
    ratio, reach = (f"{item.ratio.value:.3f}", _reach(item.ratio)) if item.ratio is not None else ("–", "–")
    values = (f"{item.first:.4g}", f"{item.second:.4g}", f"{item.change.value:+.3f}", limits, ratio, reach)
    return (item.metric, *values, str(item.paired or "–"), mark)


def _reach(estimate: Estimate) -> str:
    return f"{estimate.low:.3f} to {estimate.high:.3f}" if estimate.has_interval else "–"
