"""Rhythms: each a small function from a conductor's settings to a ladder diagram."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from calipers.models.simulator.events import Ladder
from calipers.models.simulator.rhythms import av_block, paced, sinus, supraventricular, ventricular
from calipers.models.simulator.rhythms.conductor import LEAD_IN_S, Conductor
from calipers.models.simulator.specification import Ectopy, Rhythm

__all__ = ["CARRIES_ECTOPY", "LEAD_IN_S", "RHYTHMS", "Conductor", "laid_out"]

#: Rhythms on which premature beats may be put.
CARRIES_ECTOPY: Final[dict[Rhythm, Callable[[Conductor, tuple[Ectopy, ...]], Ladder]]] = {
    "sinus": sinus.sinus,
    "sinus_arrhythmia": sinus.sinus_arrhythmia,
    "sinus_pause": sinus.sinus_pause,
    "ectopic_atrial": sinus.ectopic_atrial,
    "first_degree_av_block": sinus.sinus,
    "atrial_fibrillation": supraventricular.atrial_fibrillation,
}
#: The others.
RHYTHMS: Final[dict[Rhythm, Callable[[Conductor], Ladder]]] = {
    "atrial_tachycardia": supraventricular.atrial_tachycardia,
    "svt": supraventricular.svt,
    "junctional": supraventricular.junctional,
    "accelerated_junctional": supraventricular.junctional,
    "preexcited_af": supraventricular.preexcited_af,
    "flutter_2_1": lambda conductor: supraventricular.flutter(conductor, 2),
    "flutter_3_1": lambda conductor: supraventricular.flutter(conductor, 3),
    "flutter_4_1": lambda conductor: supraventricular.flutter(conductor, 4),
    "flutter_variable": lambda conductor: supraventricular.flutter(conductor, None),
    "wenckebach": av_block.wenckebach,
    "mobitz_2": av_block.mobitz_2,
    "av_block_2_1": lambda conductor: av_block.fixed_ratio(conductor, 2),
    "high_grade_av_block": lambda conductor: av_block.fixed_ratio(conductor, 3 + int(conductor.rng.random() < 0.3)),
    "third_degree_junctional": lambda conductor: av_block.complete(conductor, "escape_junctional"),
    "third_degree_ventricular": lambda conductor: av_block.complete(conductor, "escape_ventricular"),
    "af_third_degree": av_block.complete_in_fibrillation,
    "vt": ventricular.tachycardia,
    "torsades": ventricular.torsades,
    "ventricular_fibrillation": ventricular.fibrillation,
    "asystole": ventricular.asystole,
    "idioventricular": ventricular.idioventricular,
    "accelerated_idioventricular": ventricular.idioventricular,
    "paced_atrial": paced.atrial,
    "paced_ventricular": paced.ventricular,
    "paced_dual": paced.dual,
    "paced_biventricular": paced.biventricular,
    "failure_to_capture": paced.failure_to_capture,
    "failure_to_sense": paced.failure_to_sense,
}


def laid_out(rhythm: Rhythm, ectopy: tuple[Ectopy, ...], conductor: Conductor) -> Ladder:
    """The ladder diagram of a rhythm, its beats in order of time."""
    carrier = CARRIES_ECTOPY.get(rhythm)
    return _in_order(carrier(conductor, ectopy) if carrier else RHYTHMS[rhythm](conductor))


def _in_order(ladder: Ladder) -> Ladder:
    """Sort by time, and let every P wave point to its beat's new place."""
    order = sorted(range(len(ladder.ventricular)), key=lambda beat: ladder.ventricular[beat].onset_s)
    place = {old: new for new, old in enumerate(order)}
    ladder.ventricular = [ladder.ventricular[beat] for beat in order]
    for impulse in ladder.atrial:
        impulse.to = None if impulse.to is None else place[impulse.to]
    ladder.atrial.sort(key=lambda impulse: impulse.onset_s)
    ladder.spikes.sort(key=lambda spike: spike.time_s)
    return ladder
