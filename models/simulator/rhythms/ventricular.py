"""Ventricular rhythms: tachycardia, torsades, fibrillation, idioventricular, asystole."""

from __future__ import annotations

from calipers.models.simulator.events import Ladder
from calipers.models.simulator.rhythms.conductor import Conductor


def tachycardia(conductor: Conductor) -> Ladder:
    """Monomorphic ventricular tachycardia over dissociated sinus P waves, now and then with a fusion beat."""
    ladder = Ladder()
    beats_s = list(conductor.steady(conductor.rr_s, 0.006))
    fused = int(conductor.rng.integers(0, len(beats_s))) if conductor.rng.random() < 0.25 else -1
    for number, qrs_s in enumerate(beats_s):
        ladder.beat(qrs_s, "fusion" if number == fused else "vt")
    for p_s in conductor.steady(60.0 / conductor.between(65, 105), 0.01):
        ladder.blocked(p_s)
    return ladder


def torsades(conductor: Conductor) -> Ladder:
    """Polymorphic tachycardia that twists about the line, its cycles a little uneven."""
    ladder = Ladder(texture="torsades", texture_hz=conductor.rate / 60.0)
    for qrs_s in conductor.steady(conductor.rr_s, 0.05):
        ladder.beat(qrs_s, "vt")
    return ladder


def fibrillation(conductor: Conductor) -> Ladder:
    """Ventricular fibrillation: no beats at all."""
    return Ladder(texture="ventricular_fibrillation", texture_hz=conductor.rate / 60.0)


def asystole(conductor: Conductor) -> Ladder:
    """No beats; in half of the records P waves go on alone."""
    ladder = Ladder()
    if conductor.rng.random() < 0.5:
        for p_s in conductor.steady(conductor.rr_s, 0.01):
            ladder.blocked(p_s)
    return ladder


def idioventricular(conductor: Conductor) -> Ladder:
    """A ventricular focus with no atrial activity, or with dissociated P waves when it is an accelerated one."""
    ladder = Ladder()
    for qrs_s in conductor.steady(conductor.rr_s, 0.01):
        ladder.beat(qrs_s, "escape_ventricular")
    if conductor.rate >= 55.0:
        for p_s in conductor.steady(conductor.rr_s * conductor.between(1.08, 1.2), 0.01):
            ladder.blocked(p_s)
    return ladder
