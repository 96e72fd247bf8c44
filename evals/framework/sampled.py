"""A benchmark of samples: a data set, a solver for each sample, and counts that make the figures.

The shape is inspect-ai's: a task is a data set, a solver and a scorer, and every sample is logged with its prompt and
raw output. The package itself is not used: its solvers are conversations with a served model, ours are local functions
on worker processes and figures are resampled by patient; and it brings 27 further packages, boto3 and a debugger among
them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from calipers.evals.framework.bootstrap import Estimate
from calipers.evals.framework.document import Document, Section, Table
from calipers.evals.framework.figures import forest
from calipers.evals.framework.parallel import each
from calipers.evals.framework.result import Result, point_values
from calipers.evals.framework.tallies import Row, by_group, by_reader, score
from calipers.evals.framework.task import Options, Outcome

Job = TypeVar("Job")


class DataSet(NamedTuple, Generic[Job]):
    """The samples of a run.

    Attributes:
        name: what the bar says and the samples' file is called.
        jobs: made one by one.
        total: how many.
    """

    name: str
    jobs: Iterable[Job]
    total: int


def solve(data: DataSet[Job], solver: Callable[[Job], list[Row]], options: Options) -> list[Row]:
    """Every sample solved, in order; resumable where `options.out` is given.

    Args:
        data: the samples.
        solver: a module's own function; the rows of one sample, one for each reader.
        options: of the run.
    """
    return [row for rows in each(solver, data.jobs, data.total, data.name, options) for row in rows]


def outcome(
    name: str, title: str, method: str, rows: Sequence[Row], reader: str, started: float, extra: Sequence[Section] = ()
) -> Outcome:
    """The figures of one reader, with the other readers and the parts of the data as groups.

    Args:
        name: of the task.
        title: of its report.
        method: how it was judged, a paragraph.
        rows: of every reader.
        reader: whose figures are the task's.
        started: `time.perf_counter()` at the start.
        extra: sections that follow the tables.
    """
    readers = by_reader(rows)
    own = readers.get(reader, [])
    scores = score(own)
    groups: dict[str, Mapping[str, float]] = {
        f"reader {other}": {"n": len(theirs), **point_values(score(theirs))} for other, theirs in readers.items()
    }
    groups |= {group: {"n": len(part), **point_values(score(part))} for group, part in by_group(own).items()}
    seconds = time.perf_counter() - started
    result = Result.of(name, len({row.id for row in own}), scores, groups, seconds)
    sections = (Section("How it was judged", (method,)), *tables(name, rows, reader), *extra)
    return Outcome(result, Document(title, f"{result.n} samples; {seconds:.0f} s.", sections))


def tables(name: str, rows: Sequence[Row], reader: str) -> list[Section]:
    """The figures with intervals, reader by reader, as a table and as a picture, and the reader's own by part."""
    readers = by_reader(rows)
    scored = {one: score(theirs) for one, theirs in readers.items()}
    metrics = list(dict.fromkeys(metric for scores in scored.values() for metric in scores))
    figures = tuple((metric, *(_cell(scored[one].get(metric)) for one in readers)) for metric in metrics)
    caption = "Each figure with its 95 % interval, resampled by patient."
    shares = [metric for metric in metrics if all(_is_share(scores.get(metric)) for scores in scored.values())]
    picture = forest(f"{name}-figures", caption, scored, shares, zero=False)
    table = Table(("figure", *readers), figures, "with 95 % intervals by patient")
    sections = [Section("Figures", (table, picture))]
    parts = by_group(readers.get(reader, []))
    if parts:
        own = list(dict.fromkeys(metric for row in readers[reader] for metric in row.tallies))
        lines = tuple(
            (part, str(len(members)), *(_point(score(members).get(metric)) for metric in own))
            for part, members in parts.items()
        )
        sections.append(Section(f"By part, {reader}", (Table(("part", "samples", *own), lines),)))
    return sections


def _is_share(estimate: Estimate | None) -> bool:
    return estimate is None or 0.0 <= estimate.value <= 1.0


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    limits = f" [{estimate.low:.3f}, {estimate.high:.3f}]" if estimate.has_interval else ""
    return f"{estimate.value:.3f}{limits}"


def _point(estimate: Estimate | None) -> str:
    return _cell(estimate).partition(" ")[0]
