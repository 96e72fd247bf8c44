"""`calipers measure`, `explain`, `compare` and `render`: the tools by themselves, without an agent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from calipers.agent.cli.options import (
    Format,
    FormatOption,
    Layout,
    Reading,
    RecordArgument,
    reading_options,
    stderr,
    stdout,
    working,
    written,
)


@reading_options(patient=False)
def measure(record: RecordArgument, how: Reading, output: FormatOption = Format.text) -> None:
    """The measurements alone, with uncertainty, or the reason why there is none; of a long record its course too."""
    from calipers.agent.cli import show
    from calipers.tools.measure import examine

    with working("reading"):
        ecg = how.read(record)
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


@reading_options()
def explain(
    record: RecordArgument,
    statement: Annotated[str, typer.Argument(help="Key, SCP code or name: 1AVB, 'left bundle branch block'")],
    how: Reading,
    output: FormatOption = Format.text,
) -> None:
    """The chain of criteria behind one statement, step by step."""
    import calipers
    from calipers.agent.cli import show

    ecg = how.read(record)
    with working("measuring"):
        chain = calipers.explain(ecg, statement)
    if output is Format.json:
        print(chain.model_dump_json(indent=1))
    else:
        show.chain(stdout, chain)


@reading_options()
def compare(
    record: Annotated[Path, typer.Argument(help="The ECG under review", show_default=False)],
    priors: Annotated[list[Path], typer.Argument(help="Earlier ECGs of the same patient", show_default=False)],
    how: Reading,
    output: FormatOption = Format.text,
) -> None:
    """What is new, gone, worse or unchanged against earlier ECGs of the same patient."""
    import calipers
    from calipers.agent.cli import show_changes
    from calipers.tools.compare import in_order

    with working("reading"):
        ecg = how.read(record)
        earlier = [how.read(path) for path in priors]
    with working("measuring and comparing"):
        found = in_order(calipers.compare(ecg, prior) for prior in earlier)
    if output is Format.json:
        document = {"record": ecg.record, "changes": [one.model_dump(mode="json") for one in found]}
        print(json.dumps(document, indent=1))
    else:
        show_changes.changes(stdout, found, calipers.measure(ecg))


@reading_options(patient=False)
def render(
    record: RecordArgument,
    how: Reading,
    out: Annotated[Path, typer.Option("--out", help="A .png or .svg file")] = Path("trace.png"),
    layout: Annotated[Layout, typer.Option("--layout", help="Arrangement of the leads")] = Layout.three_by_four,
    evidence: Annotated[str, typer.Option("--evidence", help="Ids to draw as calipers, comma-separated")] = "",
) -> None:
    """Draw the ECG on paper at true scale, 25 mm/s and 10 mm/mV."""
    import calipers
    from calipers.errors import UsageError

    if out.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"found output `{out.name}`; needed a name ending in .png or .svg")
    ecg = how.read(record)
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
    written(out)
