"""ST and T changes that are not of one artery: pericardium, channels, electrolytes, drugs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from calipers.models.simulator.bundle_branches import squeezed
from calipers.models.simulator.heart import Heart
from calipers.models.simulator.in_leads import LeadMv, eight, is_t, scaled, t_gain, with_st, with_t
from calipers.models.simulator.patient import u_wave
from calipers.models.simulator.waves import BeatShape, Wave

Rng = np.random.Generator

#: Tented T waves, mV.
_TENT: Final[LeadMv] = {
    "I": 0.25, "II": 0.55, "V1": 0.15, "V2": 0.95, "V3": 1.15, "V4": 1.20, "V5": 1.00, "V6": 0.65,
}  # fmt: skip


def pericarditis(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Concave elevation all round but aVR and V1, PR depressed against it."""
    size = 0.9 + 0.7 * severity
    levels = scaled(
        {"I": 0.09, "II": 0.16, "V1": -0.03, "V2": 0.12, "V3": 0.18, "V4": 0.20, "V5": 0.19, "V6": 0.15}, size
    )
    beat = with_st(heart.beat, levels, later=0.25)
    pr = Wave(-0.9, -0.45, 0.0, 0.35, -0.3 * eight(levels), 1.5, 1.5)
    return replace(heart, beat=replace(beat, repolarisation=(*beat.repolarisation, pr))).saying("pericarditis_pattern")


def early_repolarisation(heart: Heart, rng: Rng, severity: float) -> Heart:
    """A notch at the end of the QRS in the inferior and lateral leads, a little concave elevation, tall T waves."""
    size = 0.9 + 0.7 * severity
    beat = t_gain(heart.beat, 1.35)
    beat = with_st(beat, scaled({"I": 0.02, "II": 0.05, "V4": 0.05, "V5": 0.05, "V6": 0.04}, size), later=0.2)
    notch = eight(scaled({"I": 0.04, "II": 0.16, "V4": 0.14, "V5": 0.18, "V6": 0.15}, size))
    j_wave = Wave(0.80, 0.89, 0.91, 1.0, notch, 1.6, 1.6)
    own = tuple(squeezed(wave, 0.88) for wave in beat.qrs)
    beat = replace(beat, qrs_s=beat.qrs_s + 0.008, qrs=own, repolarisation=(*beat.repolarisation, j_wave))
    return replace(heart, beat=beat).saying("early_repolarisation")


