"""The cost curves: stages as bars, length against time and memory, workers against throughput."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from calipers.evals.framework import Figure
from calipers.evals.framework.figures import png

_OURS: Final = "#0b6e4f"
_PEER: Final = "#5b5f97"


def cost_curves(metrics: Mapping[str, float]) -> list[Figure]:
    """One picture of four panels, drawn from the metrics that there are."""
    canvas = Canvas(figsize=(12, 7), layout="constrained")
    stages, length, memory, workers = canvas.subplots(2, 2).ravel()
    _stages(stages, _found(metrics, r"stage_(.+)_s"))
    _lengths(length, metrics)
    _line(memory, _found(metrics, r"measure_(\d+)s_peak_rss_gb"), "measure", _OURS)
    memory.set(xlabel="record, s", ylabel="most memory, GB", ylim=(0, None))
    _line(workers, _found(metrics, r"measured_per_s_(\d+)_workers"), "measure", _OURS)
    workers.set(xlabel="processes", ylabel="ECGs a second", ylim=(0, None))
    caption = (
        "Left above: seconds of each stage of one 10 s ECG, warm, and NeuroKit2's twelve leads. Right above: time against"
        " length. Below: memory against length, and throughput against processes."
    )
    return [Figure("cost", caption, png(canvas))]


def _stages(panel: Axes, seconds: Mapping[str, float]) -> None:
    names = list(seconds)
    panel.barh(names, list(seconds.values()), color=[_PEER if name == "neurokit2" else _OURS for name in names])
    panel.invert_yaxis()
    panel.set_xlabel("seconds")


def _lengths(panel: Axes, metrics: Mapping[str, float]) -> None:
    _line(panel, _found(metrics, r"measure_(\d+)s_s"), "Calipers, everything", _OURS)
    _line(panel, _found(metrics, r"neurokit2_(\d+)s_s"), "NeuroKit2, 12 leads", _PEER)
    panel.set(xlabel="record, s", ylabel="seconds", xscale="log", yscale="log")
    if panel.has_data():
        panel.legend(frameon=False)


def _line(panel: Axes, points: Mapping[str, float], label: str, colour: str) -> None:
    if points:
        panel.plot([float(x) for x in points], list(points.values()), "o-", color=colour, label=label, lw=1.4)


def _found(metrics: Mapping[str, float], pattern: str) -> dict[str, float]:
    """What a pattern's only group names → the value."""
    hits = ((re.fullmatch(pattern, name), value) for name, value in metrics.items())
    return {hit[1]: value for hit, value in hits if hit}
