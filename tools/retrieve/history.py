"""A patient's earlier reports: taking them in from files, and finding them again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from calipers.errors import CalipersError
from calipers.knowledge.store.history import HistoryEntry, HistoryStore
from calipers.tools.retrieve.report_files import Defaults, read_reports


class Intake(NamedTuple):
    """What became of the files: entries kept, entries there already, and one line for each file that failed."""

    added: tuple[HistoryEntry, ...]
    duplicates: tuple[HistoryEntry, ...]
    failures: tuple[str, ...]


def add_history(paths: Sequence[Path], defaults: Defaults | None = None, *, home: Path | None = None) -> Intake:
    """Take reports into the store; a file that cannot be read is named and the rest goes on.

    Args:
        paths: files, or folders whose files are taken in order.
        defaults: what to assume where a file does not say.
        home: by default `CALIPERS_HOME`.
    """
    store = HistoryStore(home)
    added: list[HistoryEntry] = []
    duplicates: list[HistoryEntry] = []
    failures: list[str] = []
    for path in _files(paths):
        try:
            entries = read_reports(path, defaults or Defaults())
        except CalipersError as problem:
            failures.append(f"{path.name}: {problem}")
            continue
        for entry in entries:
            kept = store.add(entry)
            (added if kept.new else duplicates).append(kept.entry)
    if added:
        store.rebuild()
    return Intake(tuple(added), tuple(duplicates), tuple(failures))


def search_history(
    patient_id: str, question: str = "", *, limit: int = 5, home: Path | None = None
) -> list[HistoryEntry]:
    """A patient's earlier reports, those nearest to the question first; empty when none is on file."""
    return HistoryStore(home).search(patient_id, question, limit)


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        else:
            yield path
