"""QRS shapes over hours: each window's shapes matched to running templates, so that a beat's class has one name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal
from calipers.tools.measure.beats import SAME_SHAPE, Beats, led_by

#: More shapes than this share the last name: noise makes new ones without end.
MOST_SHAPES: Final = 32
#: A template follows the last so many beats: shapes drift with posture over hours.
_MEMORY: Final = 60
_BEFORE, _AFTER = int(0.10 * ANALYSIS_HZ), int(0.16 * ANALYSIS_HZ)
_LAG: Final = int(0.02 * ANALYSIS_HZ)
_STEP: Final = 2


@dataclass
class _Template:
    mv: Signal  # (12, m), zero where no window has seen the lead
    seen: Mask
    count: int = 0


class RunningShapes:
    """Names shapes across windows; number 0 is the first that was seen.

    Attributes:
        of_beats: (k,) the record-wide class of each beat of the last window.
    """

    def __init__(self) -> None:
        self._templates: list[_Template] = []
        self.of_beats: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def lead(self, beats: Beats, signal: AnalysisSignal, usable: Mask) -> Beats:
        """Name the window's shapes, and let the record's usual shape lead where the window has it twice.

        Ten seconds may hold more ectopic than normal beats; over the record the normal ones are known.
        """
        self.of_beats = np.full(len(beats), -1, dtype=np.int64)
        padded = np.pad(signal.level_mv, ((0, 0), (_BEFORE + _LAG, _AFTER + _LAG)), mode="edge")
        for label in np.unique(beats.shape):
            members = beats.peaks[beats.shape == label]
            self.of_beats[beats.shape == label] = self._name(_median_beat(padded, members), usable, members.size)
        if not len(beats):
            return beats
        usual = int(np.argmax([template.count for template in self._templates]))
        mine = self.of_beats == usual
        if mine.sum() < 2 or mine[beats.dominant].any():
            return beats
        return led_by(beats, int(beats.shape[mine][0]), signal, usable)

    def _name(self, mv: Signal, usable: Mask, count: int) -> int:
        """The number of the template that a shape matches at its best lag, or a new one."""
        best, name, centre = SAME_SHAPE, -1, _piece(mv, 0)
        for number, template in enumerate(self._templates):
            rows = template.seen & usable
            if not rows.any():
                continue
            similar = [_alike(_piece(mv, lag)[rows], template.mv[rows]) for lag in range(-_LAG, _LAG + 1, _STEP)]
            if max(similar) > best:
                best, name = max(similar), number
                centre = _piece(mv, _STEP * int(np.argmax(similar)) - _LAG)
        if name < 0:
            if len(self._templates) < MOST_SHAPES:
                self._templates.append(_Template(np.zeros_like(centre), np.zeros(12, dtype=np.bool_)))
            name = len(self._templates) - 1
        template = self._templates[name]
        old = np.where(template.seen, min(template.count, _MEMORY), 0)[:, None]
        mixed = (old * template.mv + count * centre) / (old + count)
        template.mv = np.where(usable[:, None], mixed, template.mv)
        template.seen = template.seen | usable
        template.count += count
        return name


def _median_beat(padded: Signal, peaks: NDArray[np.int64]) -> Signal:
    """(12, m + 2 lag) median of the beats at `peaks`, with the lag on both sides."""
    length = _BEFORE + _AFTER + 2 * _LAG
    median: Signal = np.median([padded[:, peak : peak + length] for peak in peaks], axis=0)
    return median


def _piece(mv: Signal, lag: int) -> Signal:
    part = mv[:, _LAG + lag : _LAG + lag + _BEFORE + _AFTER]
    centred: Signal = part - part.mean(axis=1, keepdims=True)
    return centred


def _alike(one: Signal, other: Signal) -> float:
    """Correlation of two shapes over their leads, each without its mean."""
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other).sum()) / size if size > 1e-9 else 0.0
