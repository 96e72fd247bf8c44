"""What every rhythm is told: how fast, how long, how the AV node conducts; and the sinus node itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

#: Rhythms start before the record and run past its end, so that no edge is special.
LEAD_IN_S: Final = 3.0
RUN_OUT_S: Final = 1.5


@dataclass(frozen=True, eq=False)
class Conductor:
    """The settings of one record's rhythm.

    Attributes:
        rng: its own stream of random numbers.
        duration_s: of the record.
        rate: per minute, ventricular unless the rhythm says otherwise.
        pr_s: PR of a usual conducted beat.
        respiration_hz: breathing.
    """

    rng: np.random.Generator
    duration_s: float
    rate: float
    pr_s: float
    respiration_hz: float

    @property
    def rr_s(self) -> float:
        """The basic cycle in seconds."""
        return 60.0 / self.rate

    @property
    def stop_s(self) -> float:
        """Where the rhythm may end: after the record's end."""
        return self.duration_s + RUN_OUT_S

    def between(self, low: float, high: float) -> float:
        """A number drawn evenly."""
        return float(self.rng.uniform(low, high))

    def first_s(self, cycle_s: float) -> float:
        """A start before the record, anywhere in the cycle."""
        return -LEAD_IN_S - cycle_s * float(self.rng.random())

    def steady(self, cycle_s: float, jitter: float = 0.004, first_s: float | None = None) -> Iterator[float]:
        """Times of a focus that fires all but regularly, to past the record's end."""
        time_s = self.first_s(cycle_s) if first_s is None else first_s
        while time_s < self.stop_s:
            yield time_s
            time_s += cycle_s * (1.0 + float(self.rng.normal(0.0, jitter)))

    def sinus_cycle_s(self, time_s: float, depth: float = 0.025) -> float:
        """The sinus node's next cycle: breathing swings it by `depth`, a little chance on top."""
        breath = np.sin(2 * np.pi * self.respiration_hz * time_s)
        return float(self.rr_s * (1.0 + depth * breath + self.rng.normal(0.0, 0.008)))