def brugada_1(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Coved: V1 and V2 come down from a high J point, convex, into an inverted T wave."""
    size = 1.0 + 0.9 * severity
    beat = with_t(heart.beat, scaled({"V1": -0.16, "V2": -0.24, "V3": 0.20}, size), start=1.40, peak=1.74)
    coved = eight(scaled({"V1": 0.26, "V2": 0.32, "V3": 0.06}, size))
    j_wave = Wave(0.66, 0.97, 1.02, 1.62, coved, 1.5, 1.3)
    return replace(heart, beat=replace(beat, repolarisation=(*beat.repolarisation, j_wave))).saying("brugada_type_1")


def brugada_2(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Saddleback: V2 comes down from a high take-off to a raised trough, then an upright T wave."""
    size = 1.0 + 0.5 * severity
    beat = with_t(heart.beat, scaled({"V1": 0.08, "V2": 0.38, "V3": 0.40}, size), start=1.20, peak=1.68)
    beat = with_st(beat, scaled({"V1": 0.06, "V2": 0.12, "V3": 0.06}, size), later=0.5)
    take_off = Wave(0.70, 0.97, 1.0, 1.26, eight(scaled({"V1": 0.08, "V2": 0.16, "V3": 0.03}, size)), 1.5, 1.5)
    return replace(heart, beat=replace(beat, repolarisation=(*beat.repolarisation, take_off))).saying("brugada_type_2")


def hyperkalaemia_mild(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Tall, narrow, symmetrical T waves, most in the chest leads."""
    beat = _tented(heart.beat, rng, 0.9 + 0.5 * severity)
    return replace(heart, beat=beat, qtc_s=(0.370, 0.410)).saying("hyperkalaemia_suspected")


def hyperkalaemia_moderate(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Tented T waves, a flat P wave, long PR, a QRS of 123 to 145 ms."""
    beat = _slowed(_tented(heart.beat, rng, 0.9 + 0.4 * severity), 0.123 + 0.022 * severity)
    flat = replace(heart.p, waves=tuple(replace(wave, mv=0.4 * wave.mv) for wave in heart.p.waves))
    return replace(heart, beat=beat, p=flat, pr_s=(0.205, 0.250), qtc_s=(0.390, 0.430)).saying("marked_hyperkalaemia")


def hyperkalaemia_severe(heart: Heart, rng: Rng, severity: float) -> Heart:
    """No P wave; a QRS of 160 to 210 ms that runs into the T wave: a sine wave at the worst."""
    beat = _slowed(heart.beat, 0.160 + 0.05 * severity)
    wide = tuple(replace(wave, mv=0.8 * wave.mv, rise=1.8, fall=1.8) for wave in beat.qrs)
    swing = scaled(_TENT, 0.9)
    tent = Wave(1.04, 1.55, 1.55, 2.0, eight(swing), 1.8, 1.8)
    trough = Wave(0.50, 0.92, 0.95, 1.35, -0.5 * eight(swing), 1.6, 1.6)
    beat = replace(beat, qrs=wide, repolarisation=(tent, trough), qt_extra_s=0.06)
    no_p = replace(heart.p, waves=())
    return replace(heart, beat=beat, p=no_p, qtc_s=(0.420, 0.470)).saying("marked_hyperkalaemia")


def hypokalaemia(heart: Heart, rng: Rng, severity: float) -> Heart:
    """ST a little down, T flat, a U wave larger than the T wave."""
    size = 0.8 + 0.5 * severity
    levels = scaled({"I": -0.04, "II": -0.06, "V3": -0.06, "V4": -0.09, "V5": -0.08, "V6": -0.06}, size)
    beat = with_st(t_gain(heart.beat, 0.22), levels, later=0.7)
    u = u_wave(eight(scaled({"I": 0.04, "II": 0.13, "V2": 0.20, "V3": 0.24, "V4": 0.20, "V5": 0.14, "V6": 0.08}, size)))
    return replace(heart, beat=replace(beat, repolarisation=(*beat.repolarisation, u))).saying("hypokalaemia")


def hypercalcaemia(heart: Heart, rng: Rng, severity: float) -> Heart:
    """No ST segment: the T wave starts at the J point; a short QT."""
    beat = _t_between(heart.beat, 1.02, 1.48)
    return replace(heart, beat=beat, qtc_s=(0.315, 0.350)).saying("hypercalcaemia")


def long_qt(heart: Heart, rng: Rng, severity: float) -> Heart:
    """QTc of 490 to 580 ms: broad T waves, or late ones after a long ST segment."""
    beat = heart.beat if rng.random() < 0.5 else _t_between(heart.beat, 1.50, 1.80)
    return replace(heart, beat=beat, qtc_s=(0.490 + 0.05 * severity, 0.520 + 0.06 * severity))


def short_qt(heart: Heart, rng: Rng, severity: float) -> Heart:
    """QTc of 280 to 325 ms with tall, narrow T waves and no ST segment."""
    beat = t_gain(_t_between(heart.beat, 1.08, 1.60), 1.4)
    return replace(heart, beat=beat, qtc_s=(0.300 - 0.02 * severity, 0.322 - 0.02 * severity))


def digitalis(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Scooped ST depression over low T waves, a short QT."""
    size = 0.9 + 0.7 * severity
    beat = t_gain(heart.beat, 0.5)
    scoop = eight(scaled({"I": -0.07, "II": -0.11, "V3": -0.06, "V4": -0.13, "V5": -0.15, "V6": -0.12}, size))
    sag = Wave(0.72, 1.30, 1.30, 1.72, scoop, 1.3, 1.3)
    beat = replace(beat, repolarisation=(*beat.repolarisation, sag))
    return replace(heart, beat=beat, qtc_s=(0.345, 0.380)).saying("digitalis_effect")


def _tented(beat: BeatShape, rng: Rng, size: float) -> BeatShape:
    without = replace(beat, repolarisation=tuple(w for w in beat.repolarisation if not is_t(w)))
    tent = Wave(1.42, 1.70, 1.70, 1.99, eight(scaled(_TENT, size)), 1.7, 1.7)
    return replace(without, repolarisation=(*without.repolarisation, tent))


def _slowed(beat: BeatShape, qrs_s: float) -> BeatShape:
    """The QRS drawn out, its end slurred."""
    last = replace(beat.qrs[-1], start=0.45, top=0.72, top_end=0.74, stop=1.0)
    drawn_out = (*(squeezed(wave, 0.92) for wave in beat.qrs[:-1]), last)
    return replace(beat, qrs_s=qrs_s, qrs=drawn_out, qt_extra_s=0.6 * (qrs_s - beat.qrs_s))


def _t_between(beat: BeatShape, start: float, peak: float) -> BeatShape:
    """T waves that start and peak elsewhere."""
    moved = tuple(replace(w, start=start, top=peak, top_end=peak) if is_t(w) else w for w in beat.repolarisation)
    return replace(beat, repolarisation=moved)
