"""`report.html`: one self-contained page on which every citation lights up what it cites.

Nothing is fetched: the trace is inline SVG, style and script are inline and named by hash in the page's
own Content-Security-Policy. Everything that comes from a file or a model is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from calipers.agent.report_page import changes, claims, tables
from calipers.agent.report_page.citations import embedded
from calipers.agent.report_page.lights import lights
from calipers.agent.report_page.markup import Html, embedded_json, join, tag
from calipers.agent.report_page.original import original
from calipers.agent.report_page.trace import sheets, trace_svg, window_start_s
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.evidence import Evidence
from calipers.report import Report

__all__ = ["report_page"]


def report_page(
    report: Report, ecg: Ecg, priors: Sequence[Ecg] = (), *, remarks: Mapping[str, Sequence[str]] | None = None
) -> str:
    """The page of one report.

    Args:
        report: what is shown.
        ecg: the ECG it was made from; its trace is drawn.
        priors: the ECGs it was compared with; the nearest is drawn over this one, beat on beat.
        remarks: what clinicians said of its claims, dated and signed, by the claim's template.

    Returns:
        A complete HTML document; equal input gives equal text.

    Raises:
        UsageError: the report is about another record.
    """
    if report.record != ecg.record:
        raise UsageError(f"found a report of record {report.record}; needed one of record {ecg.record}")
    items: dict[str, Evidence] = {item.id: item for item in report.measurements}
    items |= {item.id: item for item in report.evidence_table}
    views = sheets(ecg, window_start_s(report, ecg))
    evidence = embedded_json({"evidence": embedded(items), "views": lights(report, ecg, views)})
    script = _asset("page.js")
    body = tag(
        "main",
        claims.header(report, synthetic=ecg.synthetic or report.provenance.synthetic),
        tag(
            "div",
            _figure(ecg, trace_svg(ecg, views), views["3x4"].start_s),
            tag(
                "div",
                claims.impression(report),
                claims.claims(report, items, remarks or {}),
                claims.withheld(report.withheld, items),
                claims.disagreements(report.disagreements, items),
                claims.other_evidence(report),
                class_="said",
            ),
            class_="reading",
        ),
        original(report, ecg),
        changes.changes(report, ecg, priors),
        tables.measurements(report),
        tables.quality(report),
        tables.provenance(report),
    )
    scripts = join(
        tag("script", evidence, type="application/json", id="evidence"),
        tag("script", script),
    )
    page = tag("html", _head(report), tag("body", body, scripts), lang="en")
    return f"<!doctype html>\n{page}\n"


def _head(report: Report) -> Html:
    style = _asset("page.css")
    policy = (
        f"default-src 'none'; script-src '{_sha256(_asset('page.js'))}'; style-src '{_sha256(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"ECG {report.record} · Calipers"),
        tag("style", style),
    )


def _figure(ecg: Ecg, trace: Html, start_s: float) -> Html:
    end_s = min(start_s + 10.0, ecg.duration_s)
    stretch = "" if ecg.duration_s <= 10.5 else f" · {start_s:.1f} to {end_s:.1f} s of {ecg.duration_s:.1f} s"
    stored = "as read from the picture" if ecg.source.digitised else "as stored, no filter added"
    choose = [
        tag("button", words, type="button", class_="view", data_view=view, aria_pressed=pressed)
        for words, view, pressed in (("3 × 4 and rhythm", "3x4", "true"), ("12 full leads", "12x1", "false"))
    ]
    return tag(
        "figure",
        tag("div", trace, class_="sheet", tabindex="0", role="region", aria_label="Trace"),
        tag(
            "figcaption",
            tag("span", f"25 mm/s · 10 mm/mV · {ecg.fs_hz:g} Hz, {stored}{stretch}", class_="note"),
            tag("span", *choose, role="group", aria_label="View", class_="views"),
            tag("div", "Choose a citation to see it on the trace.", id="lit"),
            tag("p", id="announce", role="status", class_="unseen"),
        ),
    )


@cache
def _asset(name: str) -> Html:
    """A file of this package, as it stands; both end in no tag of their own."""
    return Html((files("calipers.agent.report_page") / name).read_text(encoding="utf-8"))


def _sha256(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
