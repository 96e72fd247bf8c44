"""The sampling rate from a column of times."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.errors import UnreadableInput
from calipers.tools.read.files import shown

_SECONDS_PER_UNIT: Final[dict[str, float]] = {
    "s": 1.0,
    "sec": 1.0,
    "seconds": 1.0,
    "ms": 1e-3,
    "msec": 1e-3,
    "milliseconds": 1e-3,
    "us": 1e-6,
    "μs": 1e-6,
    "microseconds": 1e-6,
}

#: Column names, folded, that hold the time of each sample.
TIME_NAMES: Final = frozenset({"time", "t", "timestamp", "elapsed", "elapsed time", *_SECONDS_PER_UNIT})


def seconds_per_unit(name: str, unit: str | None) -> float | None:
    """The scale of a time column: its unit, or the unit that is its name, or seconds."""
    folded = name.strip().casefold()
    return _SECONDS_PER_UNIT.get((unit or (folded if folded in _SECONDS_PER_UNIT else "s")).strip().casefold())


def rate_from_times(times_s: NDArray[np.float64], name: str) -> float:
    """The rate of evenly spaced times, as a whole number where the printed times allow it.

    Args:
        times_s: (n,) seconds; printed times are rounded, so steps may differ by half a sample.
        name: of the file, for the message.

    Raises:
        UnreadableInput: fewer than two times, not increasing, or with a gap.
    """
    if times_s.size < 2 or not np.isfinite(times_s).all():
        raise UnreadableInput(f"found no usable time column in `{shown(name)}`; needed the time of every sample")
    steps = np.diff(times_s)
    step = float(np.median(steps))
    uneven = np.flatnonzero((steps <= 0) | (np.abs(steps - step) > 0.5 * step))
    if step <= 0 or uneven.size:
        at = float(times_s[int(uneven[0])]) if uneven.size else float(times_s[0])
        raise UnreadableInput(f"found uneven times after {at:g} s in `{shown(name)}`; needed even spacing")
    elapsed = times_s - times_s[0]
    mean = (times_s.size - 1) / float(elapsed[-1])
    for fs_hz in (float(round(mean)), mean):
        if fs_hz > 0 and np.abs(elapsed - np.arange(times_s.size) / fs_hz).max() <= 0.5 / fs_hz:
            return fs_hz
    raise UnreadableInput(f"found times in `{shown(name)}` that drift against any fixed rate; needed even spacing")
