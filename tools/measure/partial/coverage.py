"""Which stretch of the record each lead shows: all of it, or the 2.5 s of its column on a printed page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask

#: What a lead may miss at either end of the record and still count as whole: digitising trims some of it.
_TRIMMED_S: Final = 0.5
#: Leads that start and end this near to one another are one column.
_TOGETHER_S: Final = 0.3


class Column(NamedTuple):
    """A stretch in which the same leads are shown.

    Attributes:
        start, stop: samples at 500 Hz.
        leads: (12,) shown from start to stop; those that run through the whole record among them.
    """

    start: int
    stop: int
    leads: Mask


@dataclass(frozen=True)
class Coverage:
    """The stretch of each lead, gaps within it aside.

    Attributes:
        first, stop: (12,) its first sample and the one after its last, at 500 Hz; equal for a lead that is not there.
        n: samples of the record.
    """

    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    n: int

    @cached_property
    def present(self) -> Mask:
        """(12,) leads with any signal."""
        there: Mask = self.stop > self.first
        return there

    @cached_property
    def whole(self) -> Mask:
        """(12,) leads that run from the record's start to its end."""
        trimmed = _TRIMMED_S * ANALYSIS_HZ
        through: Mask = self.present & (self.first <= trimmed) & (self.stop >= self.n - trimmed)
        return through

    @cached_property
    def in_part(self) -> Mask:
        """(12,) leads that show a part of the record only."""
        part: Mask = self.present & ~self.whole
        return part

    @property
    def is_partial(self) -> bool:
        """Whether any lead shows a part of the record only."""
        return bool(self.in_part.any())

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the page in time: leads shown in part that start and end together, with the whole ones."""
        together = _TOGETHER_S * ANALYSIS_HZ
        left = [int(row) for row in np.flatnonzero(self.in_part)]
        found = []
        while left:
            lead = left[0]
            near = [
                row
                for row in left
                if max(abs(self.first[row] - self.first[lead]), abs(self.stop[row] - self.stop[lead])) <= together
            ]
            left = [row for row in left if row not in near]
            leads = self.whole.copy()
            leads[near] = True
            start, stop = int(self.first[near].max()), int(self.stop[near].min())
            found.append(Column(start, stop, leads))
        return tuple(sorted(found, key=lambda column: (column.start, column.stop)))

    def shows(self, start: float, stop: float) -> Mask:
        """(12,) leads that show the whole of a stretch, in samples."""
        inside: Mask = self.present & (self.first <= start) & (self.stop >= stop)
        return inside

    def stretch(self, row: int) -> slice:
        """The samples of one lead."""
        return slice(int(self.first[row]), int(self.stop[row]))


def coverage_of(signal: AnalysisSignal) -> Coverage:
    """From what was recorded."""
    recorded, n = signal.recorded, signal.n
    first = np.where(signal.present, recorded.argmax(axis=1), 0)
    stop = np.where(signal.present, n - recorded[:, ::-1].argmax(axis=1), 0)
    return Coverage(first.astype(np.int64), stop.astype(np.int64), n)
