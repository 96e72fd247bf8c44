"""`index.html` of a review: counts, plots of the cohort's measurements, and every case, worst first.

The page is one file beside the reports it links to. Nothing is fetched from elsewhere; what comes from files is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import quote

import numpy as np

from calipers.agent.batch.summary import RANKS, SHOWN, Row
from calipers.agent.report_page.markup import Html, join, tag
from calipers.parameters import PARAMETERS

_TITLES: Final = {
    "failed": "Failed",
    "not_assessable": "Not assessable",
    "critical": "Critical",
    "urgent": "Urgent",
    "routine": "Routine",
}
_PLOTTED: Final = ("hr", "pr", "qrs", "qtc_bazett", "qtc_fridericia", "qrs_axis")
_BINS: Final = 24
_WIDTH: Final = 240.0
_HEIGHT: Final = 90.0


def index_page(found: Sequence[Row]) -> str:
    """The page of one review.

    Args:
        found: its cases, worst first.
    """
    counts = Counter(row.rank for row in found)
    present = [rank for rank in RANKS if counts[rank]]
    body = tag(
        "main",
        tag("h1", f"{len(found)} ECGs, worst first"),
        tag("p", "Research use only. Not a medical device.", class_="note"),
        tag(
            "nav",
            *[tag("a", f"{counts[rank]} {_TITLES[rank].lower()}", href=f"#{rank}", class_=rank) for rank in present],
        ),
        _plots(found),
        *[_section(rank, [row for row in found if row.rank == rank]) for rank in present],
    )
    style = _style()
    policy = f"default-src 'none'; img-src 'self'; style-src '{_sha256(style)}'; base-uri 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", "ECG review"),
        tag("style", Html(style)),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def _section(rank: str, cases: Sequence[Row]) -> Html:
    return tag(
        "section",
        tag("h2", f"{_TITLES[rank]} ({len(cases)})"),
        tag("ol", *[_case(row) for row in cases]),
        id=rank,
        class_=rank,
    )


def _case(row: Row) -> Html:
    line = row.line
    if line.report is None:
        return tag("li", tag("div", tag("h3", line.case), tag("p", line.error or "", class_="error")))
    folder = quote(line.report.rpartition("/")[0])
    who = ", ".join(
        part for part in (f"{row.age:g} y" if row.age is not None else "", row.sex or "", _quality(row)) if part
    )
    numbers = [
        f"{PARAMETERS[name].short} {value:.0f}{_unit(name)}"
        for name, value in zip(SHOWN, row.values, strict=True)
        if value is not None and name in _PLOTTED
    ]
    notes = [f"{row.withheld} withheld"] if row.withheld else []
    notes += [f"{row.disagreements} disagreement{'s' * (row.disagreements > 1)}"] if row.disagreements else []
    notes += [f"same recording as {line.duplicate_of}"] if line.duplicate_of else []
    picture = tag("img", src=f"{folder}/thumbnail.jpg", alt=f"Trace of {line.case}", loading="lazy", width="240")
    return tag(
        "li",
        tag("a", picture, href=f"{folder}/report.html"),
        tag(
            "div",
            tag("h3", tag("a", line.case, href=f"{folder}/report.html"), " ", tag("small", who)),
            tag("p", row.impression),
            *[tag("p", reason, class_="reason") for reason in row.reasons],
            tag("p", " · ".join([*numbers, *notes]), class_="note"),
        ),
    )


def _quality(row: Row) -> str:
    return "" if row.quality is None else f"quality {row.quality:.2f}"


def _unit(name: str) -> str:
    unit = PARAMETERS[name].unit
    return {"deg": "°", "/min": "/min"}.get(unit, f" {unit}")


def _plots(found: Sequence[Row]) -> Html:
    plots = []
    for name in _PLOTTED:
        at = SHOWN.index(name)
        values = [row.values[at] for row in found if row.values]
        measured = [value for value in values if value is not None]
        if len(measured) >= 2:
            plots.append(_histogram(name, measured, len(values)))
    return tag("div", *plots, class_="plots")


def _histogram(name: str, measured: Sequence[float], of: int) -> Html:
    """One parameter's distribution, with its middle and its range in words."""
    heights, edges = np.histogram(measured, bins=_BINS)
    step, top = _WIDTH / _BINS, float(heights.max())
    bars = [
        tag("rect", x=at * step, y=_HEIGHT * (1 - high / top), width=step - 1, height=_HEIGHT * high / top)
        for at, high in enumerate(heights.astype(float))
        if high
    ]
    low, middle, high_value = np.percentile(measured, [0, 50, 100])
    parameter = f"{PARAMETERS[name].short}: median {middle:.0f}{_unit(name)}"
    of_all = f" of {of}" if of > len(measured) else ""
    words = f"{parameter}, {low:.0f} to {high_value:.0f}, {len(measured)}{of_all} cases"
    ends = join(
        tag("text", f"{edges[0]:.0f}", x=0.0, y=_HEIGHT + 13),
        tag("text", f"{edges[-1]:.0f}", x=_WIDTH, y=_HEIGHT + 13, text_anchor="end"),
    )
    drawing = tag("svg", *bars, ends, viewBox=f"0 0 {_WIDTH:g} {_HEIGHT + 16:g}", role="img", aria_label=words)
    return tag("figure", drawing, tag("figcaption", words))


@cache
def _style() -> str:
    return files(__package__).joinpath("index.css").read_text("utf-8")


def _sha256(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
