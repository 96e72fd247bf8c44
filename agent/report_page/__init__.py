"""`report.html`: one self-contained page on which every citation lights up what it cites.

Nothing is fetched: the trace is inline SVG, style and script are inline and named by hash in the page's
own Content-Security-Policy. Everything that comes from a file or a model is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files

from calipers.agent.report_page.tables import lead_matrix, measurement_table, provenance_table, quality_table
from calipers.agent.report_page.trace import geometry, trace_svg
from calipers.ecg import Ecg
from calipers.evidence import CriterionEvidence, Evidence, Measurement
from calipers.printing import printed
from calipers.report import Claim, Report

__all__ = ["report_page"]

_URGENCY = {
    "critical": "Critical: needs a clinician now",
    "urgent": "Urgent",
    "routine": "Routine",
    "not_assessable": "Not assessable: record again",
}


def report_page(report: Report, ecg: Ecg) -> str:
    """The page of one report.

    Args:
        report: what is shown.
        ecg: the ECG it was made from; its trace is drawn.

    Returns:
        A complete HTML document; equal input gives equal text.
    """
    items: dict[str, Evidence] = {item.id: item for item in report.measurements}
    items |= {item.id: item for item in report.evidence_table}
    style, script = _asset("page.css"), _asset("page.js")
    policy = f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    body = "\n".join(
        (
            _header(report, ecg),
            f'<section class="sheet" aria-label="Trace" tabindex="0">{trace_svg(ecg)}</section>',
            '<p id="lit" role="status" aria-live="polite">Choose a citation to see it on the trace.</p>',
            _answer(report),
            _section("Claims", _claims(report.claims, items)),
            _section("Withheld", _withheld(report)),
            _section("Disagreements", _disagreements(report, items)),
            _section("Measurements", measurement_table(report) + lead_matrix(report)),
            _section("Signal quality", quality_table(report)),
            _section("Provenance", provenance_table(report)),
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>ECG {escape(report.record)} · Calipers</title><style>{style}</style></head>\n"
        f"<body><main>\n{body}\n</main>\n"
        f'<script type="application/json" id="evidence">{_embedded(report, ecg)}</script>'
        f"<script>{script}</script></body></html>\n"
    )


def _header(report: Report, ecg: Ecg) -> str:
    age = "age unknown" if report.patient.age is None else f"{report.patient.age:g} years"
    synthetic = '<p class="mark">SYNTHETIC: not recorded from a person</p>' if ecg.synthetic else ""
    reasons = "; ".join(report.urgency_reasons)
    quality = "; ".join(report.quality.reasons)
    return (
        f'<header><p class="who">{escape(report.patient.sex or "sex unknown")}, {age} · record '
        f"<code>{escape(report.record)}</code></p>{synthetic}"
        f'<p class="urgency {report.urgency}"><strong>{_URGENCY[report.urgency]}</strong>'
        f"{f' · {escape(reasons)}' if reasons else ''}</p>"
        f"<h1>{escape(report.impression)}</h1>"
        f"{f'<p class=quality>Quality: {escape(quality)}</p>' if quality else ''}"
        '<p class="note">Research use, not a medical device. Every claim cites what was measured on this ECG; '
        "code has re-checked it.</p></header>"
    )


def _answer(report: Report) -> str:
    if report.answer is None:
        return ""
    return f'<section class="answer"><h2>{escape(report.question or "")}</h2><p>{escape(report.answer)}</p></section>'


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>" if body else ""


def _claims(claims: Iterable[Claim], items: dict[str, Evidence]) -> str:
    rows = [
        f'<li class="{claim.polarity} {claim.certainty}"><p>{escape(claim.text)}'
        f"{'' if claim.certainty == 'definite' else f' <span class=certainty>{claim.certainty}</span>'}</p>"
        f"{_chips(claim.evidence, items)}{_criteria(claim, items)}</li>"
        for claim in claims
    ]
    return f'<ul class="claims">{"".join(rows)}</ul>' if rows else ""


def _chips(keys: Iterable[str], items: dict[str, Evidence]) -> str:
    chips = [_chip(key, items.get(key)) for key in keys]
    shown, folded = chips[:8], chips[8:]
    more = f"<details><summary>{len(folded)} more citations</summary>{''.join(folded)}</details>" if folded else ""
    return f'<div class="chips">{"".join(shown)}{more}</div>' if chips else ""


def _chip(key: str, item: Evidence | None) -> str:
    value = "" if item is None else f" {printed(item)}"
    return (
        f'<button type="button" class="chip" data-id="{escape(key)}"><code>{escape(key)}</code>{escape(value)}</button>'
    )


def _criteria(claim: Claim, items: dict[str, Evidence]) -> str:
    found = [item for key in claim.criteria if isinstance(item := items.get(f"crit:{key}"), CriterionEvidence)]
    rows = "".join(
        f'<li class="{item.result}"><b>{escape(item.result.replace("_", " "))}</b> {escape(item.text)} '
        f"<small>{escape(item.source)}</small></li>"
        for item in found
    )
    return f"<details><summary>{len(found)} criteria</summary><ul class=criteria>{rows}</ul></details>" if rows else ""


def _withheld(report: Report) -> str:
    rows = [
        f"<li><p>{escape(item.claim.text)}</p><p class=reason>{escape(item.reason)}</p></li>"
        for item in report.withheld
    ]
    return f'<ul class="withheld">{"".join(rows)}</ul>' if rows else ""


def _disagreements(report: Report, items: dict[str, Evidence]) -> str:
    rows = [
        "<li>"
        + "".join(
            f"<p><b>{escape(side.who)}</b>: {escape(side.text)}</p>{_chips(side.evidence, items)}"
            for side in item.sides
        )
        + "</li>"
        for item in report.disagreements
    ]
    return f'<ul class="disagreements">{"".join(rows)}</ul>' if rows else ""


def _embedded(report: Report, ecg: Ecg) -> str:
    """What the script needs, as JSON that cannot close its own element."""
    evidence = {
        item.id: {
            "value": printed(item),
            "lead": item.lead,
            "spans": [list(span) for span in item.spans],
            "why": item.reason,
        }
        for item in report.measurements
        if isinstance(item, Measurement)
    }
    content = json.dumps(
        {"strips": geometry(ecg), "evidence": evidence, "seconds": ecg.duration_s}, separators=(",", ":")
    )
    return content.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _asset(name: str) -> str:
    return (files("calipers.agent.report_page") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
