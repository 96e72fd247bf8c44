"""`calipers demo` and `calipers interpret`: one ECG, one report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from calipers.agent.cli.options import (
    Format,
    FormatOption,
    ModelOption,
    Reading,
    RecordArgument,
    reading_options,
    stderr,
    stdout,
    working,
    written,
)
from calipers.errors import CalipersError

ALL_WITHHELD = 4


def demo(model: ModelOption = None) -> None:
    """Interpret the real 12-lead DICOM ECG that the pydicom package ships, beside the device's own numbers."""
    from pydicom.data import get_testdata_file

    import calipers
    from calipers.agent.cli import show

    started = time.perf_counter()
    with working("loading the engine"):
        path = get_testdata_file("waveform_ecg.dcm", download=False)
    if path is None:
        raise CalipersError("found no waveform_ecg.dcm in the pydicom package; needed it for the demo")
    ecg = calipers.read_ecg(str(path))
    with working("measuring and checking"):
        agent = calipers.Agent(model)
        report = agent.interpret(ecg)
    show.heading(stdout, ecg)
    show.beside_device(stdout, ecg, report)
    show.report(stdout, report)
    faults = calipers.verify(report, ecg)
    stdout.print(
        f"\nChecked again from the signal: {len(faults)} faults in {len(report.claims)} claims.", highlight=False
    )
    stdout.print(
        f"{time.perf_counter() - started:.1f} s. Research use, not a medical device.", style="dim", highlight=False
    )


@reading_options()
def interpret(
    record: RecordArgument,
    how: Reading,
    ask: Annotated[str | None, typer.Option("--ask", help="A question to answer beside the full reading")] = None,
    prior: Annotated[list[Path] | None, typer.Option("--prior", help="An earlier ECG of the same patient")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write report.json, report.html, trace.png, run.json, bundle.zip here")
    ] = None,
    output: FormatOption = Format.text,
    model: ModelOption = None,
    allow_synthetic: Annotated[
        bool, typer.Option("--allow-synthetic", help="Read an ECG that was made by a generator; the report says so")
    ] = False,
) -> None:
    """Interpret one ECG: a report whose every claim cites what was measured."""
    import calipers
    from calipers.agent.cli import show
    from calipers.errors import UsageError

    started = time.perf_counter()
    with working("reading"):
        ecg = how.read(record)
        priors = [how.read(path) for path in prior or []]
    if ecg.synthetic and not allow_synthetic:
        raise UsageError("found a synthetic ECG, not recorded from a person; needed --allow-synthetic to interpret it")
    with working("measuring and checking"):
        agent = calipers.Agent(model)
        if model == "embedded":
            stderr.print(f"calipers: {agent.choice.reason}", highlight=False, markup=False)
        from calipers.agent.audit import SingleCase, save_bundle
        from calipers.agent.graph import build_graph

        finished = SingleCase(build_graph(), agent.choice, ecg, priors, agent.home).interpret(ask)
        report = finished.report
    if out is not None:
        with working("drawing"):
            from calipers.agent.output import write_case

            run = {"seconds": round(time.perf_counter() - started, 3), "input": [str(path) for path in record]}
            write_case(out, ecg, report, run, priors)
            save_bundle(out / "bundle.zip", finished, ecg, priors)
    if output is Format.json:
        print(report.model_dump_json(indent=1))
    else:
        show.heading(stdout, ecg)
        show.report(stdout, report)
        if out is not None:
            stdout.print()
            written(out)
    if report.withheld and not report.claims:
        raise typer.Exit(ALL_WITHHELD)
