"""Changes made lead by lead: ST levels, T waves and Q waves of given size, the other limb leads following.

Only recorded leads (I, II, V1 to V6) are named; III, aVR, aVL and aVF follow by Einthoven's law, so that reciprocal
changes in them come of themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from calipers.leads import Lead
from calipers.models.simulator.patient import st_level, t_wave
from calipers.models.simulator.waves import ROW, BeatShape, Floats, Wave

LeadMv = Mapping[Lead, float]


def eight(levels: LeadMv) -> Floats:
    """(8,) the named levels, zero elsewhere."""
    row = np.zeros(8)
    for lead, level in levels.items():
        row[ROW[lead]] = level
    return row


def scaled(levels: LeadMv, gain: float) -> dict[Lead, float]:
    """Every level times `gain`."""
    return {lead: gain * level for lead, level in levels.items()}


def with_st(shape: BeatShape, j_mv: LeadMv, *, later: float = 0.45) -> BeatShape:
    """The beat with the J point at `j_mv` in the named leads, whatever it was before.

    `later` gives the course: 0.45 keeps the level for 80 ms, more goes on away from the line, less returns to it.
    """
    before = shape.at_phases(np.array([1.0]))[:, 0]
    change = np.array([j_mv[lead] - before[row] if lead in j_mv else 0.0 for lead, row in ROW.items()])
    return replace(shape, repolarisation=(*shape.repolarisation, *st_level(change, later * change)))


def with_t(shape: BeatShape, peak_mv: LeadMv, *, start: float = 1.22, peak: float = 1.70) -> BeatShape:
    """The beat with T waves of these heights in the named leads instead of its own.

    A recorded beat keeps its T wave's form: the difference of heights is added.
    """
    if shape.sampled is not None:
        t = shape.at_phases(np.linspace(1.35, 1.95, 61))
        own_mv = np.take_along_axis(t, np.abs(t).argmax(axis=1)[:, None], axis=1)[:, 0]
        added = eight({lead: height - float(own_mv[ROW[lead]]) for lead, height in peak_mv.items()})
        return replace(shape, repolarisation=(*shape.repolarisation, t_wave(added, start=start, peak=peak)))
    kept = np.array([lead not in peak_mv for lead in ROW], dtype=np.float64)
    others = tuple(replace(wave, mv=kept * wave.mv) if is_t(wave) else wave for wave in shape.repolarisation)
    own = t_wave(eight(peak_mv), start=start, peak=peak)
    return replace(shape, repolarisation=(*others, own))


def is_t(wave: Wave) -> bool:
    """A T wave lobe: it starts after the J point and ends where T ends."""
    return wave.start > 1.0 and 1.98 <= wave.stop <= 2.0


def t_gain(shape: BeatShape, gain: float) -> BeatShape:
    """The beat with all its T waves larger or smaller."""
    after = tuple(replace(wave, mv=gain * wave.mv) if is_t(wave) else wave for wave in shape.repolarisation)
    return replace(shape, repolarisation=after)


def with_q(shape: BeatShape, depth_mv: LeadMv, *, r_left: float = 0.55) -> BeatShape:
    """The beat with a broad Q wave in the named leads, and less R wave (`r_left` 0: a QS complex)."""
    named = np.array([lead in depth_mv for lead in ROW])

    def weakened(wave: Wave) -> Wave:
        share = 0.0 if wave.start < 0.05 else r_left
        return replace(wave, mv=np.where(named & (wave.mv > 0), share * wave.mv, wave.mv))

    stop = 0.60 if r_left > 0 else 0.98
    q = Wave(0.0, 0.24 if r_left > 0 else 0.42, 0.26 if r_left > 0 else 0.44, stop, -eight(depth_mv), 1.2, 1.3)
    return replace(shape, qrs=(q, *(weakened(wave) for wave in shape.qrs)))
