"""Activity without separate waves: fibrillating and fluttering atria, ventricles that twist or fibrillate."""

from __future__ import annotations

import numpy as np

from calipers.models.simulator.lead_field import Chest
from calipers.models.simulator.waves import Floats


def fibrillatory_waves(chest: Chest, rng: np.random.Generator, time_s: Floats, rate_hz: float) -> Floats:
    """(8, n) f waves whose rate, size and form wander; largest in V1 and the inferior leads, coarse or fine."""
    height = float(np.exp(rng.uniform(np.log(0.025), np.log(0.085))))
    towards = rng.normal([0.15, 0.9, -0.9], 0.25)
    waves = np.zeros((8, time_s.size))
    for direction, share in ((towards, 1.0), (rng.normal(0.0, 0.6, 3), 0.55)):
        pace_hz = rate_hz * share**0.1 * (1.0 + 0.12 * slow_noise(rng, time_s, 0.6))
        step_s = float(time_s[1] - time_s[0])
        turn = 2 * np.pi * np.cumsum(pace_hz) * step_s + rng.uniform(0, 2 * np.pi)
        swell = np.clip(1.0 + 0.45 * slow_noise(rng, time_s, 0.8), 0.15, None)
        form = np.sin(turn) + 0.30 * np.sin(2 * turn + 0.8) + 0.10 * np.sin(3 * turn + 1.9)
        waves += share * height * np.outer(chest.project(*direction), swell * form)
    return waves


def flutter_waves(chest: Chest, rng: np.random.Generator, time_s: Floats, onsets_s: Floats) -> Floats:
    """(8, n) the saw-tooth of typical flutter: a slow fall and a quick rise, negative in II, III, aVF, upright in V1."""
    height = float(rng.uniform(0.11, 0.22))
    phase = np.interp(time_s, onsets_s, np.arange(onsets_s.size, dtype=np.float64)) % 1.0
    fall = np.where(phase < 0.62, phase / 0.62, 1.0 - (phase - 0.62) / 0.38)
    saw = 0.5 - np.sin(0.5 * np.pi * fall) ** 1.4
    inferior = chest.project(0.0, 1.0, 0.0)
    # V1 shows a separate upright wave with the quick rise; V6 a small negative one.
    hump = np.exp(-0.5 * ((phase - 0.85) / 0.11) ** 2) + np.exp(-0.5 * ((phase + 0.15) / 0.11) ** 2)
    septal = chest.project(-0.1, 0.0, -0.9)
    return np.asarray(height * (np.outer(inferior, saw) + 0.75 * np.outer(septal, hump - hump.mean())))


def torsades(chest: Chest, rng: np.random.Generator, time_s: Floats, onsets_s: Floats) -> Floats:
    """(8, n) wide beats whose axis turns about the line every five to twelve beats, waxing and waning."""
    step_s = float(time_s[1] - time_s[0])
    turn = 2 * np.pi * np.interp(time_s, onsets_s, np.arange(onsets_s.size, dtype=np.float64))
    twist = 2 * np.pi * np.cumsum(1.0 / rng.uniform(2.2, 3.6) * (1.0 + 0.25 * slow_noise(rng, time_s, 0.3))) * step_s
    carrier = np.sin(turn + 0.35 * np.sin(turn)) + 0.15 * np.sin(2 * turn)
    x = np.cos(twist + rng.uniform(0, 6.3)) * carrier
    y = np.cos(twist) * carrier
    z = np.sin(twist + rng.uniform(-0.5, 0.5)) * carrier
    height = float(rng.uniform(0.5, 0.8))
    return np.asarray(height * (chest.field @ np.stack([0.8 * x, y, 0.7 * z])))


def ventricular_fibrillation(chest: Chest, rng: np.random.Generator, time_s: Floats, rate_hz: float) -> Floats:
    """(8, n) chaos of 4 to 7 Hz, coarse or fine, that no two leads show alike."""
    height = float(np.exp(rng.uniform(np.log(0.12), np.log(0.5))))
    dipole = np.zeros((3, time_s.size))
    step_s = float(time_s[1] - time_s[0])
    for _ in range(6):
        pace_hz = rate_hz * rng.uniform(0.55, 1.35) * (1.0 + 0.25 * slow_noise(rng, time_s, 2.0))
        turn = 2 * np.pi * np.cumsum(pace_hz) * step_s + rng.uniform(0, 2 * np.pi)
        swell = 0.6 + 0.7 * slow_noise(rng, time_s, 1.2)
        dipole += rng.normal(0.0, 0.55, (3, 1)) * swell * np.sin(turn + 0.5 * np.sin(turn))
    return np.asarray(height * (chest.field @ (dipole / dipole.std())))


def slow_noise(rng: np.random.Generator, time_s: Floats, bandwidth_hz: float) -> Floats:
    """(n,) noise of unit spread that changes no faster than `bandwidth_hz`: cubic between random knots."""
    step_s = 0.5 / bandwidth_hz
    first, last = float(time_s[0]), float(time_s[-1])
    count = int((last - first) / step_s) + 5
    knots = rng.normal(0.0, 1.0, count)
    place = (time_s - first) / step_s
    whole = np.minimum(place.astype(int), count - 4)
    u = place - whole
    a, b, c, d = (knots[whole + k] for k in range(4))
    # Catmull-Rom.
    return np.asarray(b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a))))
