"""The sheet measurements are written on: rounding, spans in seconds, and reasons for what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from calipers.evidence import Measurement, Span, measurement_id
from calipers.leads import Lead
from calipers.tools.measure.analysis import ANALYSIS_HZ, MS_PER_SAMPLE

#: Digits kept after the point, by unit: finer than any measurement here is certain.
DIGITS: Final[dict[str, int]] = {"ms": 1, "mV": 4, "deg": 1, "/min": 1, "": 3}


class Sheet:
    """Collects the measurements of one record in reading order.

    Args:
        record: the record's key.
        method: the delineator behind every mark, named in each measurement.
        offset_s: seconds from the record's start to the first sample measured.
    """

    def __init__(self, record: str, method: str, offset_s: float = 0.0) -> None:
        self.record = record
        self.method = method
        self.offset_s = offset_s
        self.items: dict[str, Measurement] = {}

    def value(
        self,
        name: str,
        value: float | str,
        unit: str,
        *,
        uncertainty: float | None = None,
        spans: Sequence[tuple[Lead | None, float, float]] = (),
        how: str,
        lead: Lead | None = None,
        beat: int | None = None,
    ) -> None:
        """Write one measured value; `spans` are in samples at 500 Hz."""
        if not isinstance(value, str):
            if not math.isfinite(value):
                self.missing(name, unit, "the result was not a finite number", lead=lead, beat=beat)
                return
            value = round(float(value), DIGITS[unit]) + 0.0  # + 0.0 turns -0.0 into 0.0
        self._write(
            name,
            lead,
            beat,
            value=value,
            unit=unit,
            uncertainty=None if uncertainty is None else round(float(uncertainty), DIGITS[unit]),
            spans=tuple(self._span(*span) for span in spans),
            method=f"{how}; {self.method}",
            status="measured",
            reason=None,
        )

    def missing(self, name: str, unit: str, reason: str, *, lead: Lead | None = None, beat: int | None = None) -> None:
        """Write that a value could not be measured, and why."""
        self._write(
            name,
            lead,
            beat,
            value=None,
            unit=unit,
            uncertainty=None,
            spans=(),
            method=self.method,
            status="not_measurable",
            reason=reason,
        )

    def remark(self, key: str, text: str) -> None:
        """Add to the method of a value already written; nothing where it is missing."""
        item = self.items[key]
        if item.status == "measured":
            how = item.method.removesuffix(f"; {self.method}")
            self.items[key] = item.model_copy(update={"method": f"{how}; {text}; {self.method}"})

    def widen(self, key: str, by: float) -> None:
        """Add an independent 95 % half-width to the uncertainty of a value already written."""
        item = self.items[key]
        if item.number is not None and by > 0:
            wider = round(math.hypot(item.uncertainty or 0.0, by), DIGITS[item.unit])
            self.items[key] = item.model_copy(update={"uncertainty": wider})

    def number(self, key: str) -> float | None:
        """A value already written, or None."""
        item = self.items.get(key)
        return item.number if item else None

    def uncertainty(self, key: str) -> float:
        """The 95 % half-width of a value already written; 0 where none is stated."""
        item = self.items.get(key)
        return (item.uncertainty or 0.0) if item else 0.0

    def spans_of(self, key: str) -> list[tuple[Lead | None, float, float]]:
        """Spans of a value already written, in samples of the measured stretch."""
        return [
            (span.lead, (span.start_s - self.offset_s) * ANALYSIS_HZ, (span.end_s - self.offset_s) * ANALYSIS_HZ)
            for span in self.items[key].spans
        ]

    def _span(self, lead: Lead | None, start: float, stop: float) -> Span:
        return Span(
            lead,
            round(start / ANALYSIS_HZ + self.offset_s, 4),
            round(stop / ANALYSIS_HZ + self.offset_s, 4),
        )

    def _write(self, name: str, lead: Lead | None, beat: int | None, **fields: object) -> None:
        key = measurement_id(name, lead, beat)
        # Every field is built here and nowhere else, so pydantic need not check a thousand of them again.
        self.items[key] = Measurement.model_construct(
            id=key,
            record=self.record,
            name=name,
            lead=lead,
            beat=beat,
            **fields,  # type: ignore[arg-type]
        )


def to_ms(samples: float) -> float:
    """Samples at 500 Hz → milliseconds."""
    return samples * MS_PER_SAMPLE
