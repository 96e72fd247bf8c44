"""`calipers eval`: the benchmarks, with every figure's interval, as a table, a report and one JSON document."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from calipers.evals.framework import Split


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
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the reports; by default under CALIPERS_HOME")
    ] = None,
) -> None:
    """Run the benchmarks on $CALIPERS_DATA and write a report with figures beside the numbers."""
    from rich.console import Console

    from calipers.evals import Options, data_folder, results_json, run
    from calipers.evals.framework import write_outcome
    from calipers.settings import settings

    stderr = Console(stderr=True, soft_wrap=True)
    outcomes = run(tasks or [], Options(data=data_folder(), n=n, split=_SPLITS[split], model=model))
    folder = out if out is not None else settings().home / "evals"
    for outcome in outcomes:
        for path in write_outcome(outcome, folder):
            stderr.print(f"Written to {path}", highlight=False, markup=False)
    if output is Output.json:
        print(results_json([outcome.result for outcome in outcomes]))
        return
    console = Console(soft_wrap=True)
    for outcome in outcomes:
        console.print(outcome.result.as_text(), highlight=False, markup=False)
