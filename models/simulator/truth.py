"""What is true of a simulated record, under the names that Calipers measures by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from calipers.leads import LEADS
from calipers.models.simulator.events import AtrialEvent, Spike, VentricularEvent, VentricularKind
from calipers.models.simulator.heart import axis_of
from calipers.models.simulator.waves import TWELVE_FROM_EIGHT, BeatShape, Floats, PShape, draw_beat, draw_p

#: Kinds whose beats may be the record's usual ones; of equally common ones the first.
_USUAL: Final[tuple[VentricularKind, ...]] = (
    "normal",
    "paced",
    "escape_junctional",
    "vt",
    "escape_ventricular",
    "preexcited",
    "pac",
)
_CLEAN_HZ: Final = 1000.0


class Layout(NamedTuple):
    """A record's events, and the shape of each beat."""

    atrial: tuple[AtrialEvent, ...]
    ventricular: tuple[VentricularEvent, ...]
    spikes: tuple[Spike, ...]
    shapes: tuple[BeatShape, ...]


def truth_of(layout: Layout, p: PShape, gain: float, *, beats_have_shape: bool) -> dict[str, float]:
    """Measurement name → true value, in the units of `calipers.parameters`; only what is defined.

    Args:
        layout: the record's events.
        p: its usual P wave.
        gain: of the whole record.
        beats_have_shape: False where beats are swings of one twisting wave: no intervals, levels or axes.
    """
    truth = {**_rates(layout.ventricular), **_atrial(layout), **_ectopy(layout.ventricular)}
    truth |= _pacing(layout)
    usual = _usual_beats(layout.ventricular)
    if usual and beats_have_shape:
        truth |= _intervals(layout, usual)
        first = usual[len(usual) // 2]
        with_p = any(event.conducted_to in usual and event.kind != "retrograde" for event in layout.atrial)
        in_leads = _of_the_beat(layout.shapes[first], layout.ventricular[first], p if with_p else None)
        truth |= {name: gain * value if "." in name else value for name, value in in_leads.items()}
    return truth


def _usual_beats(beats: Sequence[VentricularEvent]) -> list[int]:
    """The beats of the commonest kind that is not premature; the conducted ones where none is."""
    kinds: list[VentricularKind] = [beat.kind for beat in beats if beat.kind in _USUAL and not beat.aberrant]
    if not kinds:
        return []
    commonest = max(_USUAL, key=lambda kind: kinds.count(kind))
    return [place for place, beat in enumerate(beats) if beat.kind == commonest and not beat.aberrant]


def _rates(beats: Sequence[VentricularEvent]) -> dict[str, float]:
    onsets_ms = 1000.0 * np.array([beat.onset_s for beat in beats])
    if onsets_ms.size < 2:
        return {}
    rr = np.diff(onsets_ms)
    return {
        "hr": float(60_000.0 / rr.mean()),
        "rr_mean": float(rr.mean()),
        "rr_sd": float(rr.std(ddof=1)) if rr.size > 1 else 0.0,
        "pause_max": float(rr.max()),
    }


def _intervals(layout: Layout, usual: list[int]) -> dict[str, float]:
    """Medians over the usual beats; QTc from their QT and the mean RR without pauses."""
    beats = layout.ventricular
    qrs = 1000.0 * float(np.median([beats[k].offset_s - beats[k].onset_s for k in usual]))
    qt = 1000.0 * float(np.median([beats[k].t_offset_s - beats[k].onset_s for k in usual]))
    truth = {"qrs": qrs, "qt": qt}
    coupled = [e for e in layout.atrial if e.conducted_to in usual and e.kind in ("sinus", "ectopic", "paced")]
    if coupled:
        pr = [beats[e.conducted_to].onset_s - e.onset_s for e in coupled if e.conducted_to is not None]
        truth["pr"] = 1000.0 * float(np.median(pr))
        truth["pr_range"] = 1000.0 * float(max(pr) - min(pr))
        truth["p_dur"] = 1000.0 * float(np.median([e.offset_s - e.onset_s for e in coupled]))
    if len(beats) > 1:
        gaps_s = np.diff([beat.onset_s for beat in beats])
        rr_s = float(gaps_s[gaps_s <= 1.5 * np.median(gaps_s)].mean())
        truth |= {
            "qtc_bazett": qt / rr_s**0.5,
            "qtc_fridericia": qt / rr_s ** (1 / 3),
            "qtc_framingham": qt + 154.0 * (1.0 - rr_s),
            "qtc_hodges": qt + 1.75 * (60.0 / rr_s - 60.0),
        }
    return truth


def _atrial(layout: Layout) -> dict[str, float]:
    """Atrial rate, dropped beats, PR lengthening, and whether beats follow P waves at all."""
    beats = layout.ventricular
    waves = [e for e in layout.atrial if e.kind in ("sinus", "ectopic", "paced")]
    flutter = [e for e in layout.atrial if e.kind == "flutter"]
    truth: dict[str, float] = {}
    if len(flutter) > 2:
        truth["flutter_rate"] = truth["atrial_rate"] = _rate_of(flutter)
    elif len(waves) > 2:
        truth["atrial_rate"] = _rate_of(waves)
    if beats:
        led = {e.conducted_to for e in layout.atrial if e.kind in ("sinus", "ectopic", "paced") and not e.blocked}
        # The first beat's P wave may lie before the record.
        seen = [place for place, beat in enumerate(beats) if place in led or place > 0 or beat.onset_s > 0.4]
        truth["p_per_qrs"] = sum(place in led for place in seen) / len(seen) if seen else 0.0
    if waves and any(e.conducted_to is not None for e in waves):
        truth |= _dropped(waves, beats)
    return truth


def _rate_of(events: list[AtrialEvent]) -> float:
    return 60.0 / float(np.mean(np.diff([event.onset_s for event in events])))


def _dropped(waves: list[AtrialEvent], beats: Sequence[VentricularEvent]) -> dict[str, float]:
    """P waves without a beat, other than those that a premature beat made refractory or that came too early."""
    run = longest = count = 0
    lengthening: list[float] = []
    last_pr: float | None = None
    before_drop: float | None = None
    for wave in waves:
        premature = wave.kind == "ectopic" and wave.blocked
        refractory = any(b.kind == "pvc" and b.onset_s - 0.25 < wave.onset_s < b.t_offset_s for b in beats)
        if wave.blocked and not premature and not refractory:
            run += 1
            count += 1
            longest = max(longest, run)
            before_drop = last_pr if run == 1 else None
        elif wave.conducted_to is not None:
            pr = 1000.0 * (beats[wave.conducted_to].onset_s - wave.onset_s)
            if run and before_drop is not None:
                lengthening.append(before_drop - pr)
            run, last_pr = 0, pr
    truth = {"dropped_count": float(count), "dropped_run_max": float(longest)}
    if lengthening:
        truth["pr_lengthening"] = float(np.median(lengthening))
    return truth


def _ectopy(beats: Sequence[VentricularEvent]) -> dict[str, float]:
    if not beats:
        return {}
    kinds = [beat.kind for beat in beats]
    truth = {
        "pvc_count": float(kinds.count("pvc")),
        "pac_count": float(kinds.count("pac")),
        "pvc_run_max": float(_longest_run(kinds, "pvc")),
        "pac_run_max": float(_longest_run(kinds, "pac")),
        "pvc_bigeminy": float(_cycles(kinds, "pvc")),
        "pac_bigeminy": float(_cycles(kinds, "pac")),
    }
    for name, kind in (("pvc", "pvc"), ("pac", "pac")):
        couplings = [
            1000.0 * (beats[k].onset_s - beats[k - 1].onset_s)
            for k in range(1, len(beats))
            if kinds[k] == kind and kinds[k - 1] != kind
        ]
        if couplings:
            truth[f"{name}_coupling"] = float(np.median(couplings))
    escapes = sum(kind.startswith("escape") for kind in kinds)
    truth["escape_count"] = float(escapes if escapes < len(kinds) / 2 else 0)
    if "pvc" in kinds:
        truth["pvc_shapes"] = float(len({beat.shape for beat in beats if beat.kind == "pvc"}))
    return truth


def _longest_run(kinds: Sequence[str], kind: str) -> int:
    longest = run = 0
    for found in kinds:
        run = run + 1 if found == kind else 0
        longest = max(longest, run)
    return longest


def _cycles(kinds: Sequence[str], kind: str) -> int:
    """Most consecutive cycles of another beat and one of this kind."""
    longest = run = place = 0
    while place + 1 < len(kinds):
        if kinds[place] != kind and kinds[place + 1] == kind:
            run, place = run + 1, place + 2
            longest = max(longest, run)
        else:
            run, place = 0, place + 1
    return longest


def _pacing(layout: Layout) -> dict[str, float]:
    spikes = layout.spikes
    answered = [s for s in spikes if s.captured and s.chamber == "atrium"]
    return {
        "paced_count": float(sum(b.kind == "paced" for b in layout.ventricular) or len(answered)),
        "ventricular_paced_count": float(sum(b.kind == "paced" for b in layout.ventricular)),
        "atrial_paced_count": float(len(answered)),
        "noncapture_count": float(sum(not s.captured for s in spikes)),
    }


def _of_the_beat(shape: BeatShape, beat: VentricularEvent, p: PShape | None) -> dict[str, float]:
    """Axes, and each lead's ST levels and P and T peaks, read off the noiseless beat (`V3.st_j`)."""
    qt_s = beat.t_offset_s - beat.onset_s
    time_s = np.arange(0.0, qt_s, 1.0 / _CLEAN_HZ)
    drawn = TWELVE_FROM_EIGHT @ draw_beat(shape, qt_s, time_s)  # (12, n)
    drawn -= drawn[:, :1]  # against the end of the PR segment
    j = round(shape.qrs_s * _CLEAN_HZ)
    t_from = j + round(0.10 * _CLEAN_HZ) if qt_s - shape.qrs_s > 0.2 else j + round(0.05 * _CLEAN_HZ)
    truth = {"qrs_axis": axis_of(shape), "t_axis": _axis(drawn[:2, t_from:].sum(axis=1))}
    p_drawn = None
    if p is not None:
        p_drawn = TWELVE_FROM_EIGHT @ draw_p(p, np.arange(0.0, p.duration_s, 1.0 / _CLEAN_HZ))
        truth["p_axis"] = _axis(p_drawn[:2].sum(axis=1))
    for row, lead in enumerate(LEADS):
        for name, later_ms in (("st_j", 0), ("st_60", 60), ("st_80", 80)):
            truth[f"{lead}.{name}"] = float(drawn[row, min(j + later_ms, drawn.shape[1] - 1)])
        truth[f"{lead}.t_amp"] = _largest(drawn[row, t_from:])
        if p_drawn is not None:
            truth[f"{lead}.p_amp"] = _largest(p_drawn[row])
    return truth


def _axis(i_and_ii: Floats) -> float:
    one, two = i_and_ii
    return float(np.degrees(np.arctan2((2.0 * two - one) / np.sqrt(3.0), one)))


def _largest(wave: Floats) -> float:
    return float(wave[int(np.abs(wave).argmax())]) if wave.size else 0.0
