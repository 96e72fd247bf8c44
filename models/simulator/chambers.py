"""Hypertrophy, atrial enlargement and voltage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calipers.models.simulator.heart import Heart
from calipers.models.simulator.in_leads import eight, scaled, with_st, with_t
from calipers.models.simulator.patient import lobe
from calipers.models.simulator.waves import ROW, TWELVE_FROM_EIGHT, PShape, Wave

Rng = np.random.Generator


def lvh(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Sokolow's sum of 3.8 to 5.5 mV: deep S in V1 to V3, tall R in V5, V6."""
    more = tuple(
        replace(wave, mv=wave.mv + 0.35 * heart.chest.project(0.5, 0.1, 0.8)) if wave.start > 0.15 else wave
        for wave in heart.beat.qrs[:3]
    )
    qrs = (*more, *heart.beat.qrs[3:])
    drawn = replace(heart.beat, qrs=qrs).qrs_alone()
    sokolow = -drawn[ROW["V1"]].min() + max(drawn[ROW["V5"]].max(), drawn[ROW["V6"]].max())
    gain = (3.8 + 1.7 * severity) / float(sokolow)
    beat = replace(heart.beat, qrs=qrs, qrs_s=max(heart.beat.qrs_s, 0.092) + 0.010)
    beat = replace(beat, qrs=tuple(replace(wave, mv=gain * wave.mv) for wave in beat.qrs))
    return replace(heart, beat=beat, axis_deg=(-25.0, 45.0)).saying("lvh")


def strain(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Secondary ST and T: down in I, aVL, V5, V6 with slowly falling, quickly rising T; up in V1, V2."""
    size = 0.8 + 0.7 * severity
    levels = scaled({"I": -0.08, "II": -0.03, "V1": 0.06, "V2": 0.10, "V4": -0.04, "V5": -0.12, "V6": -0.12}, size)
    peaks = scaled({"I": -0.18, "II": 0.02, "V1": 0.20, "V2": 0.40, "V4": 0.10, "V5": -0.25, "V6": -0.28}, size)
    beat = with_t(with_st(heart.beat, levels, later=0.75), peaks, start=1.12, peak=1.72)
    return replace(heart, beat=beat)


def rvh(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Axis right, R over S in V1, deep S in V5 and V6; T inverted from V1 to V3."""
    size = 0.9 + 0.5 * severity
    _, apex, wall, base = heart.beat.qrs[:4]
    septum = lobe(heart.chest, (0.0, 0.24, 0.46), (0.45, -0.05, -0.45), size)
    right = lobe(heart.chest, (0.16, 0.50, 0.84), (-0.75, 0.35, -1.05), size)
    late = lobe(heart.chest, (0.45, 0.74, 1.0), (-0.55, -0.10, -0.10), size)
    weak = tuple(replace(wave, mv=0.55 * wave.mv) for wave in (septum, apex, wall, base))
    v1 = replace(heart.beat, qrs=(*weak, right, late)).qrs_alone()[ROW["V1"]]
    lift = max(0.95 * size - float(v1.max()), 0.0)
    right = replace(right, mv=right.mv + eight({"V1": lift, "V2": 0.5 * lift}))
    beat = replace(heart.beat, qrs=(*weak, right, late))
    beat = with_t(beat, scaled({"V1": -0.22, "V2": -0.18, "V3": -0.08}, size))
    return replace(heart, beat=beat, axis_deg=(102.0, 140.0)).saying("rvh", "right_axis_deviation")


def left_atrial_enlargement(heart: Heart, rng: Rng, severity: float) -> Heart:
    """P of 122 to 145 ms, notched in II, with a deep, broad terminal part in V1."""
    p = PShape(
        0.122 + 0.023 * severity,
        (
            Wave(0.0, 0.28, 0.28, 0.62, 0.9 * heart.chest.project(0.04, 0.11, -0.05), 2.0, 1.4),
            Wave(0.34, 0.68, 0.72, 1.0, (1.1 + 0.3 * severity) * heart.chest.project(0.10, 0.09, 0.14), 1.4, 2.0),
        ),
    )
    return replace(heart, p=p, pr_s=(0.165, 0.200)).saying("left_atrial_enlargement")


def right_atrial_enlargement(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Peaked P waves of more than 0.25 mV in II, and a tall first part in V1."""
    peak = heart.chest.project(0.03, 0.26, -0.10)
    peak = peak * (0.29 + 0.10 * severity) / peak[ROW["II"]]
    p = PShape(0.105, (Wave(0.0, 0.48, 0.48, 1.0, peak, 2.2, 2.2),))
    return replace(heart, p=p).saying("right_atrial_enlargement")


def low_voltage(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Every limb lead below 0.5 mV from peak to trough; chest leads small as well."""
    limb = TWELVE_FROM_EIGHT[:6] @ heart.beat.qrs_alone()
    span = float(np.ptp(limb, axis=1).max())
    gain = (0.43 - 0.16 * severity) / span
    small = np.where(np.arange(8) < 2, gain, min(1.3 * gain, 0.7))
    t_small = np.maximum(small, 0.35)
    beat = replace(
        heart.beat,
        qrs=tuple(replace(wave, mv=small * wave.mv) for wave in heart.beat.qrs),
        repolarisation=tuple(replace(wave, mv=t_small * wave.mv) for wave in heart.beat.repolarisation),
    )
    p = replace(heart.p, waves=tuple(replace(wave, mv=0.65 * wave.mv) for wave in heart.p.waves))
    return replace(heart, beat=beat, p=p).saying("low_voltage")
