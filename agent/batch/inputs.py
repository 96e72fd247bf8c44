"""What is to be reviewed: every ECG in a folder, of a pattern, or in a CSV, JSONL or Parquet manifest."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from glob import glob
from pathlib import Path
from typing import Final

from calipers.agent.batch.case_input import CaseInput
from calipers.agent.batch.manifest import SUFFIXES, read_manifest
from calipers.errors import UsageError

#: What lies about in folders of ECGs and is none.
_BESIDE: Final = re.compile(
    r"(readme|license|licence|changelog|records|annotators|sha256sums).*|.*\.(md|html?|sha256)", re.I
)
#: What a WFDB header owns beside its signals: its stem with an annotator's name, or the facts of a synthetic ECG.
_OWN_FORMATS: Final = frozenset(
    {".xml", ".dcm", ".csv", ".npy", ".scp", ".edf", ".mwf", ".ecg", ".hl7", ".tsv", ".txt"}
)


def find_cases(cases: str | Path | Iterable[str | Path], *, leave_out: Path | None = None) -> list[CaseInput]:
    """The cases that a folder, a glob pattern, a manifest, one ECG file, or a list of ECG files names, in order.

    Args:
        cases: where they are. A manifest has the column `path`, and may have `case`, `patient`, `age`, `sex`,
            `question`, `priors` (separated by `;`) and others that are not used; its paths are relative to itself.
        leave_out: the folder of results, should it lie inside.

    Raises:
        UsageError: there is nothing at that place, or no case in it.
        UnreadableInput: the manifest cannot be read.
    """
    if not isinstance(cases, str | Path):
        found = _named([(Path(one).stem, Path(one)) for one in cases])
    else:
        place = Path(cases)
        if place.is_dir():
            found = _named(_in_folder(place, leave_out))
        elif place.is_file() and place.suffix.lower() in SUFFIXES and (rows := read_manifest(place)) is not None:
            found = rows
        elif place.is_file():
            found = _named([(place.stem, place)])
        else:
            paths = [Path(name) for name in sorted(glob(str(cases), recursive=True)) if Path(name).is_file()]
            found = _named([(path.stem, path) for path in _ecgs(paths)])
    if not found:
        raise UsageError(f"found no ECG at `{cases}`; needed a folder, a pattern, or a manifest with a `path` column")
    return found


def _in_folder(folder: Path, leave_out: Path | None) -> Iterator[tuple[str, Path]]:
    """Every ECG below a folder by its relative name; links are followed, each real folder once."""
    seen: set[str] = set()
    left_out = leave_out.resolve() if leave_out else None
    for root, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in seen or Path(real) == left_out:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in _ecgs([Path(root, name) for name in sorted(names) if not name.startswith(".")]):
            yield path.relative_to(folder).with_suffix("").as_posix(), path


def _ecgs(paths: Sequence[Path]) -> list[Path]:
    """The paths that each stand for an ECG: of a WFDB record its header."""
    headers = {path.with_suffix("") for path in paths if path.suffix == ".hea"}
    owned = {name for path in paths if path.suffix == ".hea" for name in _files_of(path)}
    return [
        path
        for path in paths
        if path not in owned
        and not _BESIDE.fullmatch(path.name)
        and (path.suffix == ".hea" or path.with_suffix("") not in headers or path.suffix.lower() in _OWN_FORMATS)
    ]


def _files_of(header: Path) -> Iterator[Path]:
    """The signal files that a header names, and the headers of its segments."""
    try:
        with header.open("rb") as stream:
            lines = stream.read(65_536).decode("latin-1").splitlines()
    except OSError:
        return  # reading the case will say so
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    in_segments = bool(lines) and "/" in lines[0].split()[0]
    for line in lines[1:]:
        first = line.split()[0]
        yield header.with_name(f"{first}.hea" if in_segments else first)


def _named(found: Iterable[tuple[str, Path]]) -> list[CaseInput]:
    """Cases by name; where two files share one, their suffixes tell them apart, then a number."""
    pairs = list(found)
    times = Counter(name for name, _ in pairs)
    wanted = [(name if times[name] == 1 else f"{name}{path.suffix}", path) for name, path in pairs]
    taken: Counter[str] = Counter()
    cases = []
    for name, path in wanted:
        taken[name] += 1
        number = f"-{taken[name]}" if taken[name] > 1 else ""
        cases.append(CaseInput(case=f"{name}{number}", paths=(os.fspath(path),)))
    return cases
