"""One candidate: what a request, its statements and the last candidate's misses come to, drawn by the flows."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg, Source
from calipers.leads import LEADS
from calipers.models.generator import shapes
from calipers.models.generator.conditions import Condition, Float32
from calipers.models.generator.generator import BeatOrder, Generator
from calipers.models.generator.latents import LENGTH, TIMES, WHERE
from calipers.models.generator.marks import CODEC_HZ, EIGHT, Floats, twelve_leads
from calipers.models.generator.rhythms import WITHOUT_P, Course, Rhythm, marks_of
from calipers.tools.generate.patterns import CLEAR_P, NOTHING_ABNORMAL, OF_ST_AND_T, PATTERNS
from calipers.tools.generate.request import Request

SECONDS: Final = 10
#: An ECG that is asked for is recorded well: drift and fine texture of each lead, mV, at most.
_WELL_RECORDED: Final = (0.05, 0.02)
#: One that is drawn for a record's labels may be as bad as all but the worst real ones.
_AS_RECORDED: Final = (0.15, 0.035)
#: Likewise of the noise above 12 Hz, as quantiles of the training recordings' loudness.
_LOUDEST: Final = 0.5
_LOUDEST_AS_RECORDED: Final = 0.99
_F_WAVES_MV: Final = 0.02
_KINDS: Final[dict[Rhythm, str]] = {
    "atrial_fibrillation": "AFIB", "atrial_flutter": "AFLT", "paced_ventricular": "PACE", "paced_dual": "PACE",
}  # fmt: skip
_REST_MS: Final = 30.0
_FROM_THE_SINUS_NODE: Final = (
    "sinus",
    "sinus_arrhythmia",
    "wenckebach",
    "mobitz_2",
    "av_block_2_1",
    "third_degree_av_block",
)
_SINUS_P_AXIS: Final = (38.0, 65.0)
#: A fast sinus node shortens PR and QT, so that the P wave stays clear of the T wave.
_FAST: Final = 112.0
_FAST_PR: Final = (118.0, 128.0)
_FAST_QTC: Final = (378.0, 398.0)
_FAST_P: Final = (80.0, 90.0)
#: How far a number may be aimed beside what was asked for, well within its tolerance.
_ROOM: Final = {"hr": 1.5, "pr": 7.0, "qrs": 7.0, "qtc": 10.0, "qrs_axis": 6.0}
#: A QRS made of a few dozen components ends a little raggedly, and the engine reads it longer than it was laid down.
_READS_LONGER_MS: Final = 11.0
_USUAL_HR: Final = (62.0, 88.0)


@dataclass(frozen=True)
class Aims:
    """Numbers that one candidate is steered to, in the request's names, and what to add to each of them.

    `corrections` are learned from the misses of earlier candidates of the same request.
    """

    numbers: dict[str, float]
    levels: dict[str, float]
    corrections: dict[str, float] = field(default_factory=dict)

    def of(self, name: str) -> float | None:
        """A number with its correction."""
        held = self.numbers.get(name, self.levels.get(name))
        return None if held is None else held + self.corrections.get(name, 0.0)


def aims_of(request: Request, corrections: dict[str, float], seed: int, missed: Collection[str] = ()) -> Aims:
    """What was asked for, and for the rest what the statements bring, drawn by the seed.

    `missed` are statements that an earlier candidate did not have: their shape is then steered to as well; those that
    it had and should not; and intervals that could not be measured on it, of which a PR needs a clear P wave.
    """
    rng = np.random.default_rng([seed, 3])
    ranges: dict[str, tuple[float, float]] = {}
    levels: dict[str, float] = {}
    if "pr" in missed:
        levels |= {name: float(rng.uniform(*ends)) for name, ends in CLEAR_P.items()}
    if any(key.startswith(OF_ST_AND_T) for key in request.absent if key in missed):
        levels |= {name: float(rng.uniform(*ends)) for name, ends in NOTHING_ABNORMAL.items()}
    for key in request.statements:
        pattern = PATTERNS[key]
        for name, ends in pattern.numbers.items():
            # Of two widths the longer one: a fascicular block beside a bundle branch block is as wide as that.
            ranges[name] = max(ends, ranges.get(name, ends)) if name == "qrs" else ends
        asked_of = {**pattern.levels, **(pattern.shape if key in missed else {})}
        levels |= {name: float(rng.uniform(*ends)) for name, ends in asked_of.items()}
    numbers = {name: float(rng.uniform(*ends)) for name, ends in ranges.items()}
    asked = {name: getattr(request, name) for name in ("hr", "pr", "qrs", "qtc", "p_axis", "qrs_axis", "t_axis")}
    numbers |= {
        name: _towards(float(value), ranges.get(name), name) for name, value in asked.items() if value is not None
    }
    if "hr" not in numbers and request.rhythm_or_sinus in ("sinus", "sinus_arrhythmia", "atrial_flutter"):
        numbers["hr"] = float(rng.uniform(*_USUAL_HR))
    if request.rhythm_or_sinus in _FROM_THE_SINUS_NODE:
        numbers.setdefault("p_axis", float(rng.uniform(*_SINUS_P_AXIS)))
        if numbers.get("hr", 0.0) > _FAST:
            numbers.setdefault("pr", float(rng.uniform(*_FAST_PR)))
            numbers.setdefault("qtc", float(rng.uniform(*_FAST_QTC)))
            numbers.setdefault("p_dur", float(rng.uniform(*_FAST_P)))
    return Aims(numbers, levels | request.levels, dict(corrections))


def _towards(asked: float, ends: tuple[float, float] | None, name: str) -> float:
    """A number asked for, moved within its tolerance towards what a statement asked for beside it needs."""
    room = _ROOM.get(name)
    if ends is None or room is None:
        return asked
    return float(np.clip(np.clip(asked, *ends), asked - room, asked + room))


def draw(
    request: Request,
    aims: Aims,
    seed: int,
    made_by: Generator,
    text: Float32 | None = None,
    labels: frozenset[str] = frozenset(),
    *,
    told_alone: Condition | Float32 | None = None,
) -> Ecg:
    """One candidate, not yet measured; the same arguments give the same samples.

    `labels` are told to the flow beside what the request's statements bring; noise is then as in real recordings.
    `told_alone` is all that the flow is then told and steered to; the rhythm is laid down at the times that it draws.
    """
    rng = np.random.default_rng([seed, 4])
    rhythm = request.rhythm_or_sinus
    qualities = _qualities(request, aims)
    known = known_elements(rhythm)
    condition: Condition | Float32 = told_by(request, aims, labels, text)
    if told_alone is not None:
        space, condition = made_by.space, told_alone
        vector = space.vector(condition) if isinstance(condition, Condition) else condition
        aims, qualities = Aims({}, {}), space.qualities_of(vector)
    orders = [BeatOrder(condition, known, qualities, seed)]
    if request.ectopy not in (None, "pac"):
        orders.append(ectopic_order(request, seed))
    elements = made_by.draw_beats(orders)
    usual = made_by.codec.latents.decode(elements[:1])
    course = _course(request, aims, usual.times[0], float(usual.spike_delay[0]))
    ectopic = None
    if len(orders) > 1:
        ectopic = elements[1]
        times = made_by.codec.latents.decode(elements[1:]).times[0]
        width = float(np.clip(times[TIMES.index("qrs")], 132.0, 190.0))
        course = _with_ectopic(course, width)
    marks = marks_of(course, SECONDS, rng)
    shape = made_by.codec.anatomy(marks, elements[0], known, ectopic)
    # What a flow leaves before the QRS would lengthen it; the P wave has a shape of its own.
    beat = None if shape.beat is None else shapes.joined(shapes.tapered(shape.beat, shapes.BEFORE_QRS - 1, 0))
    quiet = replace(shape, beat=beat)
    drawn = quiet.drawn(SECONDS * CODEC_HZ)
    levels = _levels(usual.levels[0], rhythm, _AS_RECORDED if labels else _WELL_RECORDED)
    texture = made_by.draw_textures(drawn[None], levels[None], [frozenset({_KINDS.get(rhythm, "")})], [seed])[0]
    rest = made_by.codec.textures.decode(texture, rng)
    loudest = _LOUDEST_AS_RECORDED if labels else _LOUDEST
    return synthetic_ecg(drawn + made_by.noise.shaped(rest, marks.qrs_on, rng, loudest), request)


def told_by(
    request: Request, aims: Aims, labels: frozenset[str] = frozenset(), text: Float32 | None = None
) -> Condition:
    """What the flow is told of a request; a correction of the times must not change the kind of beat."""
    wanted = _qualities(request, replace(aims, corrections={}))
    return Condition(_told(request) | labels, wanted, request.age, request.sex, text=text)


def synthetic_ecg(eight_mv: Floats, request: Request) -> Ecg:
    """(8, n) millivolts as an `Ecg` that says it is synthetic; whole microvolts, as a recorder stores them."""
    twelve = twelve_leads(np.round(eight_mv, 3))
    source = Source(format="generated", sha256=hashlib.sha256(twelve.tobytes()).hexdigest())
    return Ecg.from_array(
        twelve, CODEC_HZ, LEADS, age=request.age, sex=request.sex, source=source, synthetic=True
    )  # fmt: skip


def known_elements(rhythm: Rhythm) -> NDArray[np.bool_]:
    """(LENGTH,) which elements an ECG in this rhythm has."""
    known = np.zeros(LENGTH, dtype=np.bool_)
    for block in ("qrs", "st_t", "times", "levels"):
        known[WHERE[block]] = True
    start = WHERE["times"].start
    if rhythm in WITHOUT_P:
        known[start + TIMES.index("p_dur")] = known[start + TIMES.index("pr")] = False
    else:
        known[WHERE["p"]] = True
        known[start + TIMES.index("pr")] = rhythm != "third_degree_av_block"
    known[WHERE["flutter"]] = rhythm == "atrial_flutter"
    known[WHERE["spike"]] = rhythm in ("paced_ventricular", "paced_dual", "paced_atrial")
    return known


def ectopic_order(request: Request, seed: int) -> BeatOrder:
    """The premature ventricular beat of a request."""
    known = np.zeros(LENGTH, dtype=np.bool_)
    known[WHERE["qrs"]] = known[WHERE["st_t"]] = True
    known[WHERE["times"].start + TIMES.index("qrs")] = known[WHERE["times"].start + TIMES.index("qtc")] = True
    told = frozenset({"PVC", "ventricular_premature_complex"})
    condition = Condition(told, {"qrs": 155.0}, request.age, request.sex, ectopic=True)
    return BeatOrder(condition, known, {"qrs": 155.0}, seed + 7919)


def _told(request: Request) -> frozenset[str]:
    labels = {label for key in request.statements for label in PATTERNS[key].told}
    if request.rhythm_or_sinus == "sinus" and not labels & {"SBRAD", "STACH", "SARRH"}:
        labels |= {"SR", "sinus_rhythm"}
    return frozenset(labels | set(request.statements))


def _qualities(request: Request, aims: Aims) -> dict[str, float]:
    """Numbers in the names of `qualities`, corrected by earlier misses."""
    out = {name: value for name in aims.levels if (value := aims.of(name)) is not None}
    for name in ("p_axis", "qrs_axis", "t_axis", "p_dur", "pr", "qrs"):
        value = aims.of(name)
        if value is not None:
            out[name] = value
    hr = aims.of("hr")
    if hr is not None:
        out["rr"] = 60_000.0 / hr
        qtc = aims.of("qtc")
        if qtc is not None:
            out["qtc"] = _fridericia(qtc, out["rr"], request)
    if request.rhythm_or_sinus in ("atrial_fibrillation", "atrial_flutter", "junctional"):
        for name in ("p_dur", "pr", "p_axis"):
            out.pop(name, None)
    return out


def _fridericia(qtc: float, rr: float, request: Request) -> float:
    """The Fridericia QTc of a QT whose wanted QTc may be Bazett's."""
    if request.qtc_formula == "qtc_fridericia":
        return qtc
    return qtc * float(np.sqrt(rr / 1000.0) / np.cbrt(rr / 1000.0))


