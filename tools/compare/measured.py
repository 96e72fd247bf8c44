"""Two measurements of the same thing: the difference, and whether it is more than both uncertainties allow."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot
from typing import Final

from calipers.evidence import Measurement
from calipers.knowledge.truth import HALF_WIDTHS_PER_SD, Estimate
from calipers.parameters import GLOBAL_UNITS
from calipers.report import Certainty, ComparisonLimit, MeasuredChange
from calipers.tools.compare.recording import COMPARED

#: What another set of leads, sampling rate or electrode position changes by itself.
_BY_RECORDING: Final = frozenset({"qrs", "p_axis", "qrs_axis", "t_axis"})
#: Limits that make such a change only possible.
WEIGHING: Final = frozenset({"leads", "sampling", "digitised", "electrodes"})


def measured_changes(
    now: Mapping[str, Measurement], then: Mapping[str, Measurement], limits: tuple[ComparisonLimit, ...]
) -> tuple[MeasuredChange, ...]:
    """Every measurement that was made on at least one of two ECGs, in reading order.

    Args:
        now, then: id → measurement of this ECG and of the prior.
        limits: what stands between the two recordings.
    """
    weighed = any(limit.kind in WEIGHING for limit in limits)
    rows = (_change(key, _item(now, key), _item(then, key), weighed) for key in COMPARED)
    return tuple(row for row in rows if row is not None)


def _item(measurements: Mapping[str, Measurement], key: str) -> Measurement | None:
    # `Measurements.get` refuses an unknown id; a measurement that another version made is no error here.
    if key not in measurements:
        return None
    return measurements[key]


def _change(key: str, now: Measurement | None, then: Measurement | None, weighed: bool) -> MeasuredChange | None:
    known = now or then
    if known is None or ((now is None or now.value is None) and (then is None or then.value is None)):
        return None
    gap = difference(now, then)
    certainty: Certainty = "possible" if weighed and by_recording(key) else "definite"
    return MeasuredChange(
        id=key,
        value=now.value if now else None,
        prior_value=then.value if then else None,
        unit=known.unit,
        difference=None if gap is None else round(gap.value, 4),
        uncertainty=None if gap is None else round(gap.sd * HALF_WIDTHS_PER_SD, 4),
        exceeds=None if gap is None else abs(gap.value) > gap.sd * HALF_WIDTHS_PER_SD,
        certainty=certainty,
    )


def difference(now: Measurement | None, then: Measurement | None) -> Estimate | None:
    """This ECG's value less the prior's with its standard deviation; None unless both are numbers.

    The errors of two recordings are independent: the variances add. An axis differs the shorter way round.
    """
    if now is None or then is None or now.number is None or then.number is None:
        return None
    gap = now.number - then.number
    if now.unit == "deg":
        gap = (gap + 180.0) % 360.0 - 180.0
    return Estimate(gap, hypot(now.uncertainty or 0.0, then.uncertainty or 0.0) / HALF_WIDTHS_PER_SD)


def by_recording(key: str) -> bool:
    """Whether leads, electrodes or sampling change this measurement where the heart does not."""
    return key not in GLOBAL_UNITS or key in _BY_RECORDING
