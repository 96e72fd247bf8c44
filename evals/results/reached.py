"""Figures that a control reaches as well: what a broken product would score, found by code in every result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from calipers.evals.framework import Result

#: Figures of which less is better, or which say what was done and not how well, by their beginnings.
_NOT_BETTER: Final = ("false_", "unanswered", "refused_wrongly", "failed", "ece", "latency", "remeasured", "own_words", "n",
                      "different_", "claims_per", "present_claims", "citations_per", "seconds", "withheld", "layout_",
                      "trace_error", "critical_not", "judge_")  # fmt: skip


class Reached(NamedTuple):
    """A figure, and a control that does as well within the figure's own 95 % interval."""

    result: str
    metric: str
    value: float
    control: str
    theirs: float


def reached_by_controls(results: Mapping[str, Result]) -> list[Reached]:
    """Every such figure, with the control that does best at it."""
    return [best for name, result in results.items() for best in _of(name, result)]


def _of(name: str, result: Result) -> Iterator[Reached]:
    controls = {
        group.removeprefix("reader ").removeprefix("model "): values
        for group, values in result.groups.items()
        if "control:" in group
    }
    for metric, value in result.metrics.items():
        if metric.startswith(_NOT_BETTER):
            continue
        low = result.ci95[metric][0] if metric in result.ci95 else value
        known = [(values[metric], control) for control, values in controls.items() if metric in values]
        if known and (best := max(known))[0] >= low:
            yield Reached(name, metric, value, best[1], best[0])
