"""Several priors: how each measurement went over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

from calipers.evidence import Frozen, Measurement
from calipers.report import Changes
from calipers.tools.compare.measured import difference

#: Followed over time; the rest is in the tables.
FOLLOWED: Final = ("hr", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "qrs_axis")


class TrendPoint(Frozen):
    """One value at one time."""

    record: str
    recorded_at: str
    value: float
    uncertainty: float | None


class Trend(Frozen):
    """One measurement over dated recordings, oldest first.

    `direction` is rising or falling when the last value differs from the first by more than both
    uncertainties and no step between goes back by more than its own; `varying` when steps go both ways.
    """

    id: str
    unit: str
    points: tuple[TrendPoint, ...]
    direction: Literal["rising", "falling", "steady", "varying"]


def trends(changes: Sequence[Changes], measurements: Sequence[Measurement]) -> tuple[Trend, ...]:
    """The trend of each followed measurement over at least two dated earlier priors and this ECG.

    Args:
        changes: the comparisons of one ECG with its priors.
        measurements: what was measured on this ECG.
    """
    earlier = sorted((one for one in changes if one.order == "earlier"), key=lambda one: one.prior_recorded_at or "")
    if len(earlier) < 2:
        return ()
    found = []
    own = {item.id: item for item in measurements}
    for key in FOLLOWED:
        dated = [(one.prior_recorded_at, _of(one, key)) for one in earlier]
        dated.append((earlier[-1].recorded_at, own.get(key)))
        series = [(at, item) for at, item in dated if at is not None and item is not None and item.number is not None]
        if len(series) >= 3:
            found.append(_trend(key, series))
    return tuple(found)


def _of(changes: Changes, key: str) -> Measurement | None:
    return next((item for item in changes.prior_measurements if item.id == key), None)


def _trend(key: str, series: Sequence[tuple[str, Measurement]]) -> Trend:
    items = [item for _, item in series]
    steps = {_direction(first, second) for first, second in pairwise(items)} - {0}
    whole = _direction(items[0], items[-1])
    if len(steps) > 1:
        direction: Literal["rising", "falling", "steady", "varying"] = "varying"
    else:
        direction = "rising" if whole > 0 else "falling" if whole < 0 else "steady"
    points = tuple(
        TrendPoint(record=item.record, recorded_at=at, value=item.number or 0.0, uncertainty=item.uncertainty)
        for at, item in series
    )
    return Trend(id=key, unit=items[0].unit, points=points, direction=direction)


def _direction(first: Measurement, second: Measurement) -> int:
    """Whether the second value lies above (1) or below (-1) the first by more than both uncertainties."""
    gap = difference(second, first)
    if gap is None or abs(gap.value) <= gap.sd * 1.96:
        return 0
    return 1 if gap.value > 0 else -1
