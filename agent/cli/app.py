"""The commands. Each parses, calls the engine, prints; errors are one line and the exit code of their family."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, cast, get_args

import typer
from rich.console import Console

from calipers.agent.cli.eval_command import eval_
from calipers.agent.cli.knowledge_commands import history_app, search
from calipers.errors import CalipersError

if TYPE_CHECKING:
    from calipers.ecg import Ecg

app = typer.Typer(
    name="calipers",
    help="Interpret 12-lead ECGs; every claim is measured, cited and re-checked by code. Research use, not a medical device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
stdout = Console(soft_wrap=True)
stderr = Console(stderr=True, soft_wrap=True)

ALL_WITHHELD = 4


class Format(StrEnum):
    """What is printed on standard output."""

    text = "text"
    json = "json"


class Layout(StrEnum):
    """How the twelve leads are arranged on the page."""

    three_by_four = "3x4+1"
    six_by_two = "6x2"
    twelve_by_one = "12x1"


RecordArgument = Annotated[
    list[Path], typer.Argument(help="ECG file; name both files of a pair, or one of them", show_default=False)
]
ModelOption = Annotated[
    str | None, typer.Option("--model", help="none, embedded, provider:model, or an OpenAI-compatible URL")
]
FormatOption = Annotated[Format, typer.Option("--format", help="text, or one JSON document and nothing else")]
RateOption = Annotated[float | None, typer.Option("--fs", help="Sampling rate in Hz, for CSV and NPY files")]
UnitOption = Annotated[str | None, typer.Option("--unit", help="mV, uV or V, for files that do not say")]
LeadsOption = Annotated[
    str | None, typer.Option("--leads", help="Lead names of the rows, comma-separated, for NPY files")
]
AgeOption = Annotated[float | None, typer.Option("--age", help="Years, if the file does not say")]
SexOption = Annotated[str | None, typer.Option("--sex", help="male or female, if the file does not say")]


def main() -> None:
    """Entry point: run the command and turn errors into one line and an exit code."""
    try:
        # The code of a `typer.Exit` comes back as the result; commands themselves return nothing.
        ended = app(standalone_mode=False)
        if isinstance(ended, int):
            sys.exit(ended)
    except CalipersError as problem:
        _fail(str(problem), problem.exit_code)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    except typer.Abort:
        _fail("interrupted", 130)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as problem:
        # typer's usage errors are click exceptions, with the wording and code 2 the shell expects.
        show = getattr(problem, "show", None)
        if show is None:
            raise
        show()
        sys.exit(getattr(problem, "exit_code", 2))


def _fail(message: str, code: int) -> NoReturn:
    stderr.print(f"calipers: {message}", style=None, markup=False, highlight=False)
    sys.exit(code)


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on standard error while a slow step runs; nothing when it is not a terminal."""
    if not stderr.is_terminal:
        yield
        return
    with stderr.status(what):
        yield


@app.command()
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


@app.command()
def interpret(
    record: RecordArgument,
    ask: Annotated[str | None, typer.Option("--ask", help="A question to answer beside the full reading")] = None,
    prior: Annotated[list[Path] | None, typer.Option("--prior", help="An earlier ECG of the same patient")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write report.json, report.html, trace.png, run.json here")
    ] = None,
    output: FormatOption = Format.text,
    model: ModelOption = None,
    fs: RateOption = None,
    unit: UnitOption = None,
    leads: LeadsOption = None,
    age: AgeOption = None,
    sex: SexOption = None,
) -> None:
    """Interpret one ECG: a report whose every claim cites what was measured."""
    import calipers
    from calipers.agent.cli import show

    started = time.perf_counter()
    with working("reading"):
        ecg = _read(record, fs, unit, leads, age, sex)
        priors = [_read([path], fs, unit, leads, age, sex) for path in prior or []]
    with working("measuring and checking"):
        agent = calipers.Agent(model)
        if model == "embedded":
            stderr.print(f"calipers: {agent.choice.reason}", highlight=False, markup=False)
        report = agent.interpret(ecg, ask, priors)
    if out is not None:
        with working("drawing"):
            from calipers.agent.output import write_case

            write_case(
                out,
                ecg,
                report,
                {"seconds": round(time.perf_counter() - started, 3), "input": [str(p) for p in record]},
                priors,
            )
    if output is Format.json:
        print(report.model_dump_json(indent=1))
    else:
        show.heading(stdout, ecg)
        show.report(stdout, report)
        if out is not None:
            stdout.print(f"\nWritten to {out}", highlight=False, markup=False)
    if report.withheld and not report.claims:
        raise typer.Exit(ALL_WITHHELD)


@app.command()
def measure(
    record: RecordArgument,
    output: FormatOption = Format.text,
    fs: RateOption = None,
    unit: UnitOption = None,
    leads: LeadsOption = None,
) -> None:
    """The measurements alone, with uncertainty, or the reason why there is none; of a long record its course too."""
    from calipers.agent.cli import show
    from calipers.tools.measure import examine

    with working("reading"):
        ecg = _read(record, fs, unit, leads, None, None)
    with working("measuring"):
        found = examine(ecg)
    course = found.timeline
    if output is Format.json:
        items = [item.model_dump(mode="json") for item in found.measurements.held]
        document: dict[str, object] = {"record": ecg.record, "measurements": items}
        if course is not None:
            document["timeline"] = course.model_dump(mode="json")
        print(json.dumps(document, indent=1))
    else:
        show.heading(stdout, ecg)
        show.measurements(stdout, found.measurements.held)
        if course is not None:
            show.timeline(stdout, course)


