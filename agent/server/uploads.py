"""From the files of one upload to ECGs. Names that a client sends are never paths here.

A file is stored under a name of ours in a folder that is gone when it was read. Only a plain name of letters,
digits, `.`, `_` and `-` is kept, because a WFDB header names its signal files.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from calipers.ecg import Ecg, Sex
from calipers.errors import CalipersError, UsageError
from calipers.tools.read import read_ecg
from calipers.tools.read.files import shown

MOST_FILES: Final = 64
#: Ten million samples a lead: five and a half hours at 500 Hz.
MOST_SAMPLES: Final = 10_000_000
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,8}")


class Upload(NamedTuple):
    """One file as it came: the name that the client gave it, and its bytes."""

    name: str
    content: bytes


class ReadUpload(NamedTuple):
    """One ECG of an upload, or why it could not be read."""

    name: str
    ecg: Ecg | None
    error: str | None


def read_uploads(
    files: Sequence[Upload], scratch: Path, *, age: float | None = None, sex: Sex | None = None
) -> list[ReadUpload]:
    """Read every ECG of an upload; the files of one WFDB record count as one.

    Args:
        files: what was sent.
        scratch: a folder for the time of reading.
        age: years, where the files do not say.
        sex: where the files do not say.

    Raises:
        UsageError: no file, or too many.
    """
    if not 0 < len(files) <= MOST_FILES:
        raise UsageError(f"found {len(files)} files; needed 1 to {MOST_FILES}")
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as made:
        folder = Path(made)
        return [_read(name, paths, folder, age, sex) for name, paths in _records(_stored(files, folder))]


def _stored(files: Sequence[Upload], folder: Path) -> list[tuple[str, Path]]:
    """Shown name and path of each file; of two with one name the second gets a folder of its own."""
    stored = []
    for number, file in enumerate(files):
        base = re.split(r"[/\\]", file.name)[-1]
        suffix = Path(base).suffix
        plain = base if _PLAIN.fullmatch(base) else f"file{number}{suffix if _SUFFIX.fullmatch(suffix) else ''}"
        path = folder / plain
        if path.exists():
            path = folder / str(number) / plain
            path.parent.mkdir()
        path.write_bytes(file.content)
        stored.append((shown(base) or f"file {number + 1}", path))
    return stored


def _records(stored: Sequence[tuple[str, Path]]) -> Iterator[tuple[str, list[Path]]]:
    """Files that belong together: a WFDB header with the files that it names, everything else by itself."""
    headers = [(name, path) for name, path in stored if path.suffix == ".hea"]
    taken: set[Path] = set()
    for name, header in headers:
        words = set(header.read_bytes().decode("latin-1").split())
        taken |= {path for _, path in stored if path.parent == header.parent and path.name in words} | {header}
        yield name, [header]
    for name, path in stored:
        if path not in taken and not any(path.stem == header.stem for _, header in headers):
            yield name, [path]


def _read(name: str, paths: list[Path], folder: Path, age: float | None, sex: Sex | None) -> ReadUpload:
    try:
        ecg = read_ecg(paths[0] if len(paths) == 1 else list(paths), age=age, sex=sex)
        if ecg.signal_mv.shape[1] > MOST_SAMPLES:
            raise UsageError(
                f"found {ecg.duration_s / 3600:.1f} h in one upload; needed fewer than {MOST_SAMPLES:,} samples a lead"
                " (`calipers interpret` reads longer ones)"
            )
    except CalipersError as problem:
        # The folder's name says nothing to the user.
        return ReadUpload(name, None, str(problem).replace(f"{folder}/", ""))
    return ReadUpload(name, ecg, None)
