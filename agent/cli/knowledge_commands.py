"""`calipers search` and `calipers history`: the guideline corpus, and earlier reports of the user's patients."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

if TYPE_CHECKING:
    from calipers.knowledge.guidelines import Passage
    from calipers.knowledge.store.history import HistoryEntry

SOME_FAILED = 6

history_app = typer.Typer(help="Earlier reports of the user's patients.", no_args_is_help=True)


class Output(StrEnum):
    """What is printed on standard output."""

    text = "text"
    json = "json"


class Author(StrEnum):
    """Who wrote a report."""

    clinician = "clinician"
    device = "device"
    calipers = "calipers"


OutputOption = Annotated[Output, typer.Option("--format", help="text, or one JSON document and nothing else")]


def search(
    text: Annotated[str, typer.Argument(help="A question or words", show_default=False)] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=20, help="At most this many passages")] = 5,
    output: OutputOption = Output.text,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build the index anew first")] = False,
) -> None:
    """What published guidelines say, paraphrased, with society and year; nothing where none of it answers."""
    from calipers.errors import UsageError
    from calipers.knowledge.store.guideline_index import build_guideline_index
    from calipers.tools.retrieve import search_guidelines

    console = Console()
    if not text.strip() and not rebuild:
        raise UsageError("found no text; needed a question or words")
    if rebuild:
        started = time.perf_counter()
        folder = build_guideline_index()
        Console(stderr=True, soft_wrap=True).print(
            f"Built {folder} in {time.perf_counter() - started:.1f} s", highlight=False, markup=False
        )
    hits = search_guidelines(text, limit=limit)
    if output is Output.json:
        print(
            json.dumps([hit.passage.model_dump(mode="json") | {"relevance": hit.relevance} for hit in hits], indent=1)
        )
    elif hits:
        for hit in hits:
            console.print(_heading(hit.passage))
            console.print(Padding(Text(hit.passage.text), (0, 0, 0, 2)))
            console.print(Padding(Text(_provenance(hit.passage), style="dim"), (0, 0, 1, 2)))
    elif text.strip():
        console.print("No guideline passage on file answers that.", highlight=False)


@history_app.command("add")
def add(
    paths: Annotated[list[Path], typer.Argument(help="Text, CSV, JSON, report.json, DICOM SR, FHIR; files or folders")],
    patient: Annotated[str | None, typer.Option("--patient", help="Patient id, where the file names none")] = None,
    author: Annotated[Author | None, typer.Option("--author", help="Who wrote it, where the file does not say")] = None,
    date: Annotated[str | None, typer.Option("--date", help="Date like 2024-03-01, where the file names none")] = None,
    confirmed: Annotated[bool, typer.Option("--confirmed", help="A clinician confirmed what is added now")] = False,
    output: OutputOption = Output.text,
) -> None:
    """Take earlier reports into the store; only what a clinician wrote or confirmed supports a claim."""
    from calipers.tools.retrieve.history import add_history
    from calipers.tools.retrieve.report_files import Defaults

    defaults = Defaults(patient, author.value if author else None, date, confirmed)
    intake = add_history(paths, defaults)
    stderr = Console(stderr=True, soft_wrap=True)
    for line in intake.failures:
        stderr.print(f"calipers: {line}", highlight=False, markup=False)
    if output is Output.json:
        kept = {"added": intake.added, "duplicates": intake.duplicates}
        facts = {name: [_facts(entry) for entry in entries] for name, entries in kept.items()}
        print(json.dumps(facts | {"failures": list(intake.failures)}, indent=1))
    else:
        silent = sum(not entry.supports_claims for entry in intake.added)
        note = f"; {silent} not confirmed by a clinician, which support no claim" if silent else ""
        Console(soft_wrap=True).print(
            f"{len(intake.added)} added, {len(intake.duplicates)} there already, {len(intake.failures)} failed{note}.",
            highlight=False,
        )
    if intake.failures:
        raise typer.Exit(SOME_FAILED)


@history_app.command("list")
def list_(
    patient: Annotated[str, typer.Argument(help="Patient id")],
    about: Annotated[str, typer.Option("--about", help="Those nearest to these words first")] = "",
    output: OutputOption = Output.text,
) -> None:
    """A patient's earlier reports, the latest first."""
    from calipers.tools.retrieve import search_history

    found = search_history(patient, about, limit=1000)
    if output is Output.json:
        print(json.dumps([_facts(entry) for entry in found], indent=1))
        return
    console = Console()
    for entry in found:
        standing = "" if entry.supports_claims else ", not confirmed"
        console.print(Text(f"{entry.recorded_at or 'no date'}  {entry.author}{standing}", style="bold"))
        console.print(Padding(Text(entry.text), (0, 0, 1, 2)))
    if not found:
        console.print("No earlier report is on file.", highlight=False)


def _facts(entry: HistoryEntry) -> dict[str, object]:
    return {"id": entry.id, "supports_claims": entry.supports_claims, **entry.model_dump(mode="json")}


def _heading(passage: Passage) -> Text:
    """`Paraphrase of AHA/ACCF/HRS 2009  guide:…`."""
    return Text.assemble((f"Paraphrase of {passage.source}", "bold"), "  ", (passage.id, "cyan"))


def _provenance(passage: Passage) -> str:
    """The document, what was checked of it, and where the fact was seen."""
    checked = passage.section or "section not checked"
    if passage.recommendation_class:
        checked += f", class {passage.recommendation_class}"
    if passage.level:
        checked += f", level {passage.level}"
    supersedes = f" Supersedes {'; '.join(passage.document.supersedes)}." if passage.document.supersedes else ""
    seen = f"Seen at {passage.seen_at}" if passage.seen_at else "Not re-seen at the source"
    return f"{passage.document.title} ({checked}).{supersedes} {seen}."
