"""One patient's usual beat: P wave, narrow QRS, ST and T as dipoles seen by this chest's leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from calipers.ecg import Sex
from calipers.models.simulator.lead_field import Chest, drawn_chest
from calipers.models.simulator.waves import BeatShape, Floats, PShape, Wave

Dipole = tuple[float, float, float]

#: Sokolow's and Cornell's sums (mV) above which a beat would itself be ventricular hypertrophy.
_LARGEST_SOKOLOW_MV: Final = 3.0


@dataclass(frozen=True, eq=False)
class Patient:
    """Who is simulated.

    Attributes:
        chest: the lead field with the heart turned as this heart lies.
        age, sex: years; sex.
        p: the sinus P wave.
        beat: the narrow beat.
    """

    chest: Chest
    age: float
    sex: Sex
    p: PShape
    beat: BeatShape


def drawn_patient(rng: np.random.Generator, age: float | None, sex: Sex | None) -> Patient:
    """A patient with a normal ECG."""
    drawn_age, drawn_sex = float(rng.integers(25, 86)), ("male", "female")[int(rng.integers(0, 2))]
    years = drawn_age if age is None else age
    who: Sex = sex or ("male" if drawn_sex == "male" else "female")
    heart = drawn_chest(rng).turned(float(np.clip(rng.normal(-6.0, 16.0), -40.0, 30.0)), float(rng.normal(0.0, 10.0)))
    p = sinus_p(heart, rng)
    beat = narrow_beat(heart, rng, who)
    return Patient(heart, round(years), who, p, _within_normal_voltage(beat))


def sinus_p(chest: Chest, rng: np.random.Generator) -> PShape:
    """Right atrium first, to the feet and forward; left atrium after, to the left and back."""
    size = float(np.exp(rng.normal(0.0, 0.16)))
    duration_s = float(rng.uniform(0.092, 0.114))
    right = size * chest.project(0.040, 0.100, -0.050)
    left = size * chest.project(0.075, 0.050, 0.035)
    # Neither atrium is large: less than 0.2 mV in II, no deep terminal part in V1.
    fits = min(1.0, 0.18 / float(right[1] + left[1]) if right[1] + left[1] > 0 else 1.0)
    right, left = fits * right, fits * left
    left[2] = max(left[2], -0.05)
    return PShape(
        duration_s,
        (Wave(0.0, 0.40, 0.40, 0.82, right, 2.0, 1.4), Wave(0.20, 0.62, 0.62, 1.0, left, 1.4, 2.0)),
    )


def ectopic_p(chest: Chest, rng: np.random.Generator, *, low: bool = True) -> PShape:
    """A P wave from elsewhere: from below (inverted in II, III and aVF) or from another place in the atria."""
    size, duration_s = float(rng.uniform(0.8, 1.3)), float(rng.uniform(0.075, 0.10))
    towards = (0.03, -0.12, 0.0) if low else (float(rng.uniform(-0.09, 0.02)), 0.09, float(rng.uniform(-0.07, 0.05)))
    peak = size * chest.project(*towards)
    return PShape(duration_s, (Wave(0.0, 0.48, 0.48, 1.0, peak, 1.9, 1.9),))


def narrow_beat(chest: Chest, rng: np.random.Generator, sex: Sex) -> BeatShape:
    """Septum, then apex and free wall, then the back of the base; T along the QRS and forward."""
    size = float(np.exp(rng.normal(0.0, 0.14))) * (1.05 if sex == "male" else 0.95)

    def near(amount: float, spread: float) -> float:
        return amount + float(rng.normal(0.0, spread))

    septum = (near(-0.13, 0.03), near(-0.04, 0.05), near(-0.24, 0.05))
    apex = (near(0.85, 0.08), near(0.75, 0.10), near(0.00, 0.10))
    wall = (near(0.55, 0.08), near(0.35, 0.08), near(0.75, 0.10))
    base = (near(-0.16, 0.06), near(-0.10, 0.08), near(0.24, 0.06))
    qrs = (
        lobe(chest, (0.00, 0.30, 0.52), septum, size),
        lobe(chest, (0.16, 0.46, 0.72), apex, size),
        lobe(chest, (0.30, 0.57, 0.84), wall, size),
        lobe(chest, (0.50, 0.72, 1.00), base, size),
    )
    height = float(np.clip(np.exp(rng.normal(0.0, 0.20)), 0.8, 1.5)) * (1.1 if sex == "male" else 0.9)
    t = chest.project(near(0.26, 0.03), near(0.17, 0.04), near(-0.16, 0.05)) * height
    point = chest.project(0.02, 0.015, -0.02) * (height if sex == "male" else 0.4 * height)
    return BeatShape(float(rng.uniform(0.084, 0.106)), qrs, (*st_level(point, 0.9 * point), t_wave(t, rng)))


def lobe(chest: Chest, phases: tuple[float, float, float], dipole: Dipole, size: float = 1.0) -> Wave:
    """A QRS lobe: start, peak and end phase, and its dipole in mV.

    What begins or ends the QRS does so gently: on LUDB's training records the leads' root mean square 16 ms after
    the cardiologists' onset is 5 % of the QRS, 16 ms before their offset 5 %.
    """
    start, peak, stop = phases
    rise, fall = 2.4 if start == 0.0 else 1.25, 2.4 if stop == 1.0 else 1.25
    return Wave(start, peak, peak, stop, size * chest.project(*dipole), rise, fall)


def t_wave(mv: Floats, rng: np.random.Generator | None = None, *, start: float = 1.18, peak: float = 1.70) -> Wave:
    """A T wave: a slow rise, a faster fall; `mv` (8,) its peak."""
    top = peak + (float(rng.uniform(-0.03, 0.03)) if rng is not None else 0.0)
    return Wave(start, top, top, 2.0, mv, 2.2, 1.6)


def st_level(j_mv: Floats, later_mv: Floats) -> tuple[Wave, Wave]:
    """ST levels (8,) at the J point and 80 ms on: built up within the last part of the QRS, gone before T ends."""
    plateau = Wave(0.74, 1.0, 1.05, 1.5, j_mv, 1.8, 2.0)
    later = Wave(1.0, 1.34, 1.5, 1.97, later_mv, 2.0, 2.0)
    return plateau, later


def u_wave(mv: Floats) -> Wave:
    """A U wave behind the T wave."""
    return Wave(1.97, 2.28, 2.28, 2.62, mv, 2.0, 2.0)


def _within_normal_voltage(beat: BeatShape) -> BeatShape:
    """Smaller, where chance made the beat hypertrophic."""
    drawn = beat.qrs_alone()
    sokolow = -drawn[2].min() + max(drawn[6].max(), drawn[7].max())
    return beat.scaled(min(1.0, _LARGEST_SOKOLOW_MV / sokolow))
