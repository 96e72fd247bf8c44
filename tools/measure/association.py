"""Which P wave leads to which QRS: beat by beat, with the PR of each, the dropped P waves, and dissociation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from calipers.tools.measure.analysis import ANALYSIS_HZ, Mask, Signal
from calipers.tools.measure.atrial import AtrialWaves

_SHORTEST_PR_S, _LONGEST_PR_S = 0.07, 0.65
#: P waves from shortly before a premature ventricular beat to the end of its T wave meet refractory tissue.
_REFRACTORY_S: Final = (-0.25, 0.42)
_PREMATURE: Final = 0.85
#: Dissociation: PR wanders by more than this while the beats stay regular.
_WANDER_S: Final = 0.09
_REGULAR_RR: Final = 0.05
#: Rates nearer than this are not told apart: what wanders may be the marks.
_SAME_RATE: Final = 0.1
#: The RR around a dropped P wave lasts at least this many cycles.
_PAUSE: Final = 1.4

Fate = Literal["conducted", "dropped", "premature", "refractory", "unrelated", "unknown"]


@dataclass(frozen=True)
class Association:
    """What became of each P wave, and what led to each beat. Times in 500 Hz samples.

    Attributes:
        onset: (m,) of each P wave.
        fate: (m,) of each P wave: `dropped` was due and found no ventricle, `premature` came too early to
            conduct, `refractory` met a premature beat, `unrelated` belongs to dissociated atria.
        beat: (m,) the beat it leads to; -1 if none.
        pr: (k,) PR of each beat that a P wave leads to; NaN for the others.
        dissociated: atria and ventricles keep rhythms of their own.
    """

    onset: Signal
    fate: tuple[Fate, ...]
    beat: NDArray[np.int64]
    pr: Signal
    dissociated: bool

    def of(self, fate: Fate) -> NDArray[np.int64]:
        """Indices of the P waves with one fate."""
        return np.array([m for m, found in enumerate(self.fate) if found == fate], dtype=np.int64)

    def longest_run(self, fate: Fate) -> int:
        """Most consecutive P waves with one fate."""
        longest = run = 0
        for found in self.fate:
            run = run + 1 if found == fate else 0
            longest = max(longest, run)
        return longest

    @property
    def lengthening(self) -> list[float]:
        """PR of the last conducted P wave before a dropped one minus that of the first after it, each time."""
        found: list[float] = []
        for m in self.of("dropped"):
            before, after = m - 1, m + 1
            while after < len(self.fate) and self.fate[after] == "dropped":
                after += 1
            if before >= 0 and after < len(self.fate) and self.fate[before] == self.fate[after] == "conducted":
                found.append(float(self.pr[self.beat[before]] - self.pr[self.beat[after]]))
        return found


def associate(atria: AtrialWaves, qrs_on: Signal, own: Mask) -> Association:
    """Follow each P wave to its beat.

    Args:
        atria: the P waves.
        qrs_on: (k,) onset of each QRS in samples, all known.
        own: (k,) beats that the atria may lead to: neither premature ventricular nor paced in the ventricle.
    """
    onset = atria.onset
    beat = np.full(onset.size, -1, dtype=np.int64)
    pr = np.full(qrs_on.size, np.nan)
    if not onset.size or not qrs_on.size:
        return Association(onset, _all("unknown", onset), beat, pr, False)
    if is_dissociated(atria, qrs_on, own):
        return Association(onset, _all("unrelated", onset), beat, pr, True)
    usual = _usual_pr(onset, qrs_on, own)
    for k in np.flatnonzero(own):
        leading = _leading(onset, qrs_on, int(k))
        if leading.size:
            chosen = int(leading[np.argmin(np.abs(qrs_on[k] - onset[leading] - usual))])
            beat[chosen], pr[k] = k, qrs_on[k] - onset[chosen]
    fate = tuple(_fate(m, atria, beat, qrs_on, own) for m in range(onset.size))
    return Association(onset, fate, beat, pr, False)


def _all(fate: Fate, onset: Signal) -> tuple[Fate, ...]:
    return tuple(fate for _ in onset)


def _leading(onset: Signal, qrs_on: Signal, k: int) -> NDArray[np.int64]:
    """P waves between the beat before and this one, at a PR that conduction can have."""
    pr = qrs_on[k] - onset
    earliest = qrs_on[k - 1] if k else -np.inf
    near = (pr >= _SHORTEST_PR_S * ANALYSIS_HZ) & (pr <= _LONGEST_PR_S * ANALYSIS_HZ) & (onset > earliest)
    return np.flatnonzero(near)


def _usual_pr(onset: Signal, qrs_on: Signal, own: Mask) -> float:
    """Median distance of a beat from the last P wave before it."""
    last = [leading[-1] for k in np.flatnonzero(own) if (leading := _leading(onset, qrs_on, int(k))).size]
    beats = [k for k in np.flatnonzero(own) if _leading(onset, qrs_on, int(k)).size]
    return float(np.median(qrs_on[beats] - onset[last])) if last else float("nan")


def is_dissociated(atria: AtrialWaves, qrs_on: Signal, own: Mask) -> bool:
    """Regular P waves and regular beats of which neither follows the other.

    In conduction every change of PR shows in the RR; here the distance from the last P wave wanders far more
    than the RR do.
    """
    beats = np.flatnonzero(own)
    if not atria.regular or beats.size < 4:
        return False
    since = np.array([_since_last(atria.onset, qrs_on[k]) for k in beats])
    rr = np.diff(qrs_on[beats])[np.diff(beats) == 1]
    known = since[np.isfinite(since)]
    if known.size < 4 or rr.size < 3:
        return False
    cycles = float(np.median(rr)) / atria.cycle
    if abs(cycles - 1.0) < _SAME_RATE:
        return False
    steady = float(np.abs(rr - np.median(rr)).mean() / np.median(rr)) < _REGULAR_RR
    wander = float(np.subtract(*np.percentile(known, [90, 10])))
    return steady and wander > _WANDER_S * ANALYSIS_HZ and float(rr.std()) < 0.5 * float(known.std())


def _since_last(onset: Signal, time: float) -> float:
    earlier = onset[onset <= time - 0.02 * ANALYSIS_HZ]
    return float(time - earlier[-1]) if earlier.size else float("nan")


def _fate(m: int, atria: AtrialWaves, beat: NDArray[np.int64], qrs_on: Signal, own: Mask) -> Fate:
    time = float(atria.onset[m])
    if beat[m] >= 0:
        return "conducted"
    after = int(np.searchsorted(qrs_on, time))
    if not atria.regular or after in (0, qrs_on.size):
        return "unknown"
    since = (time - qrs_on[~own]) / ANALYSIS_HZ
    if ((since > _REFRACTORY_S[0]) & (since < _REFRACTORY_S[1])).any():
        return "refractory"
    if m and time - atria.onset[m - 1] < _PREMATURE * atria.cycle:
        return "premature"
    return "dropped" if qrs_on[after] - qrs_on[after - 1] >= _PAUSE * atria.cycle else "unknown"
