"""P waves wherever they fall: before a QRS, alone, on a T wave; and the cycle that hidden ones must keep."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal
from calipers.tools.measure.beats import Beats
from calipers.tools.measure.delineation import P, Waves
from calipers.tools.measure.fiducials import QRS_OFF, QRS_ON, Fiducials

#: A P wave lasts about this long when its shape is compared.
_P_S: Final = 0.11
#: Cycles from 214 to 30 per minute.
_SHORTEST_S, _LONGEST_S = 0.28, 2.0
#: A PP interval keeps the cycle when it is within this share of a whole number of cycles.
_IN_TIME: Final = 0.12
#: Probability at which the delineator confirms a P wave that the cycle predicts.
_PROBABLE: Final = 0.30
#: Likeness and relative size at which what the beat's average leaves over is the record's P wave.
_ALIKE: Final = 0.60
_SIZE: Final = (0.35, 2.5)
_SLACK_S: Final = 0.06
_MIN_P: Final = 4
_LEFT_OVER_S: Final = 0.55
#: Samples averaged where shapes are compared: 8 ms.
_STRIDE: Final = 4
#: Share of the predicted P waves that the delineator must half see where no two neighbours were marked.
_LIKELY_SHARE: Final = 0.4
_SLOW_RR_S: Final = 0.9
_ONE_PR_S: Final = 0.04


@dataclass(frozen=True)
class AtrialWaves:
    """Every P wave of the record. Times in 500 Hz samples.

    Attributes:
        onset: (m,) of each P wave, in time order.
        seen: (m,) visible in the signal; the others are due inside a QRS complex that hides them.
        cycle: PP interval that most of them keep; NaN where there is none.
        in_time: share of the PP intervals between delineated P waves that are whole numbers of cycles.
    """

    onset: Signal
    seen: Mask
    cycle: float
    in_time: float

    @property
    def regular(self) -> bool:
        """Whether the P waves keep a cycle of their own."""
        return bool(np.isfinite(self.cycle)) and self.in_time >= 0.7


def atrial_waves(signal: AnalysisSignal, waves: Waves, beats: Beats, marks: Fiducials, usable: Mask) -> AtrialWaves:
    """All P waves: those the delineator marks, and those that their own cycle predicts and the signal confirms."""
    marked = marks.p_waves
    if marked.size < _MIN_P:
        return AtrialWaves(marked, np.ones(marked.size, dtype=np.bool_), float("nan"), 0.0)
    search = _Search(signal, waves, beats, marks, usable)
    best = max((search.train(cycle) for cycle in _cycles(marked)), key=lambda train: train.merit, default=None)
    if best is None or best.in_time < 0.6:
        return AtrialWaves(marked, np.ones(marked.size, dtype=np.bool_), float("nan"), best.in_time if best else 0.0)
    onset = np.concatenate((marked, best.confirmed, best.hidden))
    seen = np.arange(onset.size) < marked.size + len(best.confirmed)
    order = np.argsort(onset)
    return AtrialWaves(onset[order], seen[order], best.cycle, best.in_time)


def _cycles(onset: Signal) -> list[float]:
    """Cycles worth trying: each PP interval, its half, third and quarter, near doubles left out."""
    parts = np.sort((np.diff(onset)[:, None] / np.arange(1, 5)).ravel())
    parts = parts[(parts >= _SHORTEST_S * ANALYSIS_HZ) & (parts <= _LONGEST_S * ANALYSIS_HZ)]
    groups = np.split(parts, np.flatnonzero(np.diff(parts) > 0.02 * parts[:-1]) + 1) if parts.size else []
    return [float(np.median(group)) for group in groups]


@dataclass(frozen=True)
class _Train:
    """P waves at one cycle: merit counts what the signal confirms and what it contradicts."""

    cycle: float
    merit: float
    in_time: float
    confirmed: list[float]
    hidden: list[float]


class _Search:
    """Looks for P waves where a cycle predicts them."""

    def __init__(self, signal: AnalysisSignal, waves: Waves, beats: Beats, marks: Fiducials, usable: Mask) -> None:
        self._marked = marks.p_waves
        self._n = signal.n
        self._probability = _either_track(waves, usable)
        self._qrs = qrs_zones(beats, marks)
        slow = len(beats) > 1 and float(np.median(np.diff(beats.peaks))) > _SLOW_RR_S * ANALYSIS_HZ
        self._alone = slow and not _keep_one_pr(self._marked, np.array([on for on, _ in self._qrs]))
        self._signal, self._beats, self._rows = signal, beats, independent_rows(usable)

    def train(self, cycle: float) -> _Train:
        """The marked P waves as members of a cycle, with the ones between, before and after them."""
        due: list[float] = []
        kept = single = 0
        steps = np.diff(self._marked)
        for start, step in zip(self._marked, steps, strict=False):
            count = max(round(float(step) / cycle), 1)
            if abs(step - count * cycle) > _IN_TIME * cycle * np.sqrt(count):
                continue
            kept += 1
            single += count == 1
            due += [start + step * turn / count for turn in range(1, count)]
        likely = sum(self._is_likely(time) for time in due)
        in_time = kept / max(steps.size, 1)
        # Without two neighbours marked, a cycle rests on its own prediction: worth the search only where beats are
        # slow and P waves go past them, for at one PR the T wave stands where the next one would be due.
        if not single and not self._alone and likely < _LIKELY_SHARE * len(due):
            return _Train(cycle, -np.inf, in_time, [], [])
        last_start = self._n - _P_S * ANALYSIS_HZ
        due += [*_until(self._marked[0], -cycle, 0.0), *_until(self._marked[-1], cycle, last_start)]
        confirmed, hidden, absent = self._sorted(due)
        merit = kept - (steps.size - kept) + 0.8 * len(confirmed) - 0.35 * len(hidden) - 1.5 * absent
        return _Train(cycle, merit, in_time, confirmed, hidden)

    def _sorted(self, due: list[float]) -> tuple[list[float], list[float], int]:
        """Predicted P waves: those the signal shows, those a QRS hides, and the number of the others."""
        confirmed: list[float] = []
        hidden: list[float] = []
        absent = 0
        for time in due:
            if self._is_likely(time):
                confirmed.append(time)
            elif self._in_qrs(time):
                hidden.append(time)
            elif (found := self._alike(time)) is not None:
                confirmed.append(found)
            else:
                absent += 1
        return confirmed, hidden, absent

    def _is_likely(self, time: float) -> bool:
        """Whether the delineator half sees a P wave at a predicted time."""
        start = max(int(time - 0.5 * _SLACK_S * ANALYSIS_HZ), 0)
        piece = self._probability[start : int(time + _P_S * ANALYSIS_HZ)]
        return bool(piece.size) and float(piece.max()) >= _PROBABLE

    def _in_qrs(self, time: float) -> bool:
        middle = time + 0.5 * _P_S * ANALYSIS_HZ
        early, late = 0.04 * ANALYSIS_HZ, 0.06 * ANALYSIS_HZ
        return any(on - early <= middle <= off + late for on, off in self._qrs)

    def _alike(self, time: float) -> float | None:
        """Onset of a wave like the record's P wave within 60 ms of a predicted one, or None."""
        slack = int(_SLACK_S * ANALYSIS_HZ)
        first = max((int(time) - slack) // _STRIDE, 0)
        near = self._likeness[first : (int(time) + slack) // _STRIDE + 1]
        if not near.size or near.max() < _ALIKE:
            return None
        return float((first + int(np.argmax(near))) * _STRIDE)

    @cached_property
    def _likeness(self) -> Signal:
        """(n / 4,) likeness of what the average beats leave over to the record's own P wave, every 8 ms.

        Zero where it is much smaller or larger than that P wave, and where a QRS is in it.
        """
        level = self._signal.level_mv[self._rows]
        width = int(_P_S * ANALYSIS_HZ) // _STRIDE
        free = _free_of(self._qrs, self._n // _STRIDE - width, width)
        own = _windows(level, width)
        starts = (self._marked / _STRIDE).astype(int)
        starts = starts[(starts >= 0) & (starts < free.size)]
        starts = starts[free[starts]]
        if not starts.size:
            return np.zeros(free.size)
        p = np.median(own[starts], axis=0)
        left = _windows(left_over(level, self._beats), width)[: free.size]
        product = left @ p
        size = float(p @ p) + 1e-12
        likeness = product / np.sqrt(size * np.einsum("ij,ij->i", left, left) + 1e-12)
        sized = (product >= _SIZE[0] * size) & (product <= _SIZE[1] * size)
        found: Signal = np.where(free & sized, likeness, 0.0)
        return found


def _windows(mv: Signal, width: int) -> Signal:
    """(leads, n) → (n / 4 - width, leads * width): every stretch of a P wave's length, without its ramp."""
    slow = mv[:, : mv.shape[1] // _STRIDE * _STRIDE].reshape(mv.shape[0], -1, _STRIDE).mean(axis=2)
    cut = np.lib.stride_tricks.sliding_window_view(slow, width, axis=1)[:, :-1]
    ramp = np.linspace(0.0, 1.0, width)
    bare = cut - cut[..., :1] * (1.0 - ramp) - cut[..., -1:] * ramp
    flat: Signal = bare.transpose(1, 0, 2).reshape(bare.shape[1], -1)
    return flat


def _free_of(qrs: list[tuple[float, float]], count: int, width: int) -> Mask:
    """(count,) stretches of a P wave's length that no QRS touches."""
    free = np.ones(max(count, 0), dtype=np.bool_)
    for on, off in qrs:
        free[max(int((on + 5) // _STRIDE) - width, 0) : max(int(off // _STRIDE) + 1, 0)] = False
    return free


def independent_rows(usable: Mask) -> list[int]:
    """Rows of two usable limb leads and of all usable chest leads: what the twelve know."""
    limb = [row for row in (1, 0, 5, 2, 4, 3) if usable[row]]
    return [*limb[:2], *(row for row in range(6, 12) if usable[row])]


def _keep_one_pr(onset: Signal, qrs_on: Signal) -> bool:
    """Whether most P waves stand at one distance before a QRS."""
    after = np.searchsorted(qrs_on, onset)
    pr = qrs_on[after[after < qrs_on.size]] - onset[after < qrs_on.size]
    return bool(pr.size) and float((np.abs(pr - np.median(pr)) <= _ONE_PR_S * ANALYSIS_HZ).mean()) >= 0.6


def _until(start: float, step: float, stop: float) -> list[float]:
    """At most three cycles on from an end of the marked P waves."""
    times = [start + turn * step for turn in range(1, 4)]
    return [time for time in times if (time >= stop if step < 0 else time <= stop)]


def _either_track(waves: Waves, usable: Mask) -> Signal:
    """(n,) probability of P: the larger of the all-lead track and the mean over the leads."""
    examined = usable & ~np.isnan(waves.per_lead[:, 0, P])
    mean = waves.per_lead[examined, :, P].mean(axis=0)
    both: Signal = np.maximum(mean, waves.all_leads[:, P]) if waves.all_leads is not None else mean
    return both


def qrs_zones(beats: Beats, marks: Fiducials) -> list[tuple[float, float]]:
    """Start and end of each QRS; 80 ms about its peak where unknown."""
    on = np.where(np.isnan(marks.heart[:, QRS_ON]), beats.peaks - 20.0, marks.heart[:, QRS_ON])
    off = np.where(np.isnan(marks.heart[:, QRS_OFF]), beats.peaks + 25.0, marks.heart[:, QRS_OFF])
    return list(zip(on.tolist(), off.tolist(), strict=True))


def left_over(mv: Signal, beats: Beats) -> Signal:
    """(leads, n) what the average QRST of each beat's own shape does not explain.

    Shapes seen fewer than three times have no average; their beats stay as they are. The average runs from
    50 ms before the R peak to 550 ms after it or to the next beat, and is faded out over its last 60 ms.
    """
    rest = mv.copy()
    before, after = int(0.05 * ANALYSIS_HZ), int(_LEFT_OVER_S * ANALYSIS_HZ)
    fade = np.ones(before + after)
    fade[-30:] = np.linspace(1.0, 0.0, 30)
    padded = np.pad(mv, ((0, 0), (before, after)), mode="edge")
    for label in np.unique(beats.shape):
        members = beats.peaks[beats.shape == label]
        if members.size < 3:
            continue
        average = np.median(np.stack([padded[:, p : p + before + after] for p in members]), axis=0) * fade
        for peak in members:
            later = beats.peaks[beats.peaks > peak]
            stop = int(min(peak + after, mv.shape[1], later[0] - before if later.size else mv.shape[1]))
            start = max(int(peak) - before, 0)
            skip = start - (int(peak) - before)
            rest[:, start:stop] -= average[:, skip : skip + stop - start]
    return rest
