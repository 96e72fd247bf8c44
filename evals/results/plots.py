"""Plots of the results' page as inline SVG: they take the page's colours, light or dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from calipers.evals.framework import Result
from calipers.evals.results.targets import Standing

#: Pixels: a line's height, the labels' width, the axis' width.
_LINE, _LABELS, _AXIS = 24, 300, 420
_MARGIN: Final = 30
#: Figures and readers beyond these make a plot unreadable; the tables hold them all.
_MOST_FIGURES, _MOST_READERS = 14, 6
#: The bars of what was asked end here: twice the limit.
_BEYOND: Final = 2.0


def shares(result: Result, readers: Mapping[str, Mapping[str, float]]) -> str:
    """A line for each figure that is a share: a dot with its interval, and hollow marks of the others; empty without any.

    Args:
        result: whose figures.
        readers: others in the same run, peers and controls.
    """
    names = [name for name, value in result.metrics.items() if name in result.ci95 and 0.0 <= value <= 1.0]
    names = names[:_MOST_FIGURES]
    others = [name for name, values in readers.items() if _differs(values, result)][:_MOST_READERS]
    if not names:
        return ""
    body = [_grid(len(names), ("0", "25 %", "50 %", "75 %", "100 %"))]
    for place, name in enumerate(names):
        y = _MARGIN + _LINE * (place + 0.5)
        low, high = (_x(limit) for limit in result.ci95[name])
        title = f"{name}: {result.metrics[name]:.3f} ({result.ci95[name][0]:.3f} to {result.ci95[name][1]:.3f})"
        body.append(f'<text class="label" x="{_LABELS - 12}" y="{y + 4:.1f}">{escape(name)}</text>')
        for number, reader in enumerate(others):
            if name in readers[reader] and 0.0 <= readers[reader][name] <= 1.0:
                hint = f"{reader}: {readers[reader][name]:.3f}"
                body.append(mark(number, _x(readers[reader][name]), y, hint))
        body.append(f'<line class="reach" x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        dot = f'<circle class="own" cx="{_x(result.metrics[name]):.1f}" cy="{y:.1f}" r="5">'
        body.append(f"{dot}<title>{escape(title)}</title></circle>")
    return _svg(body, len(names)) + legend(others)


def attained(found: Sequence[Standing]) -> str:
    """A bar for each row that was asked for something: the share of it that was attained, cut at twice; a line at one."""
    body = [_grid(len(found), ("0", "half", "as asked", "", "twice"))]
    for place, one in enumerate(found):
        y = _MARGIN + _LINE * (place + 0.5)
        kind = "met" if one.attained >= 1.0 else "short"
        width = _x(min(one.attained, _BEYOND) / _BEYOND) - _LABELS
        hint = f"{one.what}: {one.value:.4g}, asked {one.target.limit_text()}"
        words = one.target.metric.rpartition("/")[2]
        body.append(
            f'<text class="label" x="{_LABELS - 12}" y="{y + 4:.1f}">{escape(f"{one.target.result} {words}"[:44])}</text>'
            f'<rect class="{kind}" x="{_LABELS}" y="{y - 7:.1f}" width="{width:.1f}" height="14">'
            f"<title>{escape(hint)}</title></rect>"
        )
    middle = _x(0.5)
    bottom = _MARGIN + _LINE * len(found)
    body.append(f'<line class="limit" x1="{middle:.1f}" x2="{middle:.1f}" y1="{_MARGIN}" y2="{bottom}"/>')
    return _svg(body, len(found))


def _differs(values: Mapping[str, float], result: Result) -> bool:
    """Whether a group is another reader, and not the one whose figures these are."""
    return any(name in result.metrics and abs(values[name] - result.metrics[name]) > 1e-9 for name in values)


def _x(share: float) -> float:
    return _LABELS + _AXIS * share


def _grid(lines: int, ticks: Sequence[str]) -> str:
    bottom = _MARGIN + _LINE * lines
    parts = []
    for place, words in enumerate(ticks):
        x = _x(place / (len(ticks) - 1))
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_MARGIN}" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{_MARGIN - 8}">{words}</text>')
    return "".join(parts)


def mark(number: int, x: float, y: float, hint: str) -> str:
    """One of six hollow shapes, so that readers differ without colour too."""
    r = 5
    shapes = (
        f"M{x - r} {y - r}h{2 * r}v{2 * r}h{-2 * r}z",
        f"M{x} {y - r}L{x + r} {y + r}L{x - r} {y + r}z",
        f"M{x} {y - r}L{x + r} {y}L{x} {y + r}L{x - r} {y}z",
        f"M{x} {y + r}L{x + r} {y - r}L{x - r} {y - r}z",
        f"M{x - r} {y}h{2 * r}M{x} {y - r}v{2 * r}",
        f"M{x - r} {y - r}l{2 * r} {2 * r}M{x - r} {y + r}l{2 * r} {-2 * r}",
    )
    return f'<path class="other other-{number}" d="{shapes[number]}"><title>{escape(hint)}</title></path>'


def legend(others: Sequence[str]) -> str:
    """What the marks stand for."""

    def item(shape: str, name: str) -> str:
        return f'<span><svg width="16" height="16" aria-hidden="true">{shape}</svg>{escape(name)}</span>'

    own = item('<circle class="own" cx="8" cy="8" r="5"/>', "Calipers")
    items = [item(mark(number, 8, 8, name), name.removeprefix("reader ")) for number, name in enumerate(others)]
    return f'<p class="legend">{own}{"".join(items)}</p>'


def _svg(body: Sequence[str], lines: int) -> str:
    width, height = _LABELS + _AXIS + _MARGIN, _MARGIN + _LINE * lines + 8
    return f'<svg class="plot" role="img" viewBox="0 0 {width} {height}" width="{width}">{"".join(body)}</svg>'
