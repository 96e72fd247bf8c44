"""The times of a rhythm: when the atria and the ventricles go, drawn from what was asked and how real rhythms vary.

Rates, PR and the lengths of waves are obeyed by construction; what real rhythms add to them (respiration, the
scatter of fibrillation, coupling intervals) is drawn from the distributions of PTB-XL folds 1-8 in
`weights/rhythms.json`. The shapes are not made here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import numpy as np

from calipers.models.generator.marks import CODEC_HZ, MS, Floats, Marks

Rhythm = Literal[
    "sinus", "sinus_arrhythmia", "atrial_fibrillation", "atrial_flutter", "junctional", "supraventricular_tachycardia",
    "ventricular_tachycardia", "wenckebach", "mobitz_2", "av_block_2_1", "third_degree_av_block",
    "paced_atrial", "paced_ventricular", "paced_dual",
]  # fmt: skip
Ectopy = Literal["pvc", "pvc_bigeminy", "pvc_trigeminy", "pvc_couplet", "pac"]
#: Rhythms in which no P wave stands before the QRS complexes.
WITHOUT_P: Final[frozenset[Rhythm]] = frozenset(
    ("atrial_fibrillation", "atrial_flutter", "junctional", "supraventricular_tachycardia", "ventricular_tachycardia",
     "paced_ventricular")
)  # fmt: skip
_FILE: Final = Path(__file__).parent / "weights" / "rhythms.json"
_FLUTTER_PERIOD_MS: Final = (185.0, 225.0)
_REFRACTORY_MS: Final = 300.0
#: The course starts and ends this far outside the record.
_AROUND_MS: Final = 2500.0


@dataclass(frozen=True)
class Course:
    """What the heart does for ten seconds. Milliseconds.

    Attributes:
        rhythm: the basic rhythm.
        rr: mean ventricular interval; in second-degree block too.
        p_dur, pr, qrs, qt: of the usual beat.
        ectopy: premature beats, or None; `count` of them where they are single.
        ectopic_qrs, ectopic_qt: of a premature ventricular beat.
        spike_delay: from a ventricular spike to its QRS.
    """

    rhythm: Rhythm
    rr: float
    p_dur: float
    pr: float
    qrs: float
    qt: float
    ectopy: Ectopy | None = None
    count: int = 2
    ectopic_qrs: float = 150.0
    ectopic_qt: float = 420.0
    spike_delay: float = 6.0


@cache
def varied_by() -> Mapping[str, Floats]:
    """Quantiles, evenly spaced from 0 to 1, of how real rhythms vary.

    `sinus` deviation of RR over its mean; `fibrillation` RR over the record's mean; `pvc` and `pac` coupling over
    the usual RR.
    """
    return {name: np.array(values) for name, values in json.loads(_FILE.read_text(encoding="utf-8")).items()}


def drawn(name: str, rng: np.random.Generator, size: int | None = None) -> Floats:
    """Draws from one of the distributions of `varied_by`."""
    table = varied_by()[name]
    return np.asarray(np.interp(rng.random(size), np.linspace(0.0, 1.0, len(table)), table))


def marks_of(course: Course, seconds: float, rng: np.random.Generator) -> Marks:
    """Lay a course down as marks in samples."""
    span = (-_AROUND_MS, 1000.0 * seconds + _AROUND_MS)
    ventricles, p_on, flutter = _conducted(course, span, rng)
    ectopic = np.zeros(ventricles.size, dtype=np.bool_)
    if course.ectopy is not None:
        ventricles, ectopic, p_on = _with_ectopy(course, ventricles, p_on, 1000.0 * seconds, rng)
    qrs = np.where(ectopic & (course.ectopy != "pac"), course.ectopic_qrs, course.qrs)
    qt = np.where(ectopic & (course.ectopy != "pac"), course.ectopic_qt, course.qt)
    spikes: list[float] = []
    if course.rhythm in ("paced_ventricular", "paced_dual"):
        spikes += list(ventricles[~ectopic] - course.spike_delay)
    if course.rhythm in ("paced_atrial", "paced_dual"):
        spikes += list(p_on - 4.0)
    inside = np.array([tip for tip in sorted(spikes) if 20.0 <= tip < 1000.0 * seconds - 20.0])
    return Marks(
        qrs_on=ventricles / MS, qrs_off=(ventricles + qrs) / MS, t_off=(ventricles + qt) / MS,
        ectopic=ectopic if course.ectopy != "pac" else np.zeros_like(ectopic),
        p_on=p_on / MS, p_off=(p_on + course.p_dur) / MS,
        spikes=np.round(inside / MS).astype(np.int64), flutter_period=flutter / MS,
    )  # fmt: skip


def _conducted(course: Course, span: tuple[float, float], rng: np.random.Generator) -> tuple[Floats, Floats, float]:
    """Onsets of the QRS complexes and of the P waves, and the period of flutter (0 where there is none)."""
    if course.rhythm == "atrial_flutter":
        return _flutter(course, span, rng)
    if course.rhythm == "third_degree_av_block":
        ventricles = _steady(course.rr, 0.01, span, rng)
        atria = min(course.rr * 0.62, rng.uniform(650.0, 850.0))
        return ventricles, _steady(atria, 0.015, span, rng), 0.0
    if course.rhythm in ("wenckebach", "mobitz_2", "av_block_2_1"):
        return *_second_degree(course, span, rng), 0.0
    if course.rhythm == "atrial_fibrillation":
        ventricles = _scattered(course.rr, span, rng)
    elif course.rhythm in ("sinus", "sinus_arrhythmia"):
        ventricles = _breathing(course, span, rng)
    else:
        ventricles = _steady(course.rr, 0.004, span, rng)
    p_on = np.empty(0) if course.rhythm in WITHOUT_P else ventricles - course.pr
    return ventricles, p_on, 0.0


def _steady(rr: float, deviation: float, span: tuple[float, float], rng: np.random.Generator) -> Floats:
    count = int((span[1] - span[0]) / rr) + 3
    intervals = rr * (1.0 + deviation * rng.standard_normal(count))
    return _within(intervals, rr, span, rng)


def _within(intervals: Floats, rr: float, span: tuple[float, float], rng: np.random.Generator) -> Floats:
    """Running sums from a random start; the intervals inside the record have the mean that was asked for."""
    start = span[0] + rr * rng.random()
    times = start + np.concatenate(([0.0], np.cumsum(intervals)))
    for _ in range(3):  # stretching moves beats across the record's ends
        seen = np.flatnonzero((times >= 0.0) & (times < span[1] - _AROUND_MS))
        if seen.size > 2:
            centre = times[seen[0]]
            times = centre + (times - centre) * rr * (seen.size - 1) / (times[seen[-1]] - centre)
    return times[times < span[1]]


def _breathing(course: Course, span: tuple[float, float], rng: np.random.Generator) -> Floats:
    """Sinus rhythm: respiration and slow drift share the deviation that real records have."""
    deviation = float(drawn("sinus", rng))
    deviation = float(rng.uniform(0.1, 0.16)) if course.rhythm == "sinus_arrhythmia" else min(deviation, 0.045)
    count = int((span[1] - span[0]) / course.rr) + 4
    breath_ms, phase = rng.uniform(2600.0, 5000.0), rng.random()
    wave = np.sin(2 * np.pi * (np.arange(count) * course.rr / breath_ms + phase))
    drift = np.convolve(rng.standard_normal(count + 4), np.ones(5) / 5, mode="valid")
    return _within(course.rr * (1.0 + deviation * (1.2 * wave + 0.8 * drift)), course.rr, span, rng)


def _scattered(rr: float, span: tuple[float, float], rng: np.random.Generator) -> Floats:
    count = int((span[1] - span[0]) / rr) + 6
    intervals = rr * drawn("fibrillation", rng, count)
    # The ventricles cannot follow closer than their refractory period.
    return _within(np.maximum(intervals, min(_REFRACTORY_MS, 0.7 * rr)), rr, span, rng)


def _flutter(course: Course, span: tuple[float, float], rng: np.random.Generator) -> tuple[Floats, Floats, float]:
    low, high = _FLUTTER_PERIOD_MS
    ratio = max(2, round(course.rr / (0.5 * (low + high))))
    period = float(np.clip(course.rr / ratio, low, high))
    mean = course.rr / period
    count = int((span[1] - span[0]) / course.rr) + 4
    # Where the rate asked for is no whole number of waves, conduction varies between the two nearest.
    steps = (
        np.floor(mean) + (rng.random(count) < mean - np.floor(mean))
        if abs(mean - ratio) > 0.05
        else np.full(count, ratio)
    )
    ventricles = span[0] + period * rng.random() + np.concatenate(([0.0], np.cumsum(steps * period)))
    return ventricles[ventricles < span[1]], np.empty(0), period


def _second_degree(course: Course, span: tuple[float, float], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """P waves at a steady rate; some are not conducted. The mean ventricular interval is the one asked for."""
    beats = {"av_block_2_1": 1, "mobitz_2": 3, "wenckebach": int(rng.integers(2, 4))}[course.rhythm]
    cycle = course.rr * beats / (beats + 1)
    p_on = _steady(cycle, 0.006, span, rng)
    place = (np.arange(p_on.size) + int(rng.integers(0, beats + 1))) % (beats + 1)
    longer = np.array([0.0, 70.0, 105.0, 125.0])[place] if course.rhythm == "wenckebach" else np.zeros(p_on.size)
    led = place < beats
    return (p_on + course.pr + longer)[led], p_on


def _with_ectopy(
    course: Course, ventricles: Floats, p_on: Floats, end_ms: float, rng: np.random.Generator
) -> tuple[Floats, np.ndarray, Floats]:
    """Premature beats: of the ventricles with a full pause, of the atria with a P wave of their own and none."""
    inside = np.flatnonzero((ventricles > 350.0) & (ventricles < end_ms - 1500.0))
    hit = _places(course, inside, rng)
    atrial = course.ectopy == "pac"
    beats: list[tuple[float, bool]] = []
    waves: list[float] = []
    shift, skipped = 0.0, -1
    share = float(drawn("pac" if atrial else "pvc", rng))
    for place, time in enumerate(ventricles):
        if place != skipped:
            beats.append((time + shift, False))
            waves += [wave + shift for wave in p_on if time - course.pr - 30 <= wave <= time - course.pr + 30]
        if place in hit and place + 1 < ventricles.size:
            rr = ventricles[place + 1] - time
            early = max(share * (1.0 + 0.02 * rng.standard_normal()) * rr, 330.0 if atrial else 320.0)
            beats.append((time + shift + early, True))
            if atrial:
                waves.append(time + shift + early - course.pr)
                shift += early + 1.08 * rr - (ventricles[min(place + 2, ventricles.size - 1)] - time)
                skipped = place + 1
            else:
                skipped = place + 1
                if course.ectopy == "pvc_couplet":
                    beats.append((time + shift + 1.75 * early, True))
    times, kinds = np.array([time for time, _ in beats]), np.array([kind for _, kind in beats])
    return times, kinds, np.array(waves)


def _places(course: Course, inside: Sequence[int] | np.ndarray, rng: np.random.Generator) -> frozenset[int]:
    """After which of the usual beats a premature one comes."""
    every = {"pvc_bigeminy": 2, "pvc_trigeminy": 3}.get(course.ectopy or "")
    if every is not None:
        return frozenset(int(place) for place in inside[int(rng.integers(0, 2)) :: every])
    apart = [int(place) for place in inside[:: max(len(inside) // max(course.count, 1), 3)]]
    return frozenset(apart[: course.count])


def fit(records: Sequence[tuple[Marks, frozenset[str]]]) -> dict[str, list[float]]:
    """The distributions of `varied_by` from marked records and their statements."""
    found: dict[str, list[float]] = {"sinus": [], "fibrillation": [], "pvc": [], "pac": []}
    for marks, statements in records:
        rr = np.diff(marks.qrs_on) / CODEC_HZ
        if rr.size < 5 or rr.max() > 3.0:
            continue
        if "AFIB" in statements and not marks.ectopic.any():
            found["fibrillation"] += list(rr / rr.mean())
        elif "SR" in statements and not marks.ectopic.any() and "PAC" not in statements:
            found["sinus"].append(float(rr.std() / rr.mean()))
        early = rr / np.median(rr)
        if "PVC" in statements:
            found["pvc"] += [
                float(value) for value, kind in zip(early, marks.ectopic[1:], strict=True) if kind and value < 0.85
            ]
        if "PAC" in statements and not marks.ectopic.any():
            found["pac"] += [float(value) for value in early if value < 0.85]
    levels = np.linspace(0.02, 0.98, 33)
    return {name: np.round(np.quantile(values, levels), 4).tolist() for name, values in found.items()}
