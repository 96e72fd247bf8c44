"""A QRS that is conducted otherwise: one bundle branch late, or a part of the ventricle early."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calipers.models.simulator.lead_field import Chest
from calipers.models.simulator.patient import lobe, st_level, t_wave
from calipers.models.simulator.waves import ROW, BeatShape, Sampled, Wave
from calipers.models.simulator.wide_beats import discordant

Rng = np.random.Generator


def left_bundle_branch_block(chest: Chest, rng: Rng, size: float, qrs_s: float) -> BeatShape:
    """Septum from right to left, then the left ventricle slowly, from its septum to the side wall."""
    lobes = (
        lobe(chest, (0.0, 0.24, 0.50), (0.42, 0.20, 0.20 + float(rng.normal(0, 0.05))), size),
        lobe(chest, (0.10, 0.40, 0.72), (0.72, 0.25, 0.85), size),
        lobe(chest, (0.38, 0.66, 1.0), (0.80, 0.15, 0.70), size),
    )
    return discordant(lobes, qrs_s, rng)


def right_bundle_branch_block(beat: BeatShape, chest: Chest, rng: Rng, qrs_s: float, size: float = 1.0) -> BeatShape:
    """The left ventricle as before, then the right one late: to the right and forward."""
    share = min(beat.qrs_s / qrs_s, 0.92)
    first = tuple(squeezed(wave, share) for wave in beat.qrs)
    late = (-0.55 + float(rng.normal(0, 0.06)), 0.02 + float(rng.normal(0, 0.06)), -0.52 + float(rng.normal(0, 0.06)))
    start = max(0.36 * share + 0.02, share - 0.36)
    last = lobe(chest, (start, 0.5 * (start + 1.0) + 0.08, 1.0), late, size)
    right = np.array([0.0, 0.0, max(0.6 * size - last.mv[ROW["V1"]], 0.0), 0.0, 0.0, 0.0, 0.0, 0.0])
    last = replace(last, mv=last.mv + right)
    # The S wave of V1 is cut short by the R′ wave.
    less = np.where(np.arange(8) == ROW["V1"], 0.65, 1.0)
    first = tuple(replace(wave, mv=np.where(wave.mv < 0, less * wave.mv, wave.mv)) for wave in first)
    against = -0.22 * last.mv
    secondary = (*st_level(0.12 * against, 0.3 * against), t_wave(against, None, start=1.08, peak=1.62))
    return replace(
        beat,
        qrs_s=qrs_s,
        qrs=(*first, last),
        repolarisation=(*beat.repolarisation, *secondary),
        sampled=squeezed_record(beat.sampled, share),
    )


def preexcited_beat(beat: BeatShape, chest: Chest, rng: Rng, degree: float) -> BeatShape:
    """Activation begins slowly where the pathway ends; `degree` 1 is all pathway."""
    places = ((0.55, 0.60, -0.45), (0.70, -0.55, -0.35), (0.75, 0.45, 0.30), (0.70, -0.60, 0.25))
    towards = places[int(rng.integers(0, len(places)))]
    qrs_s = 0.118 + 0.05 * degree
    delay = 0.30 * (1.0 - 0.5 * degree)
    delta = Wave(0.0, 0.34, 0.40, 0.80, (0.40 + 0.5 * degree) * chest.project(*towards), 1.0, 1.4)
    rest = tuple(squeezed(wave, 1.0 - delay, delay) for wave in beat.qrs)
    rest = tuple(replace(wave, mv=(1.0 - 0.55 * degree) * wave.mv) for wave in rest)
    against = -(0.12 + 0.22 * degree) * chest.project(*towards)
    secondary = (*st_level(0.25 * against, 0.4 * against), t_wave(against, None, start=1.08, peak=1.62))
    after = tuple(replace(wave, mv=(1.0 - 0.5 * degree) * wave.mv) for wave in beat.repolarisation)
    recorded = squeezed_record(beat.scaled(1.0 - 0.5 * degree).sampled, 1.0 - delay, delay)
    return BeatShape(qrs_s, (delta, *rest), (*after, *secondary), sampled=recorded)


def squeezed(wave: Wave, share: float, from_phase: float = 0.0) -> Wave:
    """The wave with its phases pressed into `share` of the QRS, beginning at `from_phase`."""
    return replace(
        wave,
        start=from_phase + share * wave.start,
        top=from_phase + share * wave.top,
        top_end=from_phase + share * wave.top_end,
        stop=from_phase + share * wave.stop,
    )


def squeezed_record(sampled: Sampled | None, share: float, from_phase: float = 0.0) -> Sampled | None:
    """The same for a recorded beat: its QRS phases pressed together, ST and T as they are."""
    if sampled is None:
        return None
    phases = np.where(sampled.phases < 1.0, from_phase + share * sampled.phases, sampled.phases)
    return Sampled(phases, sampled.mv)
