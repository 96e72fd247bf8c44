"""Infarction and ischaemia: ST levels by territory with their reciprocal changes, T inversion, Q waves.

J levels are millivolts in the recorded leads at the least and the greatest severity. Every least level lies beyond
the limits of the fourth universal definition (Thygesen 2018) for any adult, in two contiguous leads.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from calipers.leads import Lead
from calipers.models.simulator.heart import Heart
from calipers.models.simulator.in_leads import LeadMv, eight, is_t, scaled, t_gain, with_q, with_st, with_t
from calipers.models.simulator.specification import Morphology
from calipers.models.simulator.waves import ROW, BeatShape, Floats, Wave

Rng = np.random.Generator


class Territory(NamedTuple):
    """One occlusion's J levels at the least and greatest severity, and what it is called."""

    least_mv: LeadMv
    greatest_mv: LeadMv
    statements: tuple[str, ...]


TERRITORIES: Final[dict[Morphology, Territory]] = {
    "stemi_septal": Territory(
        {"V1": 0.16, "V2": 0.32, "V3": 0.28, "V4": 0.04, "I": 0.02, "II": -0.02},
        {"V1": 0.35, "V2": 0.70, "V3": 0.50, "V4": 0.08, "I": 0.04, "II": -0.05},
        ("stemi_anterior", "st_elevation"),
    ),
    "stemi_anterior": Territory(
        {"V1": 0.05, "V2": 0.33, "V3": 0.38, "V4": 0.26, "V5": 0.06, "I": 0.03, "II": -0.04},
        {"V1": 0.15, "V2": 0.80, "V3": 1.00, "V4": 0.70, "V5": 0.15, "I": 0.08, "II": -0.06},
        ("stemi_anterior", "st_elevation"),
    ),
    "stemi_extensive_anterior": Territory(
        {"V1": 0.08, "V2": 0.34, "V3": 0.42, "V4": 0.36, "V5": 0.26, "V6": 0.16, "I": 0.15, "II": -0.02},
        {"V1": 0.20, "V2": 0.80, "V3": 1.00, "V4": 0.90, "V5": 0.60, "V6": 0.35, "I": 0.30, "II": -0.06},
        ("stemi_anterior", "stemi_lateral", "st_elevation"),
    ),
    "stemi_inferior_rca": Territory(
        {"I": -0.07, "II": 0.15, "V1": 0.02, "V2": -0.05, "V3": -0.03, "V5": 0.0, "V6": 0.02},
        {"I": -0.20, "II": 0.38, "V1": 0.04, "V2": -0.15, "V3": -0.10, "V5": 0.0, "V6": 0.04},
        ("stemi_inferior", "st_elevation"),
    ),
    "stemi_inferior_lcx": Territory(
        {"I": 0.01, "II": 0.17, "V1": -0.06, "V2": -0.12, "V3": -0.08, "V4": 0.02, "V5": 0.14, "V6": 0.16},
        {"I": 0.03, "II": 0.40, "V1": -0.15, "V2": -0.28, "V3": -0.20, "V4": 0.04, "V5": 0.28, "V6": 0.34},
        ("stemi_inferior", "stemi_lateral", "st_elevation"),
    ),
    "stemi_lateral": Territory(
        {"I": 0.16, "II": -0.01, "V2": -0.02, "V4": 0.05, "V5": 0.14, "V6": 0.16},
        {"I": 0.34, "II": -0.04, "V2": -0.08, "V4": 0.10, "V5": 0.30, "V6": 0.34},
        ("stemi_lateral", "st_elevation"),
    ),
    "rv_infarction": Territory(
        {"I": -0.09, "II": 0.15, "V1": 0.12, "V2": 0.02, "V3": -0.03, "V5": -0.03, "V6": -0.03},
        {"I": -0.22, "II": 0.34, "V1": 0.26, "V2": 0.05, "V3": -0.08, "V5": -0.05, "V6": -0.05},
        ("stemi_inferior", "rv_infarction_suspected", "st_elevation"),
    ),
}


