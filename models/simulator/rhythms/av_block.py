"""AV block: P waves on time, beats late, dropped, or on their own."""

from __future__ import annotations

from calipers.models.simulator.events import AtrialImpulse, Ladder, VentricularKind
from calipers.models.simulator.rhythms.conductor import LEAD_IN_S, Conductor


def wenckebach(conductor: Conductor) -> Ladder:
    """Type I second degree: PR grows by ever smaller steps until one P wave is not conducted (3:2 to 6:5)."""
    ladder = Ladder()
    length = int(conductor.rng.integers(3, 7))
    first_step_s = conductor.between(0.05, 0.10)
    left, pr_s, step_s = int(conductor.rng.integers(1, length)), conductor.pr_s, first_step_s
    for p_s in conductor.steady(conductor.rr_s, 0.006):
        left -= 1
        if left == 0:
            ladder.blocked(p_s)
            left, pr_s, step_s = length, conductor.pr_s, first_step_s
            continue
        ladder.conducted(p_s, pr_s)
        pr_s, step_s = pr_s + step_s, 0.5 * step_s
    return ladder


def mobitz_2(conductor: Conductor) -> Ladder:
    """Type II second degree: PR stays the same and single beats drop out, every third to fifth P wave."""
    ladder = Ladder()
    left = int(conductor.rng.integers(2, 5))
    for p_s in conductor.steady(conductor.rr_s, 0.006):
        left -= 1
        if left == 0:
            ladder.blocked(p_s)
            left = int(conductor.rng.integers(3, 6))
        else:
            ladder.conducted(p_s, conductor.pr_s)
    return ladder


def fixed_ratio(conductor: Conductor, ratio: int) -> Ladder:
    """Every `ratio`-th P wave is conducted, with one PR."""
    ladder = Ladder()
    left = int(conductor.rng.integers(0, ratio))
    for p_s in conductor.steady(conductor.rr_s, 0.006):
        if left == 0:
            ladder.conducted(p_s, conductor.pr_s)
            left = ratio
        else:
            ladder.blocked(p_s)
        left -= 1
    return ladder


def complete(conductor: Conductor, escape: VentricularKind) -> Ladder:
    """Third degree: sinus P waves and an escape rhythm that know nothing of one another."""
    ladder = Ladder()
    ratio = float(conductor.rng.choice([1.55, 1.72, 1.9, 2.25, 2.4])) + conductor.between(-0.06, 0.06)
    atrial_s = min(max(conductor.rr_s / ratio, 0.5), 1.05)
    for p_s in conductor.steady(atrial_s, 0.008):
        ladder.blocked(p_s)
    for qrs_s in conductor.steady(conductor.rr_s, 0.004):
        ladder.beat(qrs_s, escape)
    return ladder


def complete_in_fibrillation(conductor: Conductor) -> Ladder:
    """Atrial fibrillation with a slow, regular escape rhythm, junctional or ventricular."""
    whole = AtrialImpulse(-LEAD_IN_S, "fibrillation")
    ladder = Ladder(atrial=[whole], texture="fibrillation", texture_hz=conductor.between(4.5, 8.0))
    escape: VentricularKind = "escape_junctional" if conductor.rng.random() < 0.5 else "escape_ventricular"
    for qrs_s in conductor.steady(conductor.rr_s, 0.004):
        ladder.beat(qrs_s, escape)
    return ladder
