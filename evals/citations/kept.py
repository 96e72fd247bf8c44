"""The second program's measurements, kept on disk: the same signal is measured again once, whatever task asks."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calipers.evals.citations import second
from calipers.evals.framework.fingerprint import fingerprint
from calipers.settings import settings


def measured_again(signal_mv: NDArray[np.float64], fs_hz: float) -> dict[str, float]:
    """`second.measure_again`, read from `CALIPERS_HOME/cache` where the same program measured the same signal before.

    Args:
        signal_mv: (12, n) millivolts.
        fs_hz: samples per second.
    """
    path = _folder() / f"{_key(signal_mv, fs_hz)}.json"
    try:
        kept: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = second.measure_again(signal_mv, fs_hz)
        _keep(path, found)
        return found
    return kept


def _keep(path: Path, found: dict[str, float]) -> None:
    """Written aside and renamed: another process never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}")
    aside.write_text(json.dumps(found), encoding="utf-8")
    aside.replace(path)


def _key(signal_mv: NDArray[np.float64], fs_hz: float) -> str:
    content: Any = np.ascontiguousarray(signal_mv, dtype=np.float32)
    return hashlib.sha256(content.tobytes() + str(float(fs_hz)).encode()).hexdigest()[:32]


@cache
def _folder() -> Path:
    """One for each state of the second program, whose code is its own module and openecg."""
    state = f"{fingerprint(second.__name__).code}-{version('openecg')}"
    return settings().home / "cache" / "second" / state
