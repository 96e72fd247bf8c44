"""The committed baseline, and what counts as a regression against it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from calipers.evals.framework import Row
from calipers.evals.framework.tallies import metrics_of, paired_difference, score

BASELINE: Final = Path(__file__).with_name("baseline.json")
#: What holds without exception: one failure is a regression, whatever chance says.
_ALWAYS: Final = ("reports_accepted",)
#: `measure` may lose this share of its lead over NeuroKit2 before the gate says so; machines differ, ratios less.
_SPEED_KEPT: Final = 0.6


class Regression(NamedTuple):
    """One figure that got worse than chance explains."""

    metric: str
    before: float
    after: float
    detail: str


def write_baseline(rows: Sequence[Row], ratios: Sequence[float], path: Path = BASELINE) -> None:
    """Save the counts of every sample, and the median ratio of times."""
    samples = {
        row.id: {"cluster": row.cluster, "tallies": {k: list(v) for k, v in row.tallies.items()}} for row in rows
    }
    document = {"speed_ratio": round(float(np.median(ratios)), 2), "samples": samples}
    lines = json.dumps(document, indent=None, separators=(",", ":")).replace('},"', '},\n"')
    path.write_text(lines + "\n", encoding="utf-8")


def read_baseline(path: Path = BASELINE) -> tuple[list[Row], float]:
    """The baseline's rows and ratio."""
    document: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rows = [
        Row(key, one["cluster"], "baseline", {name: (hits, of) for name, (hits, of) in one["tallies"].items()})
        for key, one in document["samples"].items()
    ]
    return rows, float(document["speed_ratio"])


def regressions(before: Sequence[Row], after: Sequence[Row], ratio: float, ratios: Sequence[float]) -> list[Regression]:
    """What is worse: the whole 95 % interval of a paired difference below zero, or the lead over NeuroKit2 lost.

    Args:
        before: the baseline's samples.
        after: today's.
        ratio: the baseline's, NeuroKit2's time over ours.
        ratios: today's, one for each record timed.
    """
    was, now = score(before), score(after)
    found = []
    for metric in metrics_of(before):
        one, other = was[metric], now.get(metric)
        if one is None or other is None:
            found.append(Regression(metric, one.value if one else float("nan"), float("nan"), "no longer measured"))
            continue
        change = paired_difference(before, after, metric)
        telling = change is not None and change.has_interval and change.high < 0.0
        if telling or (metric in _ALWAYS and other.value < 1.0):
            found.append(Regression(metric, one.value, other.value, _lost(before, after, metric)))
    median = float(np.median(ratios))
    if median < _SPEED_KEPT * ratio and max(ratios) < ratio:
        found.append(Regression("speed_ratio_neurokit2", ratio, median, f"of {len(ratios)} records none reaches it"))
    return found


def _lost(before: Sequence[Row], after: Sequence[Row], metric: str) -> str:
    """The first samples that lost something."""
    known = {row.id: row.tallies.get(metric) for row in after}
    lost = [
        row.id
        for row in before
        if metric in row.tallies and (now := known.get(row.id)) is not None and now[0] < row.tallies[metric][0]
    ]
    return f"{len(lost)} samples worse, such as {'; '.join(lost[:5])}"
