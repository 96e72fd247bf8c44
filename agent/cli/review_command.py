"""`calipers review`: many ECGs, one report each, worst first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calipers.agent.cli.options import Format, FormatOption, ModelOption, stderr, stdout
from calipers.errors import UnreadableInput, UsageError

if TYPE_CHECKING:
    from calipers.agent.batch import Progress as Reached

SOME_FAILED = 6


class Engine(StrEnum):
    """What the workers run on."""

    local = "local"
    ray = "ray"


def review(
    cases: Annotated[
        str, typer.Argument(help="A folder, a pattern, or a CSV, JSONL or Parquet manifest", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder of the results", show_default=False)],
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes at a time")] = 1,
    engine: Annotated[
        Engine, typer.Option("--engine", help="Processes of this machine, or Ray: here, or the cluster of RAY_ADDRESS")
    ] = Engine.local,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted review")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="With --resume: do the failed cases again")
    ] = False,
    questions: Annotated[
        Path | None, typer.Option("--questions", help="Text file: one question a line, asked of each case")
    ] = None,
    limit: Annotated[float, typer.Option("--limit", min=1, help="Seconds after which a case is given up")] = 600,
    memory: Annotated[float, typer.Option("--memory", min=0.5, help="GB that one worker may hold")] = 2.5,
    output: FormatOption = Format.text,
    model: ModelOption = None,
) -> None:
    """Review many ECGs: a report each, cases.jsonl, summary.csv, and index.html with the worst first."""
    from calipers.agent.batch import find_cases
    from calipers.agent.batch import review as review_cases
    from calipers.agent.choice import choose
    from calipers.settings import settings

    asked = _questions(questions)
    choice = choose(model)
    if choice.remote and not settings().allow_remote:
        raise UsageError(f"found model `{choice.name}`, which is remote; needed CALIPERS_ALLOW_REMOTE=true")
    found = find_cases(cases, leave_out=out)
    with _progress(len(found)) as listen:
        reviewed = review_cases(
            found,
            out,
            model=model,
            workers=workers,
            resume=resume,
            retry_failed=retry_failed,
            questions=asked,
            engine="ray" if engine is Engine.ray else "local",
            limit_s=limit,
            memory_gb=memory,
            listen=listen,
        )
    if output is Format.json:
        import json

        document = {"out": str(out), "counts": reviewed.counts, "cases": [line.model_dump() for line in reviewed.lines]}
        print(json.dumps(document, indent=1))
    else:
        counted = ", ".join(f"{count} {rank.replace('_', ' ')}" for rank, count in reviewed.counts.items())
        stdout.print(f"{len(reviewed.lines)} cases: {counted}", highlight=False, markup=False)
        stdout.print(f"Written to {out / 'index.html'}", highlight=False, markup=False)
    if reviewed.failed:
        raise typer.Exit(SOME_FAILED)


def _questions(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as problem:
        raise UnreadableInput(f"found `{file}`, which cannot be read as text; needed one question a line") from problem
    asked = [line for line in lines if line]
    if not asked:
        raise UsageError(f"found no question in `{file}`; needed one a line")
    return asked


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Reached], None]]:
    """A bar with rate and time left on standard error; nothing when it is not a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("reviewing"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal) as bar:
        task = bar.add_task("", total=total, pace="")

        def show(reached: Reached) -> None:
            minutes, seconds = divmod(round(reached.seconds_left), 60)
            pace = f"{reached.per_minute:.0f}/min, {minutes // 60}:{minutes % 60:02}:{seconds:02} left"
            bar.update(task, completed=reached.finished, pace=pace)

        yield show
