"""One side of a comparison: whose, when, what was measured, and what the criteria come to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from calipers.evidence import Measurement, Measurements
from calipers.knowledge import Verdicts, evaluate
from calipers.leads import LEADS
from calipers.parameters import GLOBAL_UNITS, LEAD_UNITS
from calipers.report import Demographics

#: Everything that is compared: of the whole ECG, then lead by lead; single beats have no counterpart.
COMPARED: Final = (
    *GLOBAL_UNITS,
    *(f"{lead}.{name}" for lead in LEADS for name in LEAD_UNITS if name != "quality"),
)


@dataclass(frozen=True)
class Recording:
    """An ECG as a comparison sees it.

    Attributes:
        record: key of the signal.
        recorded_at: ISO 8601, or None where the file does not say.
        patient: age and sex at that time.
        measurements: of the whole ECG and of its leads; single beats are left aside.
        known_verdicts: what the criteria come to on these, where somebody has evaluated them.
    """

    record: str
    recorded_at: str | None
    patient: Demographics
    measurements: tuple[Measurement, ...]
    known_verdicts: Verdicts | None = None

    @cached_property
    def by_id(self) -> Measurements:
        """id → measurement."""
        return Measurements(self.measurements)

    @cached_property
    def verdicts(self) -> Verdicts:
        """Every statement evaluated on this recording."""
        return self.known_verdicts or evaluate(self.by_id, self.patient)
