"""The numbers to reach (DESIGN §8), beside what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from calipers.evals.framework import Estimate, Table
from calipers.evals.measurement.intervals import INTERVALS, LIMITS

Unit = Literal["ms", "%", "times"]


class Target(NamedTuple):
    """One number to reach: the metric's value must lie within `low` and `high`."""

    metric: str
    says: str
    unit: Unit
    low: float
    high: float


TARGETS: Final[tuple[Target, ...]] = (
    *(
        target
        for name in INTERVALS
        for target in (
            Target(f"{name}_bias_ms", f"{name.upper()}: mean error", "ms", -LIMITS[name].bias_ms, LIMITS[name].bias_ms),
            Target(f"{name}_sd_ms", f"{name.upper()}: SD of the error", "ms", 0, LIMITS[name].sd_ms),
        )
    ),
    Target("coverage", "reference inside the stated 95 % interval", "%", 0.90, 0.98),
    Target("af_pr_reported", "PR reported in PTB-XL records labelled AFIB", "%", 0, 0.05),
    Target("sr_pr_missing", "PR missing in PTB-XL records labelled SR", "%", 0, 0.03),
    Target("arm_swap_detected", "exchanged arm electrodes detected", "%", 0.95, 1),
    Target("arm_swap_false_alarms", "false alarms on the same records", "%", 0, 0.02),
    Target("speed_ratio_neurokit2", "faster than NeuroKit2's clean + peaks + wavelet", "times", 3, float("inf")),
)


def targets_table(scores: Mapping[str, Estimate | None]) -> Table:
    """One row a target: the limit, the number with its interval, and whether the number is inside."""
    rows = []
    for target in TARGETS:
        found = scores.get(target.metric)
        inside = "" if found is None else ("yes" if target.low <= found.value <= target.high else "no")
        signed = target.low < 0
        shown = number(found, target.unit, signed=signed)
        rows.append((target.says, _limit(target), shown, str(found.n if found else 0), inside))
    return Table(("what", "limit", "found [95 % interval]", "n", "inside"), tuple(rows))


def number(estimate: Estimate | None, unit: Unit, *, signed: bool = False) -> str:
    """`+3.2 ms [+1.0, +5.4]`, `4.1 % [1.2, 7.9]`, `5.2 times [4.8, 5.9]`, or a dash."""
    if estimate is None:
        return "–"
    factor = 100.0 if unit == "%" else 1.0
    value, low, high = (f"{factor * x:+.1f}" if signed else f"{factor * x:.1f}" for x in estimate[:3])
    return f"{value} {unit} [{low}, {high}]" if estimate.has_interval else f"{value} {unit}"


def _limit(target: Target) -> str:
    if target.unit == "ms":
        return f"±{target.high:.0f} ms" if target.low < 0 else f"≤ {target.high:.0f} ms"
    if target.unit == "times":
        return f"≥ {target.low:.0f} times"
    if target.low <= 0:
        return f"≤ {100 * target.high:.0f} %"
    return f"≥ {100 * target.low:.0f} %" if target.high >= 1 else f"{100 * target.low:.0f}–{100 * target.high:.0f} %"
