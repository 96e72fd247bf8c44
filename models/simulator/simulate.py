"""From a specification and a seed to a 12-lead ECG whose every event is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from calipers.ecg import Ecg, Source
from calipers.leads import LEADS
from calipers.models.simulator.acquisition import recorded
from calipers.models.simulator.events import AtrialEvent, AtrialImpulse, AtrialKind, Ladder, Spike, VentricularEvent
from calipers.models.simulator.heart import Heart, Shapes
from calipers.models.simulator.morphologies import drawn_heart
from calipers.models.simulator.recorded_beats import RecordedBeat
from calipers.models.simulator.rhythms import Conductor, laid_out
from calipers.models.simulator.specification import USUAL_RATE, Specification, drawn
from calipers.models.simulator.statements import statements_of
from calipers.models.simulator.textures import fibrillatory_waves, flutter_waves, torsades, ventricular_fibrillation
from calipers.models.simulator.truth import Layout, truth_of
from calipers.models.simulator.waves import BeatShape, Floats, draw_beat, draw_p

#: Streams of random numbers: what one draws moves no other.
_PATIENT, _SHAPE, _RHYTHM, _TEXTURE, _NOISE, _SPIKES = range(6)
_USUAL_PR_MS: Final = (135.0, 190.0)
_FAST_PR_MS: Final = (108.0, 136.0)
_LONG_PR_MS: Final = (222.0, 320.0)
_USUAL_QTC_MS: Final = {"male": (368.0, 410.0), "female": (378.0, 424.0)}


@dataclass(frozen=True, eq=False)
class Simulated:
    """A simulated ECG and the truth about it. For training, tests and evals; never shown as a generated ECG.

    Attributes:
        ecg: the record, marked synthetic.
        atrial, ventricular, spikes: its events that begin inside the record, in time.
        truth: measurement name → true value (`pr` in ms, `V3.st_j` in mV), where it is defined.
        statements: keys of `knowledge/criteria`, or names of patterns without one, that are truly there by
            construction; what is not in it may still be there (a reciprocal depression, an axis).
        specification, seed: what made it.
    """

    ecg: Ecg
    atrial: tuple[AtrialEvent, ...]
    ventricular: tuple[VentricularEvent, ...]
    spikes: tuple[Spike, ...]
    truth: dict[str, float]
    statements: frozenset[str]
    specification: Specification
    seed: int

    @property
    def fs_hz(self) -> float:
        """Samples per second."""
        return self.ecg.fs_hz


def simulate(spec: Specification, seed: int, beat: RecordedBeat | None = None) -> Simulated:
    """Simulate one record; the same specification, seed and beat give the same samples.

    Args:
        spec: what to simulate; what it leaves open is drawn.
        seed: one patient and one course of events. The same seed keeps the patient when the specification changes.
        beat: a real beat to lay down instead of the patient's own; ectopic and paced beats are still made.

    Raises:
        UsageError: a morphology that a recorded beat cannot bear.
    """
    rngs = [np.random.default_rng([stream, seed]) for stream in range(6)]
    heart = drawn_heart(spec, rngs[_PATIENT], rngs[_SHAPE], beat)
    rng = rngs[_RHYTHM]
    conductor, qtc_s = _conductor(spec, heart, rng), _qtc_s(spec, heart, rng)
    ladder = laid_out(spec.rhythm, spec.ectopy, conductor)
    if not heart.p.waves and heart.p.sampled is None:  # atria that no longer depolarise
        ladder.atrial = [impulse for impulse in ladder.atrial if impulse.kind != "sinus"]
    shapes = Shapes(heart, rngs[_SHAPE])
    of_beats = [shapes.beat(impulse) for impulse in ladder.ventricular]
    qt_s = _qt_of_each(ladder, of_beats, qtc_s)
    eight = _drawn(spec, ladder, shapes, of_beats, qt_s, rngs[_TEXTURE])
    eight += _spikes(ladder.spikes, heart, spec, rngs[_SPIKES])
    layout = _within(ladder, shapes, of_beats, qt_s, spec.duration_s)
    truth = truth_of(layout, shapes.p(_usual_p(layout)), spec.gain, beats_have_shape=ladder.texture != "torsades")
    twelve = recorded(spec.gain * eight, spec, rngs[_NOISE])
    ecg = Ecg.from_array(
        twelve,
        spec.fs_hz,
        LEADS,
        age=heart.patient.age,
        sex=heart.patient.sex,
        source=Source(format="simulated"),
        synthetic=True,
    )
    statements = heart.statements | statements_of(spec, truth, heart.patient.sex)
    return Simulated(ecg, layout.atrial, layout.ventricular, layout.spikes, truth, statements, spec, seed)


def _conductor(spec: Specification, heart: Heart, rng: np.random.Generator) -> Conductor:
    rate = drawn(spec.rate, USUAL_RATE[spec.rhythm], rng)
    usual_pr = _USUAL_PR_MS if rate <= 100 else _FAST_PR_MS
    if spec.rhythm == "first_degree_av_block":
        usual_pr = _LONG_PR_MS
    elif heart.pr_s is not None:
        usual_pr = (1000 * heart.pr_s[0], 1000 * heart.pr_s[1])
    pr_s = drawn(spec.pr_ms, usual_pr, rng) / 1000
    return Conductor(rng, spec.duration_s, rate, pr_s, float(rng.uniform(0.17, 0.30)))


def _qtc_s(spec: Specification, heart: Heart, rng: np.random.Generator) -> float:
    low, high = _USUAL_QTC_MS[heart.patient.sex]
    usual = (low, high) if heart.qtc_s is None else (1000 * heart.qtc_s[0], 1000 * heart.qtc_s[1])
    return drawn(spec.qtc_ms, usual, rng) / 1000


def _qt_of_each(ladder: Ladder, shapes: list[BeatShape], qtc_s: float) -> Floats:
    """(k,) QT of every beat: it follows the mean of the last cycles more than the last one, and ends before the next."""
    onsets_s = np.array([impulse.onset_s for impulse in ladder.ventricular])
    if onsets_s.size < 2:
        return np.full(onsets_s.size, qtc_s)
    rr_s = np.diff(onsets_s)
    before_s = np.concatenate([rr_s[:1], rr_s])
    next_s = np.concatenate([rr_s, rr_s[-1:]])
    memory_s = np.array([before_s[max(k - 5, 0) : k + 1].mean() for k in range(onsets_s.size)])
    cycle_s = 0.8 * memory_s + 0.2 * before_s
    gain = np.array([shape.qt_gain for shape in shapes])
    extra_s = np.array([shape.qt_extra_s for shape in shapes])
    qrs_s = np.array([shape.qrs_s for shape in shapes])
    qt_s = gain * qtc_s * np.cbrt(cycle_s) + extra_s
    return np.asarray(np.maximum(np.minimum(qt_s, 0.94 * next_s), qrs_s + 0.10))


def _drawn(
    spec: Specification,
    ladder: Ladder,
    shapes: Shapes,
    of_beats: list[BeatShape],
    qt_s: Floats,
    rng: np.random.Generator,
) -> Floats:
    """(8, n) the noiseless leads: every wave of every event, and textures."""
    time_s = np.arange(round(spec.duration_s * spec.fs_hz)) / spec.fs_hz
    eight = np.zeros((8, time_s.size))
    for impulse in ladder.atrial:
        if impulse.kind in ("sinus", "ectopic", "retrograde", "paced"):
            p = shapes.p(impulse.kind)
            span = _samples(impulse.onset_s, impulse.onset_s + p.duration_s, spec.fs_hz, time_s.size)
            eight[:, span] += draw_p(p, time_s[span] - impulse.onset_s)
    if ladder.texture != "torsades":
        for beat, shape, qt in zip(ladder.ventricular, of_beats, qt_s, strict=True):
            span = _samples(beat.onset_s - shape.qrs_s, beat.onset_s + 1.7 * qt, spec.fs_hz, time_s.size)
            eight[:, span] += draw_beat(shape, float(qt), time_s[span] - beat.onset_s)
    chest = shapes.heart.chest
    match ladder.texture:
        case "fibrillation":
            eight += fibrillatory_waves(chest, rng, time_s, ladder.texture_hz)
        case "flutter":
            onsets_s = np.array([impulse.onset_s for impulse in ladder.atrial])
            eight += flutter_waves(chest, rng, time_s, onsets_s)
        case "torsades":
            onsets_s = np.array([impulse.onset_s for impulse in ladder.ventricular])
            eight += torsades(chest, rng, time_s, onsets_s)
        case "ventricular_fibrillation":
            eight += ventricular_fibrillation(chest, rng, time_s, ladder.texture_hz)
        case None:
            pass
    return eight


def _samples(start_s: float, stop_s: float, fs_hz: float, n: int) -> slice:
    return slice(min(max(int(np.ceil(start_s * fs_hz)), 0), n), min(max(int(stop_s * fs_hz) + 1, 0), n))


def _spikes(spikes: list[Spike], heart: Heart, spec: Specification, rng: np.random.Generator) -> Floats:
    """(8, n) stimuli of 2 ms: small when bipolar, large when unipolar, one direction per chamber."""
    n = round(spec.duration_s * spec.fs_hz)
    eight = np.zeros((8, n))
    size = float(np.exp(rng.uniform(np.log(0.25), np.log(2.0))))
    towards = {
        "atrium": size * 0.8 * heart.chest.project(*rng.normal([-0.1, 0.7, -0.2], 0.25)),
        "ventricle": size * heart.chest.project(*rng.normal([0.4, 0.7, -0.4], 0.25)),
    }
    width = max(round(0.002 * spec.fs_hz), 1)
    for spike in spikes:
        first = round(spike.time_s * spec.fs_hz)
        if 0 <= first < n - width:
            eight[:, first : first + width] += towards[spike.chamber][:, None]
    return eight


def _usual_p(layout: Layout) -> AtrialKind:
    kinds: list[AtrialKind] = [
        event.kind for event in layout.atrial if event.kind in ("sinus", "paced", "ectopic", "retrograde")
    ]
    return max(kinds, key=lambda kind: kinds.count(kind)) if kinds else "sinus"


def _within(ladder: Ladder, shapes: Shapes, of_beats: list[BeatShape], qt_s: Floats, duration_s: float) -> Layout:
    """The events that begin inside the record, beats numbered from the first of them."""
    kept = [k for k, beat in enumerate(ladder.ventricular) if 0.0 <= beat.onset_s < duration_s]
    number = {k: new for new, k in enumerate(kept)}
    beats = tuple(_beat(ladder, k, of_beats[k], float(qt_s[k])) for k in kept)
    atrial = tuple(
        _atrial(impulse, shapes, number, duration_s, ladder.texture_hz)
        for impulse in ladder.atrial
        if _begins(impulse, duration_s)
    )
    spikes = tuple(spike for spike in ladder.spikes if 0.0 <= spike.time_s < duration_s)
    return Layout(atrial, beats, spikes, tuple(of_beats[k] for k in kept))


def _begins(impulse: AtrialImpulse, duration_s: float) -> bool:
    return impulse.kind == "fibrillation" or 0.0 <= impulse.onset_s < duration_s


def _beat(ladder: Ladder, k: int, shape: BeatShape, qt_s: float) -> VentricularEvent:
    impulse = ladder.ventricular[k]
    t_onset_s = shape.qrs_s + (shape.t_onset_phase() - 1.0) * (qt_s - shape.qrs_s)
    at = impulse.onset_s
    return VentricularEvent(
        at, at + shape.qrs_s, at + t_onset_s, at + qt_s, impulse.kind, impulse.aberrant, impulse.shape
    )


def _atrial(
    impulse: AtrialImpulse, shapes: Shapes, number: dict[int, int], duration_s: float, texture_hz: float
) -> AtrialEvent:
    if impulse.kind == "fibrillation":
        return AtrialEvent(0.0, duration_s, "fibrillation")
    to = None if impulse.to is None else number.get(impulse.to)
    lasts_s = 1.0 / texture_hz if impulse.kind == "flutter" else shapes.p(impulse.kind).duration_s
    return AtrialEvent(impulse.onset_s, impulse.onset_s + lasts_s, impulse.kind, to, impulse.blocked)
