"""The files a user named: they exist, are ordinary files, and are small enough to read."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from calipers.errors import UnreadableInput

#: Formats are told apart by their first bytes.
HEAD_BYTES: Final = 4096
_MEGABYTE: Final = 1024 * 1024
_LONGEST_SHOWN: Final = 80


def shown(text: object) -> str:
    """Text from a file or a path, fit for one line of a message: printable and not too long."""
    printable = "".join(c if c.isprintable() else "�" for c in str(text))
    return printable if len(printable) <= _LONGEST_SHOWN else printable[: _LONGEST_SHOWN - 1] + "…"


def check_file(path: Path) -> int:
    """The size in bytes of an ordinary, non-empty, readable file that is not too large.

    Raises:
        UnreadableInput: it is none of that; nothing of it has been read yet.
    """
    name = shown(path.name or path)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as absent:
        raise UnreadableInput(f"found no file `{shown(path)}`; needed an ECG file") from absent
    except PermissionError as denied:
        raise UnreadableInput(f"found no permission to read `{name}`; needed a readable file") from denied
    except (OSError, ValueError) as broken:  # ValueError: a null byte in the name
        raise UnreadableInput(f"found a path that cannot be opened (`{name}`); needed an ECG file") from broken
    if stat.S_ISDIR(status.st_mode):
        raise UnreadableInput(f"found a directory, `{name}`; needed one ECG file, or `calipers review` for a folder")
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableInput(f"found a pipe or device, `{name}`; needed an ordinary file")
    if status.st_size == 0:
        raise UnreadableInput(f"found an empty file, `{name}` (0 bytes); needed an ECG")
    from calipers.settings import settings  # pydantic: 0.1 s that importing `read_ecg` need not take

    limit_mb = settings().max_input_mb
    if status.st_size > limit_mb * _MEGABYTE:
        raise UnreadableInput(
            f"found {status.st_size / _MEGABYTE:,.0f} MB in `{name}`; needed at most {limit_mb:,} MB"
            " (`CALIPERS_MAX_INPUT_MB`)"
        )
    return status.st_size


def head_of(path: Path) -> bytes:
    """The first bytes of a file, from which its format is told.

    Raises:
        UnreadableInput: it may not be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(HEAD_BYTES)
    except PermissionError as denied:
        raise UnreadableInput(f"found no permission to read `{shown(path.name)}`; needed a readable file") from denied
    except OSError as broken:
        raise UnreadableInput(
            f"found `{shown(path.name)}`, which cannot be read ({broken.strerror}); needed a readable file"
        ) from broken


def sha256_of(paths: Iterable[Path]) -> str:
    """sha256 over the bytes of all files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(set(paths), key=lambda p: (p.name, os.fspath(p))):
        with path.open("rb") as stream:
            for chunk in iter(lambda: stream.read(_MEGABYTE), b""):
                digest.update(chunk)
    return digest.hexdigest()
