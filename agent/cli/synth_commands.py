"""`calipers synth`: text to a synthetic ECG that is measured again, or a labelled set of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from calipers.agent.cli.options import Format, FormatOption, stdout, working, written

if TYPE_CHECKING:
    from calipers.ecg import Sex
    from calipers.tools.generate import Synthesis


def synth(
    out: Annotated[
        Path, typer.Option("--out", help="A .hea, .dcm, .png or .svg file; a folder with --count or --spec")
    ],
    text: Annotated[str | None, typer.Argument(help="What is wanted: 'AF with RBBB, rate about 110'")] = None,
    age: Annotated[float | None, typer.Option("--age", help="Years")] = None,
    sex: Annotated[str | None, typer.Option("--sex", help="male or female")] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same ECG")] = 0,
    like: Annotated[
        Path | None, typer.Option("--like", help="Change this ECG instead of making a new one; TEXT says what changes")
    ] = None,
    leads: Annotated[
        str | None,
        typer.Option("--complete-from", help="With --like: keep these leads and infer the others, e.g. I,II,V2"),
    ] = None,
    spec: Annotated[Path | None, typer.Option("--spec", help="A file of requests, one a line: text, or JSON")] = None,
    count: Annotated[int | None, typer.Option("--count", help="Make a labelled set of this many ECGs")] = None,
    output: FormatOption = Format.text,
) -> None:
    """Make a synthetic ECG from words; what was asked for is printed beside what was measured on it."""
    from calipers.ecg import Sex
    from calipers.errors import UsageError

    if sex not in (None, *get_args(Sex)):
        raise UsageError(f"found --sex `{sex}`; needed male or female")
    if count is not None or spec is not None:
        _training_set(out, text, spec, like, count or 0, seed)
        return
    made = _one(text, age, cast("Sex | None", sex), seed, like, leads)
    from calipers.tools.generate.writing import described, write

    files = write(made, out)
    if output is Format.json:
        print(json.dumps(described(made) | {"files": [str(path) for path in files]}, indent=1))
        return
    stdout.print("SYNTHETIC: not recorded from a person", style="bold", highlight=False)
    for line in made.lines():
        stdout.print(line, highlight=False, markup=False)
    tried = made.provenance.get("candidates", 1)
    stdout.print(f"{'All wishes met' if made.met else 'NOT all wishes met'}, {tried} candidates drawn", highlight=False)
    for key in made.provenance.get("learned_partly_from_simulated_signals", ()):
        stdout.print(f"{key}: learned partly from simulated signals", style="dim", highlight=False)
    written(files[0])


def _one(
    text: str | None, age: float | None, sex: Sex | None, seed: int, like: Path | None, leads: str | None
) -> Synthesis:
    from calipers.errors import UsageError
    from calipers.tools.generate import complete_leads, edit, synthesise
    from calipers.tools.read import read_ecg

    if like is None and text is None:
        raise UsageError("found neither TEXT nor --like; needed one of them")
    with working("generating and measuring"):
        if like is None:
            assert text is not None
            return synthesise(text, age=age, sex=sex, seed=seed)
        ecg = read_ecg(str(like))
        if leads is not None:
            return complete_leads(ecg, [name.strip() for name in leads.split(",")], seed=seed)
        if text is None:
            raise UsageError("found --like without TEXT or --complete-from; needed to know what changes")
        return edit(ecg, text, seed=seed)


def _training_set(out: Path, text: str | None, spec: Path | None, like: Path | None, count: int, seed: int) -> None:
    from calipers.tools.generate.training_sets import wishes_of, write_set

    wishes = wishes_of(text=text, spec=spec, like=like, count=count)
    with working("generating and measuring"):
        summary = write_set(wishes, out, seed=seed)
    stdout.print(
        f"{summary.made} made, {summary.met} with every wish met, {summary.kept} were there already", highlight=False
    )
    written(out / "manifest.jsonl")
