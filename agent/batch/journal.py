"""`cases.jsonl`: one line a case, on disk before the next is begun; what a kill leaves behind can be read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Literal

from pydantic import ValidationError

from calipers.evidence import Frozen

FILE: Final = "cases.jsonl"


class Line(Frozen):
    """One case of a review.

    Attributes:
        case: its name.
        path: its file as it was named.
        status: whether there is a report.
        error: why not.
        duplicate_of: the first case that is the same recording of the same patient.
        report: the report, relative to the folder of the review.
    """

    case: str
    path: str
    status: Literal["done", "failed"]
    error: str | None = None
    duplicate_of: str | None = None
    report: str | None = None


class Journal:
    """The lines of one review, appended as cases finish.

    Args:
        folder: of the review. A torn or damaged last line is cut off.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self.lines, whole_bytes = _read(self._path)
        self._file = self._path.open("ab")
        if self._path.stat().st_size > whole_bytes:
            self._file.truncate(whole_bytes)

    def add(self, line: Line) -> None:
        """Append one line; it is on the disk when this returns."""
        self._file.write(line.model_dump_json().encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.lines.append(line)

    def rewrite(self, lines: Iterable[Line]) -> None:
        """Put all lines in place of those that are there, at once."""
        self.lines = list(lines)
        replace_file(self._path, b"".join(line.model_dump_json().encode() + b"\n" for line in self.lines))

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that at any moment either the old or the new one is there, whole."""
    aside = path.with_name(f".{path.name}.new")
    with aside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(path)


def _read(path: Path) -> tuple[list[Line], int]:
    """The whole lines of a journal, and how many bytes they take."""
    if not path.exists():
        return [], 0
    lines: list[Line] = []
    whole_bytes = 0
    for raw in path.read_bytes().splitlines(keepends=True):
        if not raw.endswith(b"\n"):
            break
        try:
            lines.append(Line.model_validate_json(raw))
        except ValidationError:
            break
        whole_bytes += len(raw)
    return lines, whole_bytes
