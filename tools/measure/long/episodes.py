"""Episodes: statements met in window after window, and what single beats show (pauses, runs, bigeminy)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np

from calipers.knowledge import Verdicts, level_of, statements
from calipers.tools.measure.analysis import ANALYSIS_HZ, Mask, Signal
from calipers.tools.measure.delineation import runs
from calipers.tools.measure.long.beat_log import BeatArrays
from calipers.tools.measure.long.window_log import WindowArrays, unseen
from calipers.tools.measure.timeline import Episode, Finding, MinuteRate, Timeline

#: Statements that come and go within a recording and hold of many beats at once; those the table has are followed.
_FOLLOWED: Final = (
    "atrial_fibrillation",
    "atrial_flutter",
    "supraventricular_tachycardia",
    "extreme_tachycardia",
    "severe_bradycardia",
    "wide_qrs_tachycardia",
    "ventricular_tachycardia",
    "ventricular_fibrillation",
    "ectopic_atrial_rhythm",
    "junctional_rhythm",
    "idioventricular_rhythm",
    "paced_rhythm",
    "second_degree_av_block",
    "mobitz_i",
    "mobitz_ii",
    "two_to_one_av_block",
    "high_grade_av_block",
    "third_degree_av_block",
)
#: Placed by single beats here.
_BY_BEATS: Final = frozenset(("long_pause",))
#: Shortest episode in seconds. Atrial fibrillation counts from 30 s (ESC 2020, definition of clinical AF).
_SHORTEST_S: Final = {"atrial_fibrillation": 30.0}
#: Of statements on the shape of the beat, such as ST elevation: a minute, so that a movement makes no episode.
_SHORTEST_SHAPE_S: Final = 60.0
_PAUSE_MS: Final = 3000.0
#: Limits of the statements on sinus tachycardia and bradycardia, here for any rhythm.
_FAST, _SLOW = 100.0, 50.0
#: Three ventricular beats in a row at more than 100/min are a run.
_RUN_BEATS: Final = 3
_RUN_RR_MS: Final = 600.0
_CYCLES: Final = 3
_SMOOTH: Final = 5
_LABELS: Final[dict[Finding, str]] = {
    "pause": "Pause",
    "tachycardia": "Tachycardia",
    "bradycardia": "Bradycardia",
    "ventricular_run": "Run of ventricular beats",
    "ventricular_bigeminy": "Ventricular bigeminy",
    "unreadable": "Unreadable",
}


@cache
def episode_statements() -> tuple[str, ...]:
    """Keys of the statements that are followed over time: the rhythms, and whatever is critical when met."""
    rhythms = [key for key in _FOLLOWED if key in statements()]
    critical = [key for key in statements() if level_of(key) == "critical" and key not in _BY_BEATS]
    return tuple(dict.fromkeys([*rhythms, *critical]))


def met_statements(verdicts: Verdicts) -> Signal:
    """(statements,) 1 where a window meets the criteria, 0.5 where it leans, else 0."""
    found = np.zeros(len(episode_statements()))
    for at, key in enumerate(episode_statements()):
        verdict = verdicts[key]
        if verdict.result == "met":
            found[at] = 1.0
        elif verdict.result == "indeterminate" and verdict.leans:
            found[at] = 0.5
    return found


def timeline(duration_s: float, windows: WindowArrays, beats: BeatArrays | None) -> Timeline:
    """The course of a record from its windows and beats."""
    found = [*_unreadable(windows, beats), *_statements(windows, beats), *_rates(windows, beats)]
    if beats is not None:
        found += [*_pauses(windows, beats), *_runs(beats), *_bigeminy(beats)]
    lengths = np.diff(windows.core_s, axis=1)[:, 0]
    end = min(float(windows.core_s[-1, 1]), duration_s)
    lost = float(lengths[~windows.readable].sum())
    return Timeline(
        duration_s=round(duration_s, 3),
        readable_s=round(max(end - lost, 0.0), 3),
        beats=0 if beats is None else int(beats.peaks.size),
        episodes=tuple(sorted(found, key=lambda episode: (episode.start_s, episode.kind))),
        rates=tuple(_minutes(duration_s, windows, beats)),
    )


def _statements(windows: WindowArrays, beats: BeatArrays | None) -> Iterator[Episode]:
    for at, key in enumerate(episode_statements()):
        for start, stop in runs(_held(windows.met[:, at])):
            start_s, end_s = float(windows.core_s[start, 0]), float(windows.core_s[stop - 1, 1])
            if end_s - start_s >= _SHORTEST_S.get(key, 0.0 if key in _FOLLOWED else _SHORTEST_SHAPE_S):
                yield _episode(key, statements()[key].label, start_s, end_s, beats)


def _held(state: Signal) -> Mask:
    """(w,) windows that meet the criteria, with those between and beside them that lean."""
    met: Mask = np.asarray(state == 1.0)
    held = met.copy()
    for start, stop in runs(state >= 0.5):
        held[start:stop] = met[start:stop].any()
    # One window that misses between two that meet, such as one with an ectopic beat, does not end an episode.
    held[1:-1] |= held[:-2] & held[2:]
    return held


def _rates(windows: WindowArrays, beats: BeatArrays | None) -> Iterator[Episode]:
    hr = windows.of("hr")
    kinds: tuple[tuple[Finding, Mask], ...] = (
        ("tachycardia", np.asarray(hr[:, 0] - hr[:, 1] > _FAST)),
        ("bradycardia", np.asarray(hr[:, 0] + hr[:, 1] < _SLOW)),
    )
    for kind, state in kinds:
        yield from _windowed(kind, state, windows, beats)


def _unreadable(windows: WindowArrays, beats: BeatArrays | None) -> Iterator[Episode]:
    yield from _windowed("unreadable", ~windows.readable, windows, beats)


def _windowed(kind: Finding, state: Mask, windows: WindowArrays, beats: BeatArrays | None) -> Iterator[Episode]:
    for start, stop in runs(state):
        yield _episode(kind, _LABELS[kind], float(windows.core_s[start, 0]), float(windows.core_s[stop - 1, 1]), beats)


def _pauses(windows: WindowArrays, beats: BeatArrays) -> Iterator[Episode]:
    rr_ms = beats.rr_ms
    for k in np.flatnonzero((rr_ms > _PAUSE_MS) & ~unseen(windows.dark, beats.peaks)):
        yield _between("pause", beats, int(k), int(k) + 1)


def _runs(beats: BeatArrays) -> Iterator[Episode]:
    for start, stop in runs(beats.pvc):
        rr_ms = beats.rr_ms[start : stop - 1]
        if stop - start >= _RUN_BEATS and float(rr_ms.mean()) < _RUN_RR_MS:
            yield _between("ventricular_run", beats, int(start), int(stop) - 1)


def _bigeminy(beats: BeatArrays) -> Iterator[Episode]:
    for start, stop in alternations(beats.pvc):
        if (stop - start) // 2 >= _CYCLES:
            yield _between("ventricular_bigeminy", beats, start, stop - 1)


def alternations(ectopic: Mask) -> list[tuple[int, int]]:
    """Stretches of beats, start and stop, in which normal and ectopic beats alternate: normal first."""
    steps = runs(np.asarray(ectopic[1:] != ectopic[:-1]))
    found = []
    for start, stop in steps:
        first = int(start) + int(ectopic[start])
        found.append((first, int(stop) + 1))
    return [(start, stop) for start, stop in found if stop - start >= 2]


def _between(kind: Finding, beats: BeatArrays, first: int, last: int) -> Episode:
    start_s, end_s = float(beats.peaks[first]) / ANALYSIS_HZ, float(beats.peaks[last]) / ANALYSIS_HZ
    return _episode(kind, _LABELS[kind], start_s, end_s, beats)


def _episode(kind: str, label: str, start_s: float, end_s: float, beats: BeatArrays | None) -> Episode:
    inside = np.empty(0)
    if beats is not None:
        peak_s = beats.peaks / ANALYSIS_HZ
        inside = peak_s[(peak_s >= start_s) & (peak_s <= end_s)]
    hr = 60.0 * (inside.size - 1) / float(inside[-1] - inside[0]) if inside.size > 1 else None
    return Episode(
        kind=kind,
        label=label,
        start_s=round(start_s, 3),
        end_s=round(end_s, 3),
        beats=int(inside.size),
        hr=None if hr is None else round(hr, 1),
    )


def _minutes(duration_s: float, windows: WindowArrays, beats: BeatArrays | None) -> Iterator[MinuteRate]:
    at_s, rr_ms = np.empty(0), np.empty(0)
    if beats is not None and beats.peaks.size > 1:
        seen = ~unseen(windows.dark, beats.peaks)
        at_s, rr_ms = beats.peaks[1:][seen] / ANALYSIS_HZ, beats.rr_ms[seen]
    for minute in range(int(np.ceil(duration_s / 60.0))):
        first, stop = np.searchsorted(at_s, (60.0 * minute, 60.0 * (minute + 1)))
        rates = rr_ms[first:stop]
        if rates.size < _SMOOTH:
            yield MinuteRate(start_s=60.0 * minute, mean=None, lowest=None, highest=None)
            continue
        smooth = np.convolve(rates, np.ones(_SMOOTH) / _SMOOTH, mode="valid")
        yield MinuteRate(
            start_s=60.0 * minute,
            mean=round(60_000.0 / float(rates.mean()), 1),
            lowest=round(60_000.0 / float(smooth.max()), 1),
            highest=round(60_000.0 / float(smooth.min()), 1),
        )
