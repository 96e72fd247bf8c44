"""12-lead ECGs of known truth, for training thin classes, for tests and for evals.

>>> record = simulate(Specification(rhythm="wenckebach", noise="usual"), seed=7)   # doctest: +SKIP
>>> record.ecg, record.truth["pr_lengthening"], record.ventricular[0].onset_s     # doctest: +SKIP

Closed-form waves of a dipole in a chest, or beats cut from real records, are laid down by a rhythm engine, so
every onset, offset, count and level is known. Never returned to a user as a generated ECG.
"""

from __future__ import annotations

from calipers.models.simulator.events import AtrialEvent, Spike, VentricularEvent
from calipers.models.simulator.recorded_beats import MarkedBeat, RecordedBeat, cut_beat
from calipers.models.simulator.scenarios import SCENARIOS, Scenario
from calipers.models.simulator.simulate import Simulated, simulate
from calipers.models.simulator.specification import Ectopy, Morphology, Noise, Rhythm, Specification, Swap

__all__ = [
    "SCENARIOS",
    "AtrialEvent",
    "Ectopy",
    "MarkedBeat",
    "Morphology",
    "Noise",
    "RecordedBeat",
    "Rhythm",
    "Scenario",
    "Simulated",
    "Specification",
    "Spike",
    "Swap",
    "VentricularEvent",
    "cut_beat",
    "simulate",
]
