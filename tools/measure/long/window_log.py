"""What each window of a long record measured: one row of numbers a window, and why numbers are missing."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.evidence import Measurements
from calipers.parameters import GLOBAL_UNITS
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal
from calipers.tools.measure.delineation import runs
from calipers.tools.measure.long.windows import Window
from calipers.tools.measure.quality import LeadQualities

NAMES: Final = tuple(GLOBAL_UNITS)
#: Two windows see the event at their border once each; nearer than this it is the same.
_SAME_EVENT_S: Final = 0.1
_NUMBER: Final = re.compile(r"(\b(of|for) )?[\d.,]+ ?(s\b|%|mV RMS|µV RMS)?( of the time)?")


class Row(NamedTuple):
    """One global measurement of one window; its span in seconds from the start of the core."""

    value: float
    uncertainty: float
    start_s: float
    end_s: float


@dataclass(frozen=True)
class WindowArrays:
    """Every window of a record, in time.

    Attributes:
        core_s: (w, 2) start and end of each core in seconds.
        readable: (w,) windows with at least one usable lead.
        values: (w, names, 4) `Row` of each of `NAMES`; NaN where not measurable.
        score, usable: (w, 12) quality of each lead.
        met: (w, statements) 1 met, 0.5 leaning and next to a decision, 0 otherwise.
        second_opinion: (w,) windows in which the second detector counted differently.
        dark: (d, 2) samples at 500 Hz of stretches that no lead recorded readably.
    """

    core_s: Signal
    readable: Mask
    values: Signal
    score: Signal
    usable: Mask
    met: Signal
    second_opinion: Mask
    dark: NDArray[np.int64]

    def of(self, name: str) -> Signal:
        """(w, 4) rows of one measurement."""
        column: Signal = self.values[:, NAMES.index(name)]
        return column


class WindowLog:
    """Takes each window's measurements in turn.

    Attributes:
        reasons: name → how often each reason was given for its absence.
        findings: (12) what was wrong with each lead, and in how many windows.
        events: name of a count → (start, end) in seconds of each counted event.
        methods: name → how it was measured.
        written: names that any window wrote, measurable or not.
    """

    def __init__(self) -> None:
        self.reasons: dict[str, Counter[str]] = {name: Counter() for name in NAMES}
        self.findings: list[Counter[str]] = [Counter() for _ in range(12)]
        self.events: dict[str, list[tuple[float, float]]] = {}
        self.methods: dict[str, str] = {}
        self.written: set[str] = set()
        self._rows: list[tuple[object, ...]] = []
        self._dark: list[tuple[int, int]] = []

    def add(
        self,
        window: Window,
        signal: AnalysisSignal,
        leads: LeadQualities,
        measured: Measurements,
        met: Signal,
        second_opinion: bool,
    ) -> None:
        """Keep what one window measured."""
        readable = bool(leads.usable.any())
        held = {item.id: item for item in measured.held if item.lead is None}
        values = np.full((len(NAMES), 4), np.nan, dtype=np.float32)
        for at, name in enumerate(NAMES):
            item = held.get(name)
            if item is None:
                continue
            self.written.add(name)
            if not readable:
                continue
            if item.number is None:
                self.reasons[name][item.reason or ""] += 1
                continue
            span = item.spans[0] if item.spans else None
            values[at] = Row(
                item.number,
                item.uncertainty or 0.0,
                span.start_s - window.core_s[0] if span else np.nan,
                span.end_s - window.core_s[0] if span else np.nan,
            )
            self.methods.setdefault(name, item.method.rpartition("; ")[0])
            if name.endswith("_count"):
                self._count(name, window, [(s.start_s, s.end_s) for s in item.spans])
        for row, said in enumerate(leads.reasons):
            self.findings[row].update({_NUMBER.sub("", reason).strip() for reason in said})
        self._rows.append((window.core_s, readable, values, leads.score, leads.usable, met, second_opinion))
        self._darkness(window, signal, readable)

    def _count(self, name: str, window: Window, spans: list[tuple[float, float]]) -> None:
        """Events that begin in the core, each once."""
        known = self.events.setdefault(name, [])
        start_s, stop_s = window.core_s
        for span in sorted(spans):
            after = not known or span[0] > known[-1][0] + _SAME_EVENT_S
            if after and start_s - _SAME_EVENT_S / 2 <= span[0] < stop_s:
                known.append(span)

    def _darkness(self, window: Window, signal: AnalysisSignal, readable: bool) -> None:
        first, stop = window.core_start, min(window.core_stop, window.offset + signal.n)
        if not readable:
            self._dark.append((first, stop))
            return
        lost: Mask = np.asarray(~signal.recorded[:, first - window.offset : stop - window.offset].any(axis=0))
        self._dark += [(first + int(start), first + int(end)) for start, end in runs(lost)]

    def arrays(self) -> WindowArrays:
        """All windows."""
        core_s, readable, values, score, usable, met, opinion = (
            np.array(column) for column in zip(*self._rows, strict=True)
        )
        return WindowArrays(
            core_s, readable, values, score, usable, met, opinion, np.array(self._dark, dtype=np.int64).reshape(-1, 2)
        )


def unseen(dark: NDArray[np.int64], peaks: NDArray[np.int64]) -> Mask:
    """(k - 1,) RR intervals in which more than 100 ms were not readable: a beat may be lost there."""
    lost = np.zeros(max(peaks.size - 1, 0))
    for start, stop in dark:
        first = max(int(np.searchsorted(peaks, start, side="right")) - 1, 0)
        last = int(np.searchsorted(peaks, stop, side="left"))
        for k in range(first, min(last, lost.size)):
            lost[k] += max(0, min(stop, int(peaks[k + 1])) - max(start, int(peaks[k])))
    hidden: Mask = np.asarray(lost > 0.1 * ANALYSIS_HZ)
    return hidden