def _course(request: Request, aims: Aims, times: Floats, spike_delay: float) -> Course:
    """The times that the flow drew, or that were asked for; a QT leaves room before the next beat."""
    rr, p_dur, pr, qrs, qtc = (float(value) for value in times)
    hr = aims.of("hr")
    rr = float(np.clip(60_000.0 / hr if hr is not None else rr, 272.0, 2400.0))
    qt = qtc * float(np.cbrt(rr / 1000.0))
    rhythm = request.rhythm_or_sinus
    if rhythm != "ventricular_tachycardia":
        qt = min(qt, rr - _REST_MS - (min(pr, 120.0) if rhythm in ("sinus", "sinus_arrhythmia") else 0.0) * 0.5)
    qt = max(qt, qrs + 110.0)
    return Course(
        rhythm=rhythm, rr=rr, p_dur=float(np.clip(p_dur, 70.0, 150.0)), pr=float(np.clip(pr, 80.0, 420.0)),
        qrs=max(qrs - _READS_LONGER_MS, 50.0), qt=qt, ectopy=request.ectopy, count=2, spike_delay=float(np.clip(spike_delay, 2.0, 16.0)),
    )  # fmt: skip


def _with_ectopic(course: Course, width: float) -> Course:
    return replace(course, ectopic_qrs=width, ectopic_qt=min(max(course.qt + 40.0, width + 200.0), 480.0))


def _levels(drawn_mv: Floats, rhythm: Rhythm, worst: tuple[float, float]) -> Floats:
    drift, fine = worst
    levels = np.concatenate((np.minimum(drawn_mv[: len(EIGHT)], drift), np.minimum(drawn_mv[len(EIGHT) :], fine)))
    if rhythm == "atrial_fibrillation":
        levels[len(EIGHT) :] = np.maximum(levels[len(EIGHT) :], 0.6 * _F_WAVES_MV)
        levels[len(EIGHT) + EIGHT.index("V1")] = max(float(drawn_mv[len(EIGHT) + 2]), 1.5 * _F_WAVES_MV)
    out: Floats = np.maximum(levels, 0.004)
    return out
