"""Beats that start in a ventricle: premature, escape, paced, tachycardia. Wide, notched, T against the QRS."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.models.simulator.lead_field import Chest
from calipers.models.simulator.patient import Dipole, lobe, st_level, t_wave
from calipers.models.simulator.waves import BeatShape, Floats, Wave

#: Where a beat may start → its main dipoles, early and late: a right focus looks like left bundle branch block.
_FOCI: Final[dict[str, tuple[Dipole, Dipole]]] = {
    "outflow_tract": ((0.45, 1.15, 0.35), (0.50, 1.30, 0.70)),
    "right_apex": ((0.75, -0.95, 0.35), (0.70, -0.80, 0.85)),
    "left_apex": ((-0.65, -0.85, -0.55), (-0.70, -0.70, -0.75)),
    "left_base": ((-0.45, 0.95, -0.95), (-0.75, 0.75, -0.85)),
    "posterior_fascicle": ((0.20, -0.70, -0.75), (-0.50, -0.85, -0.45)),
}
FOCI: Final = tuple(_FOCI)


def ventricular_beat(
    chest: Chest,
    rng: np.random.Generator,
    focus: str,
    qrs_range_s: tuple[float, float],
    size: float = 1.0,
) -> BeatShape:
    """A beat from `focus` (of `FOCI`): slow from its first moment, notched, ST and T discordant."""
    early, late = _FOCI[focus]
    size *= 0.72 * float(np.exp(rng.normal(0.0, 0.15)))
    jitter = rng.normal(0.0, 0.10, (2, 3))
    first = lobe(chest, (0.0, 0.36, 0.70), _moved(early, jitter[0]), size)
    second = lobe(chest, (0.30, 0.62, 1.0), _moved(late, jitter[1]), size)
    return discordant((first, second), float(rng.uniform(*qrs_range_s)), rng)


def paced_beat(chest: Chest, rng: np.random.Generator, *, biventricular: bool) -> BeatShape:
    """Right apical pacing (left bundle branch shape, superior axis), or biventricular (R in V1, Q in I)."""
    size = 0.68 * float(np.exp(rng.normal(0.0, 0.12)))
    if biventricular:
        first = lobe(chest, (0.0, 0.34, 0.62), (-0.85, -0.40, -0.65), size)
        second = lobe(chest, (0.28, 0.62, 1.0), (-0.20, -0.75, 0.25), size)
        return discordant((first, second), float(rng.uniform(0.125, 0.150)), rng)
    first = lobe(chest, (0.0, 0.34, 0.68), (0.42, -0.85, 0.60), size)
    second = lobe(chest, (0.28, 0.60, 1.0), (0.30, -0.95, 0.95), size)
    return discordant((first, second), float(rng.uniform(0.145, 0.180)), rng)


def discordant(lobes: tuple[Wave, ...], qrs_s: float, rng: np.random.Generator) -> BeatShape:
    """A wide QRS with ST and T against its net direction."""
    net = net_mv(lobes)
    t = -float(rng.uniform(0.30, 0.44)) * net
    level = -float(rng.uniform(0.07, 0.11)) * net
    return BeatShape(qrs_s, lobes, (*st_level(level, 1.2 * level), t_wave(t, rng, start=1.05, peak=1.62)))


def net_mv(lobes: tuple[Wave, ...]) -> Floats:
    """(8,) the lobes' heights weighted by their lengths: which way the QRS points in each lead, in mV."""
    return np.asarray(np.sum([wave.mv * (wave.stop - wave.start) for wave in lobes], axis=0))


def _moved(dipole: Dipole, by: Floats) -> Dipole:
    return (dipole[0] + float(by[0]), dipole[1] + float(by[1]), dipole[2] + float(by[2]))
