"""`calipers eval`: the benchmarks, with every figure's interval, as a table, a report and one JSON document."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from calipers.errors import CalipersError

if TYPE_CHECKING:
    from rich.console import Console

    from calipers.evals.framework import Options, Result, Split


class Output(StrEnum):
    """What is printed on standard output."""

    text = "text"
    json = "json"


class Records(StrEnum):
    """Which records of a data set: those that something was trained or tuned on, those held out, or all.

    `tune` and `held` are the words of the reasoning benchmark for `training` and `validation`.
    """

    training = "training"
    validation = "validation"
    tune = "tune"
    held = "held"
    all = "all"


_SPLITS: Final[dict[Records, Split]] = {
    Records.training: "training",
    Records.validation: "validation",
    Records.tune: "training",
    Records.held: "validation",
    Records.all: "all",
}


def eval_(
    tasks: Annotated[
        list[str] | None, typer.Argument(metavar="[TASK]…", help="Task names; all of them by default")
    ] = None,
    output: Annotated[
        Output, typer.Option("--format", help="text, or one JSON document and nothing else")
    ] = Output.text,
    n: Annotated[
        int | None, typer.Option("--n", min=1, help="At most this many records of each set, evenly spread")
    ] = None,
    split: Annotated[
        Records, typer.Option("--split", help="Records trained or tuned on (training, tune), those held out, or all")
    ] = Records.all,
    model: Annotated[
        str | None, typer.Option("--model", help="Whose choices are scored, where a model is asked")
    ] = None,
    judge: Annotated[
        str | None, typer.Option("--judge", help="A model that scores answers beside the code, as `--model` names it")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the reports; by default under CALIPERS_HOME")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep the results in --out that today's code and weights would repeat")
    ] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes of a task")] = 2,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option("--compare", metavar="A B", help="Two folders of results, or two models to run and compare"),
    ] = None,
) -> None:
    """Run the benchmarks on $CALIPERS_DATA and write a report with figures beside the numbers."""
    from calipers.evals import Options, results_json
    from calipers.settings import settings

    folder = out if out is not None else settings().home / "evals"
    names = tasks or []
    asked = Options(data=Path(), n=n, split=_SPLITS[split], model=model, judge=judge, out=folder, workers=workers)
    if compare is not None:
        _compare(compare, names, asked, output)
        return
    results, problems = _run(names, asked, resume=resume)
    if output is Output.json:
        print(results_json(results))
    else:
        for result in results:
            _stdout().print(result.as_text(), highlight=False, markup=False)
    if problems:
        raise typer.Exit(problems[0].exit_code)


def _run(names: list[str], asked: Options, *, resume: bool) -> tuple[list[Result], list[CalipersError]]:
    """Each task's result as it ends; of several tasks one that cannot run is named and the others go on."""
    from calipers.evals import data_folder, task_names
    from calipers.evals.framework import run_task, saved, write_outcome
    from calipers.evals.framework.registry import package_of

    for name in names:
        package_of(name)
    options = replace(asked, data=data_folder())
    folder = options.out
    assert folder is not None
    results: list[Result] = []
    problems: list[CalipersError] = []
    for name in names or task_names():
        if resume and (kept := saved(name, options)) is not None:
            _stderr().print(f"{name}: kept, taken {kept.provenance['started']}", highlight=False, markup=False)
            results.append(kept)
            continue
        try:
            outcome = run_task(name, options)
        except CalipersError as problem:
            if len(names) == 1:
                raise
            problems.append(problem)
            _stderr().print(f"{name}: {problem}", highlight=False, markup=False)
            continue
        results.append(outcome.result)
        for path in write_outcome(outcome, folder):
            _stderr().print(f"Written to {path}", highlight=False, markup=False)
    return results, problems


def _compare(pair: tuple[str, str], names: list[str], asked: Options, output: Output) -> None:
    """Compare two runs; a name that is no folder or file is a model, and is run first."""
    from calipers.evals.framework.comparison import as_json, compare, report
    from calipers.evals.framework.document import write

    folder = asked.out
    assert folder is not None
    runs = []
    for one in pair:
        path = Path(one)
        if not path.exists():
            path = folder / one.replace("/", "-").replace(":", "-")
            _run(names, replace(asked, model=one, out=path), resume=True)
        runs.append(path)
    differences = [item for item in compare(*runs) if not names or item.task in names]
    for path in write(report(differences, pair), folder, "comparison"):
        _stderr().print(f"Written to {path}", highlight=False, markup=False)
    if output is Output.json:
        print(as_json(differences, pair))
        return
    for item in differences:
        mark = "*" if item.telling else " "
        ratio = f", × {item.ratio.value:.3f}" if item.ratio is not None else ""
        line = (
            f"{mark} {item.task} {item.metric}: {item.first:.4g} → {item.second:.4g} ({item.change.value:+.4g}{ratio})"
        )
        _stdout().print(line, highlight=False, markup=False)


def _stdout() -> Console:
    from rich.console import Console

    return Console(soft_wrap=True)


def _stderr() -> Console:
    from rich.console import Console

    return Console(stderr=True, soft_wrap=True)
