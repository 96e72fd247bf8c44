"""Plots of what is no share, as inline SVG: errors in milliseconds with their spread, and what time and memory it takes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from calipers.evals.framework import Result
from calipers.evals.results.plots import legend, mark

_LINE: Final = 22
_LABELS: Final = 300
_AXIS: Final = 420
_TOP: Final = 34
_ERROR: Final = re.compile(r"(\w+)_bias_(\w+)")
#: The axis of errors reaches at least so far on both sides.
_LEAST: Final = 20.0


def errors(result: Result, readers: Mapping[str, Mapping[str, float]]) -> str:
    """Mean error ± standard deviation of each `*_bias_*` figure, ours and the peers', on one axis around zero."""
    names = [found for name in result.metrics if (found := _ERROR.fullmatch(name))]
    names = [found for found in names if _spread(found) in result.metrics]
    if not names:
        return ""
    peers = {name: values for name, values in readers.items() if name != "calipers"}
    who: list[tuple[str, Mapping[str, float]]] = [("", result.metrics), *peers.items()]
    ends = [
        abs(values[found[0]]) + values[_spread(found)] for _, values in who for found in names if found[0] in values
    ]
    most = max(_LEAST, 20.0 * math.ceil(max(ends) / 20.0))
    unit = names[0][2]
    lines = len(names) * (len(who) + 1)
    body = _frame(lines, [(-most, f"−{most:g} {unit}"), (0.0, "0"), (most, f"+{most:g} {unit}")], -most, most)
    for place, found in enumerate(names):
        for number, (reader, values) in enumerate(who):
            if found[0] in values:
                y = _TOP + _LINE * (place * (len(who) + 1) + number + 0.5)
                body += _error(found, reader, number - 1, values, y, most)
    return f"<p>Mean error ± standard deviation, {unit}.</p>{_svg(body, lines)}{legend(list(peers))}"


def _error(found: re.Match[str], reader: str, number: int, values: Mapping[str, float], y: float, most: float) -> str:
    bias, spread = values[found[0]], values[_spread(found)]
    left, middle, right = (_x(at, -most, most) for at in (bias - spread, bias, bias + spread))
    hint = escape(f"{reader or 'Calipers'}, {found[1]}: {bias:+.1f} ± {spread:.1f} {found[2]}")
    label = (
        "" if reader else f'<text class="label" x="{_LABELS - 12}" y="{y + 4:.1f}">{escape(found[1].upper())}</text>'
    )
    if reader:
        line = f'<path class="other other-{number}" d="M{left:.1f} {y:.1f}H{right:.1f}"/>'
        return label + line + mark(number, middle, y, hint)
    line = f'<line class="reach" x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{label}{line}<circle class="own" cx="{middle:.1f}" cy="{y:.1f}" r="5"><title>{hint}</title></circle>'


def cost(result: Result) -> str:
    """Cost curves of `speed`: each stage, time against the record's length, memory, throughput; empty for other tasks."""
    stages = _found(result.metrics, r"stage_(.+)_s")
    if not stages:
        return ""
    longest = max(stages.values())
    body = _frame(len(stages), [(0.0, "0"), (longest, f"{longest:.2f} s")], 0.0, longest)
    for place, (name, seconds) in enumerate(stages.items()):
        y = _TOP + _LINE * (place + 0.5)
        kind = "peer" if name in ("neurokit2", "openecg") else "met"
        width = _x(seconds, 0.0, longest) - _LABELS
        body += (
            f'<text class="label" x="{_LABELS - 12}" y="{y + 4:.1f}">{escape(name)}</text>'
            f'<rect class="{kind}" x="{_LABELS}" y="{y - 7:.1f}" width="{width:.1f}" height="14">'
            f"<title>{escape(name)}: {seconds:.3f} s</title></rect>"
        )
    ours, theirs = (_numbers(result.metrics, rf"{who}_(\d+)s_s") for who in ("measure", "neurokit2"))
    memory = _numbers(result.metrics, r"measure_(\d+)s_peak_rss_gb")
    many = _numbers(result.metrics, r"measured_per_s_(\d+)_workers")
    return "".join(
        (
            f"<p>Seconds of each stage of one ECG of ten seconds, warm, beside the peers' delineation.</p>{_svg(body, len(stages))}",
            _curve("Seconds against the record's length in seconds (NeuroKit2's twelve leads in the other colour)", [ours, theirs]),
            _curve("Most memory, GB, against the record's length in seconds", [memory]),
            _curve("Records of ten seconds measured in a second, against processes", [many]),
        )
    )  # fmt: skip


def _curve(caption: str, series: Sequence[Mapping[float, float]]) -> str:
    """Lines over one axis from zero, ours first, each point with its value."""
    known = [points for points in series if points]
    if not known:
        return ""
    right = max(max(points) for points in known)
    top = max(max(points.values()) for points in known)
    lines = 6
    height = _LINE * lines
    places = [(x, f"{x:g}") for x in sorted({x for points in known for x in points})]
    body = _frame(lines, places, 0.0, right, words_at=_TOP + height + 16)
    for number, points in enumerate(series):
        if not points:
            continue
        kind = "" if number == 0 else " peer"
        at = [(_x(x, 0.0, right), _TOP + height * (1.0 - y / top), y) for x, y in sorted(points.items())]
        body += f'<polyline class="line{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y, _ in at)}"/>'
        for x, y, value in at:
            dot = f'<circle class="{kind.strip() or "own"}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
            body += f'{dot}<text class="tick" x="{x:.1f}" y="{y - 9:.1f}">{value:.2g}</text>'
    return f"<p>{escape(caption)}.</p>{_svg(body, lines)}"


def _found(metrics: Mapping[str, float], pattern: str) -> dict[str, float]:
    hits = ((re.fullmatch(pattern, name), value) for name, value in metrics.items())
    return {hit[1]: value for hit, value in hits if hit}


def _numbers(metrics: Mapping[str, float], pattern: str) -> dict[float, float]:
    return {float(name): value for name, value in _found(metrics, pattern).items()}


def _spread(found: re.Match[str]) -> str:
    return f"{found[1]}_sd_{found[2]}"


def _x(value: float, low: float, high: float) -> float:
    return _LABELS + _AXIS * (value - low) / (high - low)


def _frame(lines: int, ticks: Sequence[tuple[float, str]], low: float, high: float, words_at: float = _TOP - 20) -> str:
    bottom = _TOP + _LINE * lines
    parts = []
    for at, words in ticks:
        x = _x(at, low, high)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{words_at:.1f}">{escape(words)}</text>')
    return "".join(parts)


def _svg(body: str, lines: int) -> str:
    width, height = _LABELS + _AXIS + 40, _TOP + _LINE * lines + 22
    return f'<svg class="plot" role="img" viewBox="0 0 {width} {height}" width="{width}">{body}</svg>'
