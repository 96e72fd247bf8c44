"""Three-valued truth under measurement uncertainty.

A comparison is true with the probability that a normal distribution around the measured value, with
standard deviation uncertainty / 1.96, satisfies it. From 0.9 it is met, up to 0.1 not met, in between
indeterminate (None). Combinations follow Kleene's strong logic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import erf, sqrt
from typing import Final, Literal, NamedTuple

from calipers.evidence import Truth

Kleene = bool | None
Comparison = Literal["above", "at_least", "below", "at_most"]

MET_FROM: Final = 0.9
NOT_MET_UP_TO: Final = 0.1
#: `Measurement.uncertainty` is the half-width of a 95 % interval.
HALF_WIDTHS_PER_SD: Final = 1.96


class Estimate(NamedTuple):
    """A measured or derived number with its standard deviation (0 means exact)."""

    value: float
    sd: float


class Arc(NamedTuple):
    """A stretch of the circle in degrees, from `start` through rising degrees to `end`."""

    start: float
    end: float
    start_closed: bool
    end_closed: bool

    def contains(self, axis_deg: float) -> bool:
        """Whether the arc holds this axis, whatever turn it is written in."""
        offset = (axis_deg - self.start) % 360.0
        width = self.end - self.start
        if offset == 0.0:
            return self.start_closed or width > 360.0
        return offset < width or (offset == width and self.end_closed)


def named(truth: Kleene) -> Truth:
    """The word for a Kleene value."""
    return "indeterminate" if truth is None else "met" if truth else "not_met"


def decide(probability: float) -> Kleene:
    """Met, not met or indeterminate."""
    if probability >= MET_FROM:
        return True
    return False if probability <= NOT_MET_UP_TO else None


def compare(value: float, comparison: Comparison, limit: float) -> bool:
    """The comparison of two exact numbers: what the point estimate says."""
    if comparison == "above":
        return value > limit
    if comparison == "at_least":
        return value >= limit
    return value < limit if comparison == "below" else value <= limit


def probability(estimate: Estimate, comparison: Comparison, limit: float) -> float:
    """P(the true value satisfies the comparison)."""
    if estimate.sd == 0.0:
        return float(compare(estimate.value, comparison, limit))
    above = _normal_cdf((estimate.value - limit) / estimate.sd)
    return above if comparison in ("above", "at_least") else 1.0 - above


def probability_between(estimate: Estimate, low: float, high: float) -> float:
    """P(low <= true value <= high)."""
    if estimate.sd == 0.0:
        return float(low <= estimate.value <= high)
    return _normal_cdf((high - estimate.value) / estimate.sd) - _normal_cdf((low - estimate.value) / estimate.sd)


def probability_in_arc(axis: Estimate, arc: Arc) -> float:
    """P(the true axis lies in the arc), the normal being wrapped around the circle."""
    if axis.sd == 0.0:
        return float(arc.contains(axis.value))
    # Three turns to each side hold all but a negligible part of any distribution narrower than a turn.
    turns = (probability_between(axis, arc.start + 360.0 * turn, arc.end + 360.0 * turn) for turn in range(-3, 4))
    return min(1.0, sum(turns))


def all_of(truths: Iterable[Kleene]) -> Kleene:
    """Kleene conjunction: one false settles it; otherwise one unknown leaves it open."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def any_of(truths: Iterable[Kleene]) -> Kleene:
    """Kleene disjunction: one true settles it; otherwise one unknown leaves it open."""
    return negate(all_of(negate(truth) for truth in truths))


def negate(truth: Kleene) -> Kleene:
    """Kleene negation."""
    return None if truth is None else not truth


def at_least(need: int, truths: Sequence[Kleene]) -> Kleene:
    """Whether at least `need` of them hold, as far as the unknown ones leave it settled."""
    sure = sum(truth is True for truth in truths)
    open_ = sum(truth is None for truth in truths)
    if sure >= need:
        return True
    return None if sure + open_ >= need else False


def _normal_cdf(z: float) -> float:
    return 0.5 * (1.0 + erf(z / sqrt(2.0)))
