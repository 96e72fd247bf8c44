"""`calipers replay`: a run made again from its bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from calipers.agent.cli.options import Format, FormatOption, stdout, working

DIFFERS = 1


def replay(
    bundle: Annotated[Path, typer.Argument(help="bundle.zip of a run", show_default=False)],
    output: FormatOption = Format.text,
) -> None:
    """Run a bundle again: the same report (exit code 0), or what exactly differs (exit code 1)."""
    with working("running it again"):
        from calipers.agent.audit import load_bundle
        from calipers.agent.audit import replay as run_again

        outcome = run_again(load_bundle(bundle))
    if output is Format.json:
        print(outcome.model_dump_json(indent=1))
    elif outcome.identical:
        stdout.print(f"Identical: record {outcome.report.record}, {len(outcome.report.claims)} claims.", markup=False)
    else:
        for one in outcome.differences:
            stdout.print(f"{one.where}: recorded {one.recorded}, now {one.replayed}", markup=False, highlight=False)
        stdout.print(f"{len(outcome.differences)} differences.", markup=False)
    if not outcome.identical:
        raise typer.Exit(DIFFERS)
