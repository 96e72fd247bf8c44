"""What several test modules need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of data sets, laid out like the project's `shared/data`; skips where it is absent."""
    folder = Path(os.environ.get("CALIPERS_DATA") or Path(__file__).parents[2] / "shared" / "data").resolve()
    if not folder.is_dir():
        pytest.skip(f"found no data sets at `{folder}`; set `CALIPERS_DATA` to a folder like `shared/data`")
    return folder