@app.command()
def explain(
    record: RecordArgument,
    statement: Annotated[str, typer.Argument(help="Key, SCP code or name: 1AVB, 'left bundle branch block'")],
    output: FormatOption = Format.text,
    fs: RateOption = None,
    unit: UnitOption = None,
    leads: LeadsOption = None,
    age: AgeOption = None,
    sex: SexOption = None,
) -> None:
    """The chain of criteria behind one statement, step by step."""
    import calipers
    from calipers.agent.cli import show

    ecg = _read(record, fs, unit, leads, age, sex)
    with working("measuring"):
        chain = calipers.explain(ecg, statement)
    if output is Format.json:
        print(chain.model_dump_json(indent=1))
    else:
        show.chain(stdout, chain)


@app.command()
def compare(
    record: Annotated[Path, typer.Argument(help="The ECG under review", show_default=False)],
    priors: Annotated[list[Path], typer.Argument(help="Earlier ECGs of the same patient", show_default=False)],
    output: FormatOption = Format.text,
    fs: RateOption = None,
    unit: UnitOption = None,
    leads: LeadsOption = None,
    age: AgeOption = None,
    sex: SexOption = None,
) -> None:
    """What is new, gone, worse or unchanged against earlier ECGs of the same patient."""
    import calipers
    from calipers.agent.cli import show_changes
    from calipers.tools.compare import in_order

    with working("reading"):
        ecg = _read([record], fs, unit, leads, age, sex)
        earlier = [_read([path], fs, unit, leads, age, sex) for path in priors]
    with working("measuring and comparing"):
        found = in_order(calipers.compare(ecg, prior) for prior in earlier)
    if output is Format.json:
        document = {"record": ecg.record, "changes": [one.model_dump(mode="json") for one in found]}
        print(json.dumps(document, indent=1))
    else:
        show_changes.changes(stdout, found, calipers.measure(ecg))


@app.command()
def render(
    record: RecordArgument,
    out: Annotated[Path, typer.Option("--out", help="A .png or .svg file")] = Path("trace.png"),
    layout: Annotated[Layout, typer.Option("--layout", help="Arrangement of the leads")] = Layout.three_by_four,
    evidence: Annotated[str, typer.Option("--evidence", help="Ids to draw as calipers, comma-separated")] = "",
    fs: RateOption = None,
    unit: UnitOption = None,
    leads: LeadsOption = None,
) -> None:
    """Draw the ECG on paper at true scale, 25 mm/s and 10 mm/mV."""
    import calipers
    from calipers.errors import UsageError

    if out.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"found output `{out.name}`; needed a name ending in .png or .svg")
    ecg = _read(record, fs, unit, leads, None, None)
    with working("drawing"):
        picture = calipers.render(
            ecg,
            layout=layout.value,
            measurements=calipers.measure(ecg),
            evidence=[key.strip() for key in evidence.split(",") if key.strip()],
            format="svg" if out.suffix.lower() == ".svg" else "png",
        )
        picture.save(out)
    for missed in picture.not_drawn:
        stderr.print(f"calipers: {missed.id} not drawn: {missed.reason}", highlight=False, markup=False)
    stdout.print(f"Written to {out}", highlight=False, markup=False)


@app.command()
def fetch() -> None:
    """Bring the base weights into the cache; nothing is ever fetched while answering."""
    from calipers.agent.fetch import fetch_base_weights, fetch_embedding_weights

    with working("fetching the base weights"):
        found = [fetch_base_weights(), fetch_embedding_weights()]
    for path, fetched in found:
        stdout.print(f"{'Fetched' if fetched else 'Already there'}: {path}", highlight=False, markup=False)


@app.command()
def doctor(output: FormatOption = Format.text) -> None:
    """What is installed, found and hashed; exit code 5 when a needed part is missing."""
    from calipers.agent.cli import show
    from calipers.agent.doctor import examine_installation

    findings = examine_installation()
    if output is Format.json:
        print(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        show.findings(stdout, findings)
    if any(finding.needed and not finding.ok for finding in findings):
        raise typer.Exit(5)


app.command("eval")(eval_)
app.command("search")(search)
app.add_typer(history_app, name="history")


def _read(
    record: list[Path], fs: float | None, unit: str | None, leads: str | None, age: float | None, sex: str | None
) -> Ecg:
    from calipers.ecg import Sex
    from calipers.errors import UsageError
    from calipers.tools.read import read_ecg

    if sex not in (None, *get_args(Sex)):
        raise UsageError(f"found --sex `{sex}`; needed male or female")
    known_sex = cast("Sex | None", sex)
    names = [name.strip() for name in leads.split(",")] if leads else None
    paths = [str(path) for path in record]
    return read_ecg(paths[0] if len(paths) == 1 else paths, fs_hz=fs, unit=unit, leads=names, age=age, sex=known_sex)
