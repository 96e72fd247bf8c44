"""Pictures that every report can have: estimates with their intervals, several readers beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from calipers.evals.framework.bootstrap import Estimate
from calipers.evals.framework.document import Figure

_COLOURS: Final = ("#0b6e4f", "#b0531f", "#5b5f97", "#222222", "#8a6d1d", "#7a2e4d")
_DPI: Final = 110
_INCHES_A_LINE: Final = 0.24


def forest(
    name: str, caption: str, series: Mapping[str, Mapping[str, Estimate | None]], metrics: Sequence[str], *, zero: bool
) -> Figure:
    """A line for each metric, a point with its 95 % interval for each series.

    Args:
        name: of the file.
        caption: what it shows.
        series: reader → metric → estimate.
        metrics: from top to bottom.
        zero: draw the axis at zero, for differences; else from 0 to 1 where all values are shares.
    """
    lines = max(1, len(metrics))
    canvas = Canvas(figsize=(9, 1.2 + _INCHES_A_LINE * lines * max(1, len(series)) ** 0.5), layout="constrained")
    panel = canvas.subplots()
    step = 0.7 / max(1, len(series))
    for number, (reader, scores) in enumerate(series.items()):
        known = [(place, estimate) for place, metric in enumerate(metrics) if (estimate := scores.get(metric))]
        at = [place + (number - (len(series) - 1) / 2) * step for place, _ in known]
        values = [estimate.value for _, estimate in known]
        reach = [
            [estimate.value - estimate.low if estimate.has_interval else 0.0 for _, estimate in known],
            [estimate.high - estimate.value if estimate.has_interval else 0.0 for _, estimate in known],
        ]
        colour = _COLOURS[number % len(_COLOURS)]
        panel.errorbar(values, at, xerr=reach, fmt="o", ms=4, lw=1.2, color=colour, label=reader)
    panel.set_yticks(range(len(metrics)), metrics)
    panel.set_ylim(len(metrics) - 0.4, -0.6)
    if zero:
        panel.axvline(0.0, color="#888888", lw=0.8)
    elif all(estimate is None or 0.0 <= estimate.value <= 1.0 for one in series.values() for estimate in one.values()):
        panel.set_xlim(-0.02, 1.02)
    if len(series) > 1:
        canvas.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    panel.grid(axis="x", color="#dddddd", lw=0.6)
    return Figure(name, caption, png(canvas))


def png(canvas: Canvas) -> bytes:
    """The canvas as PNG, without frames, in the reports' type size."""
    for panel in canvas.axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
    out = BytesIO()
    FigureCanvasAgg(canvas)
    canvas.savefig(out, format="png", dpi=_DPI)
    return out.getvalue()