def st_elevation(heart: Heart, rng: Rng, severity: float, name: Morphology) -> Heart:
    """ST elevation of one territory; the T wave rises with it, and turns over where the change is reciprocal."""
    least, greatest, statements = TERRITORIES[name]
    levels = _between(least, greatest, severity, rng)
    course = float(rng.uniform(0.5, 0.85))
    beat = with_st(heart.beat, levels, later=course)
    own = _t_peaks(heart)
    tall = float(rng.uniform(0.55, 0.95))
    peaks: dict[Lead, float] = {lead: tall * level + 0.5 * own[ROW[lead]] for lead, level in levels.items()}
    beat = with_t(beat, peaks, start=1.10, peak=1.62)
    return replace(heart, beat=beat).saying(*statements)


def posterior_mi(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Horizontal depression with upright T waves and growing R waves in V1 to V3: the mirror of the back wall."""
    levels = _between(
        {"V1": -0.09, "V2": -0.16, "V3": -0.14, "V4": -0.05, "V6": 0.03},
        {"V1": -0.18, "V2": -0.36, "V3": -0.32, "V4": -0.14, "V6": 0.06},
        severity,
        rng,
    )
    r_wave = Wave(0.18, 0.52, 0.52, 0.86, eight({"V1": 0.25, "V2": 0.65, "V3": 0.40}), 1.3, 1.3)
    small_s = np.array([1.0, 1.0, 0.75, 0.45, 0.45, 0.8, 1.0, 1.0])
    qrs = tuple(replace(w, mv=np.where(w.mv < 0, small_s * w.mv, w.mv)) for w in heart.beat.qrs)
    beat = with_st(replace(heart.beat, qrs=(*qrs, r_wave)), levels, later=0.75)
    beat = with_t(beat, {"V1": 0.22, "V2": 0.45 + 0.2 * severity, "V3": 0.45 + 0.2 * severity}, start=1.35, peak=1.72)
    return replace(heart, beat=beat).saying("posterior_mi_suspected")


def subendocardial(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Depression in six leads and more with elevation in aVR (and V1)."""
    levels = _between(
        {"I": -0.11, "II": -0.19, "V1": 0.06, "V2": -0.03, "V3": -0.13, "V4": -0.20, "V5": -0.20, "V6": -0.16},
        {"I": -0.20, "II": -0.32, "V1": 0.14, "V2": -0.10, "V3": -0.25, "V4": -0.42, "V5": -0.40, "V6": -0.30},
        severity,
        rng,
    )
    beat = with_st(t_gain(heart.beat, 0.35), levels, later=0.85)
    return replace(heart, beat=beat).saying("avr_elevation_with_diffuse_depression", "st_depression")


def wellens_a(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Biphasic T waves in V2 and V3, first up, then down; ST all but level."""
    beat = with_t(heart.beat, {"V2": 0.0, "V3": 0.0, "V4": 0.0})
    size = 0.8 + 0.6 * severity
    up = Wave(1.15, 1.50, 1.50, 1.76, eight({"V2": 0.32 * size, "V3": 0.36 * size, "V4": 0.22 * size}), 2.0, 1.5)
    down = Wave(1.58, 1.82, 1.82, 2.0, eight({"V2": -0.28 * size, "V3": -0.34 * size, "V4": -0.20 * size}), 1.6, 1.6)
    beat = replace(beat, repolarisation=(*beat.repolarisation, up, down))
    return replace(heart, beat=with_st(beat, {"V2": 0.05, "V3": 0.05}, later=0.2)).saying("wellens")


def wellens_b(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Deep, symmetrical T inversion from V1 or V2 to V4, V5; ST level."""
    size = 0.8 + 0.8 * severity
    peaks = scaled({"V1": -0.15, "V2": -0.50, "V3": -0.60, "V4": -0.50, "V5": -0.22}, size)
    beat = with_t(with_st(heart.beat, {"V2": 0.02, "V3": 0.02, "V4": 0.0}, later=0.1), peaks, start=1.30, peak=1.67)
    return replace(heart, beat=beat, qtc_s=(0.430, 0.475)).saying("wellens", "t_inversion", "t_inversion_anterior")


def sgarbossa(heart: Heart, rng: Rng, severity: float, name: Morphology) -> Heart:
    """Ischaemia within left bundle branch block or pacing: concordant ST change, or discordant in excess."""
    extra = 0.6 + 0.6 * severity
    qrs = heart.beat.qrs_alone().mean(axis=1)
    if name == "sgarbossa_concordant":
        upright: list[Lead] = [lead for lead in ("I", "V5", "V6") if qrs[ROW[lead]] > 0.1]
        levels: dict[Lead, float] = dict.fromkeys(upright or ("V5", "V6"), 0.13 + 0.15 * extra)
        beat = with_st(heart.beat, levels, later=0.6)
        beat = with_t(beat, {lead: 1.3 * level for lead, level in levels.items()}, start=1.10, peak=1.62)
        return replace(heart, beat=beat).saying("sgarbossa")
    if name == "sgarbossa_v1_v3_depression":
        levels = {"V1": -0.12 - 0.08 * extra, "V2": -0.14 - 0.15 * extra, "V3": -0.12 - 0.10 * extra}
        beat = with_st(heart.beat, levels, later=0.7)
        return replace(heart, beat=with_t(beat, {"V1": 0.12, "V2": 0.20, "V3": 0.20})).saying("sgarbossa")
    depth = -heart.beat.qrs_alone().min(axis=1)
    levels = {lead: float(max(0.56, (0.30 + 0.12 * severity) * depth[ROW[lead]])) for lead in ("V1", "V2", "V3")}
    beat = with_st(heart.beat, levels, later=0.7)
    beat = with_t(beat, {lead: 0.9 * level for lead, level in levels.items()}, start=1.10, peak=1.62)
    return replace(heart, beat=beat).saying("sgarbossa_discordant_only", "sgarbossa_modified")


def old_mi(heart: Heart, rng: Rng, severity: float, name: Morphology) -> Heart:
    """Q waves of an old infarction, with shallow T inversion over them."""
    size = 0.85 + 0.5 * severity
    if name == "old_mi_anterior":
        beat = with_q(heart.beat, scaled({"V1": 0.35, "V2": 0.70, "V3": 0.60}, size), r_left=0.0)
        beat = with_q(beat, scaled({"V4": 0.35}, size), r_left=0.5)
        beat = with_t(beat, {"V2": -0.12, "V3": -0.18, "V4": -0.12})
        return _scar(heart.saying("pathological_q_anterior"), beat)
    if name == "old_mi_inferior":
        beat = with_q(heart.beat, {"II": 0.30 * size, "I": -0.02}, r_left=0.6)
        return _scar(heart.saying("pathological_q_inferior"), with_t(beat, {"II": -0.08, "I": 0.12}))
    beat = with_q(heart.beat, scaled({"I": 0.28, "V5": 0.25, "V6": 0.28, "II": 0.02}, size), r_left=0.6)
    return _scar(heart.saying("pathological_q_lateral"), with_t(beat, {"I": -0.10, "V5": -0.12, "V6": -0.12}))


def t_inversion(heart: Heart, rng: Rng, severity: float, name: Morphology) -> Heart:
    """T waves upside down in one territory, ST level."""
    size = 0.9 + 1.1 * severity
    peaks: dict[Morphology, LeadMv] = {
        "t_inversion_anterior": {"V1": -0.12, "V2": -0.22, "V3": -0.26, "V4": -0.22, "V5": -0.06},
        "t_inversion_inferior": {"I": 0.08, "II": -0.18},
        "t_inversion_lateral": {"I": -0.16, "II": 0.05, "V4": -0.10, "V5": -0.20, "V6": -0.18},
    }
    beat = with_t(heart.beat, scaled(peaks[name], size), start=1.26, peak=1.68)
    return replace(heart, beat=beat).saying("t_inversion", name)


def _scar(heart: Heart, beat: BeatShape) -> Heart:
    return replace(heart, beat=replace(beat, qrs_s=max(beat.qrs_s, 0.098))).saying("pathological_q")


def _between(least: LeadMv, greatest: LeadMv, severity: float, rng: Rng) -> dict[Lead, float]:
    """Levels at a severity, each up to a tenth larger by chance."""
    return {
        lead: (level + severity * (greatest[lead] - level)) * (1.0 + 0.1 * float(rng.random()))
        for lead, level in least.items()
    }


def _t_peaks(heart: Heart) -> Floats:
    """(8,) the heights of the beat's own T lobes."""
    lobes = [wave.mv for wave in heart.beat.repolarisation if is_t(wave)]
    return np.asarray(np.sum(lobes, axis=0)) if lobes else np.zeros(8)
