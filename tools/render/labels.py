"""How a measurement is written beside the trace: `PR 161 ms`, `V3 ST J 0.12 mV`, `PVCs 2`."""

from __future__ import annotations

from typing import Final

from calipers.evidence import Measurement
from calipers.parameters import short_name
from calipers.printing import printed

#: Where a text says "not measurable", a header has room for a dash. Never a zero.
DASH: Final = "—"


def value_or_dash(measurement: Measurement) -> str:
    """`161 ms`, printed as in every text; an em dash where it could not be measured."""
    return DASH if measurement.status == "not_measurable" else printed(measurement)


def label(measurement: Measurement) -> str:
    """`PR 161 ms`, `V3 ST J 0.12 mV`, `QRS#4 92 ms`."""
    name = short_name(measurement.name)
    if measurement.beat is not None:
        name += f"#{measurement.beat}"
    if measurement.lead:
        name = f"{measurement.lead} {name}"
    return f"{name} {value_or_dash(measurement)}"
