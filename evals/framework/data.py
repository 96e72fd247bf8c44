"""Where the data sets are."""

from __future__ import annotations

from pathlib import Path

from calipers.errors import MissingPart
from calipers.settings import settings


def data_folder() -> Path:
    """`$CALIPERS_DATA`, else `../shared/data` beside the repository.

    Raises:
        MissingPart: there is no such folder.
    """
    folder = settings().data or Path(__file__).resolve().parents[3] / "shared" / "data"
    if not folder.is_dir():
        raise MissingPart(
            f"found no data sets at `{folder}`; needed a folder laid out like `shared/data`, set CALIPERS_DATA"
        )
    return folder


def part(data: Path, name: str) -> Path:
    """One file or folder of the data.

    Raises:
        MissingPart: it is not there.
    """
    found = data / name
    if not found.exists():
        raise MissingPart(f"found no `{name}` in `{data}`; needed it for this task, see the data folder's README")
    return found
