"""`calipers anonymise`: copies of ECGs and of our own reports that can be shared."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from calipers.agent.cli.options import stdout, working


class Age(StrEnum):
    """What becomes of the age."""

    keep = "keep"
    decade = "decade"
    remove = "remove"


class Dates(StrEnum):
    """What becomes of dates."""

    remove = "remove"
    shift = "shift"


def anonymise(
    paths: Annotated[list[Path], typer.Argument(help="ECG files, report.json, bundle.zip, or folders of them")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the copies", show_default=False)],
    age: Annotated[Age, typer.Option("--age", help="Over 89 is always given as 90")] = Age.keep,
    dates: Annotated[
        Dates, typer.Option("--dates", help="shift: back by a stretch of the patient's own")
    ] = Dates.remove,
    sex: Annotated[bool, typer.Option("--sex/--no-sex", help="Keep the sex")] = True,
    key: Annotated[
        Path | None, typer.Option("--key", help="File of the pseudonyms' secret; by default in CALIPERS_HOME")
    ] = None,
    fs: Annotated[float | None, typer.Option("--fs", help="Sampling rate in Hz, for CSV and NPY files")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="mV, uV or V, for files that do not say")] = None,
    leads: Annotated[str | None, typer.Option("--leads", help="Lead names, comma-separated, for NPY files")] = None,
) -> None:
    """Write copies without identity: signal, leads, age and sex under a pseudonym; nothing else is carried over."""
    from calipers.agent.anonymising import anonymise as copy
    from calipers.settings import settings
    from calipers.tools.anonymise import Rules, load_key

    rules = Rules(
        load_key(key or settings().home / "anonymise.key"),
        age=age.value,
        dates=dates.value,
        sex=sex,
    )
    names = [one.strip() for one in leads.split(",")] if leads else None
    for path in paths:
        with working("copying"):
            made = copy([path], out, rules, fs_hz=fs, unit=unit, leads=names)
        for one in made:
            written = ", ".join(str(file) for file in one.files)
            stdout.print(f"{one.given} → {written}", highlight=False, markup=False)
