"""Supraventricular rhythms: fibrillation, flutter, atrial and AV-nodal tachycardia, junctional rhythm."""

from __future__ import annotations

import numpy as np

from calipers.models.simulator.events import AtrialImpulse, Ladder
from calipers.models.simulator.rhythms.conductor import LEAD_IN_S, Conductor
from calipers.models.simulator.rhythms.sinus import plan
from calipers.models.simulator.specification import Ectopy


def atrial_fibrillation(conductor: Conductor, ectopy: tuple[Ectopy, ...] = ()) -> Ladder:
    """Irregular beats over fibrillatory waves of 4 to 9 Hz; PVCs may fall among them."""
    ladder = _fibrillating(conductor)
    qrs_s = -LEAD_IN_S
    for letter in plan(conductor, tuple(name for name in ectopy if not name.startswith("pac"))):
        if qrs_s > conductor.stop_s:
            break
        if letter == "n":
            qrs_s += fibrillating_rr_s(conductor, 0.30)
            ladder.beat(qrs_s, "normal")
        else:
            qrs_s += float(np.clip(conductor.rr_s * conductor.between(0.55, 0.68), 0.3, 0.62))
            ladder.beat(qrs_s, "pvc", shape=int(letter == "w"))
            qrs_s += 0.2 * conductor.rr_s
    return ladder


def preexcited_af(conductor: Conductor) -> Ladder:
    """Fibrillation conducted over an accessory pathway: fast, grossly irregular, wide and changing."""
    ladder = _fibrillating(conductor)
    qrs_s = -LEAD_IN_S
    while qrs_s < conductor.stop_s:
        qrs_s += fibrillating_rr_s(conductor, 0.19, spread=0.30)
        over_the_node = conductor.rng.random() < 0.06
        ladder.beat(qrs_s, "normal" if over_the_node else "preexcited", shape=int(conductor.rng.integers(0, 3)))
    return ladder


def flutter(conductor: Conductor, ratio: int | None) -> Ladder:
    """Typical flutter; every `ratio`-th wave conducts, or two to five in turn where it is None."""
    rng = conductor.rng
    ratios = [ratio] if ratio else [2, 4, 3, 4, 2, 4, 5, 4]
    mean_ratio = float(np.mean(ratios))
    wave_s = float(np.clip(conductor.rr_s / mean_ratio, 60 / 350, 60 / 220))
    ladder = Ladder(texture="flutter", texture_hz=1.0 / wave_s)
    delay_s = conductor.between(0.10, 0.22)
    onset_s, left = -LEAD_IN_S, 0
    while onset_s < conductor.stop_s:
        if left == 0:
            ladder.conducted(onset_s, delay_s + float(rng.normal(0, 0.003)), atrial="flutter")
            left = ratios[0] if ratio else int(rng.choice(ratios))
        else:
            ladder.blocked(onset_s, "flutter")
        left -= 1
        onset_s += wave_s
    return ladder


def atrial_tachycardia(conductor: Conductor) -> Ladder:
    """A focus in the atria, one P′ before each beat."""
    ladder = Ladder()
    pr_s = min(conductor.pr_s, 0.45 * conductor.rr_s)
    for p_s in conductor.steady(conductor.rr_s):
        ladder.conducted(p_s, pr_s, atrial="ectopic")
    return ladder


def svt(conductor: Conductor) -> Ladder:
    """AV-nodal re-entry: regular and narrow, the P wave within the QRS or just behind it (pseudo r′)."""
    ladder = Ladder()
    behind_s = conductor.between(0.0, 0.06)
    for qrs_s in conductor.steady(conductor.rr_s, jitter=0.003):
        ladder.beat(qrs_s, "normal")
        ladder.retrograde(qrs_s + behind_s)
    return ladder


def junctional(conductor: Conductor) -> Ladder:
    """A junctional focus: the retrograde P wave stands before, within or behind the QRS, as the seed has it."""
    ladder = Ladder()
    place = conductor.rng.integers(0, 3)
    shift_s = (-conductor.between(0.08, 0.11), conductor.between(0.0, 0.01), conductor.between(0.11, 0.16))[place]
    for qrs_s in conductor.steady(conductor.rr_s, jitter=0.008):
        ladder.beat(qrs_s, "escape_junctional")
        ladder.retrograde(qrs_s + shift_s)
    return ladder


def fibrillating_rr_s(conductor: Conductor, shortest_s: float, spread: float = 0.26) -> float:
    """The next RR in fibrillation: a gamma distribution above the node's refractory time."""
    above_s = max(conductor.rr_s - shortest_s, 0.04)
    shape = float(np.clip((above_s / (spread * conductor.rr_s)) ** 2, 0.6, 12.0))
    return shortest_s + float(conductor.rng.gamma(shape, above_s / shape))


def _fibrillating(conductor: Conductor) -> Ladder:
    whole = AtrialImpulse(-LEAD_IN_S, "fibrillation")
    return Ladder(atrial=[whole], texture="fibrillation", texture_hz=conductor.between(4.5, 8.5))
