"""How a long record is cut: 10-s windows that overlap, each answering for the beats in its core."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from calipers.ecg import Ecg
from calipers.tools.measure.analysis import ANALYSIS_HZ, rate_ratio

#: One pass of the delineator, and the length of record that every criterion was tuned on.
WINDOW_S: Final = 10.24
#: A beat of one core is seen whole, with its neighbours, by the window of that core.
OVERLAP_S: Final = 2.56


class Window(NamedTuple):
    """One stretch of a record.

    Attributes:
        first, stop: samples as stored.
        offset: sample at 500 Hz, counted from the record's start, at which the stretch begins.
        core_start, core_stop: 500 Hz samples of the record; cores follow each other without gap or overlap.
    """

    first: int
    stop: int
    offset: int
    core_start: int
    core_stop: int

    @property
    def offset_s(self) -> float:
        """Where the stretch begins, in seconds."""
        return self.offset / ANALYSIS_HZ

    @property
    def core_s(self) -> tuple[float, float]:
        """The core in seconds."""
        return self.core_start / ANALYSIS_HZ, self.core_stop / ANALYSIS_HZ


def windows(samples: int, fs_hz: float) -> Iterator[Window]:
    """Cut a record of so many stored samples; one that is no longer than a window stays whole.

    Windows begin where a stored sample and one at 500 Hz coincide, so that no mark moves by resampling;
    for rates with no such point in reach they begin within 1 ms of one.
    """
    up, down = rate_ratio(fs_hz)
    length, hop = int(WINDOW_S * fs_hz), int((WINDOW_S - OVERLAP_S) * fs_hz)
    grid = down if down <= hop else 1
    hop -= hop % grid
    last = max(samples - length, 0) // grid * grid
    firsts = [*range(0, last, hop), last]
    offsets = [round(first * up / down) for first in firsts]
    # The last window may overlap more: the border between two cores lies in the middle of their overlap.
    ends = [offset + round(length * up / down) for offset in offsets]
    borders = [0, *((end + start) // 2 for end, start in zip(ends, offsets[1:], strict=False))]
    borders.append(-(-samples * up // down))
    for at, first in enumerate(firsts):
        stop = first + length if at + 1 < len(firsts) else samples
        yield Window(first, stop, offsets[at], borders[at], borders[at + 1])


def cut(ecg: Ecg, window: Window) -> Ecg:
    """The stretch as an ECG of its own; its samples are a view of the record's."""
    return replace(ecg, signal_mv=ecg.signal_mv[:, window.first : window.stop])
