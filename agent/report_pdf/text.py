"""The pages of text: impression, claims with what they cite, what was kept back, changes, remarks, provenance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple
from xml.sax.saxutils import escape

from calipers.agent.doubt import doubt, undoubted
from calipers.agent.report_page.citations import words
from calipers.agent.report_page.claims import noted
from calipers.agent.report_pdf.trace import BOLD, FONT, register_fonts
from calipers.evidence import Evidence
from calipers.parameters import short_name
from calipers.printing import printed_value
from calipers.report import Changes, Claim, Report

_SHOWN: Final = 8
_ALWAYS: Final = ("hr", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "p_axis", "qrs_axis", "t_axis")


class PdfRemark(NamedTuple):
    """A clinician's word on one claim, which is known by its template."""

    template: str
    text: str


def story(report: Report, remarks: Sequence[PdfRemark]) -> list[Any]:
    """The flowing parts, in reading order."""
    register_fonts()
    return [*_parts(report, remarks)]


def _parts(report: Report, remarks: Sequence[PdfRemark]) -> Iterator[Any]:
    items: dict[str, Evidence] = {item.id: item for item in report.measurements}
    items |= {item.id: item for item in report.evidence_table}
    yield _text(report.urgency.replace("_", " ").capitalize(), 13, bold=True)
    for reason in report.urgency_reasons:
        yield _text(reason, 9)
    if doubted := doubt(report.quality.reasons):
        yield _text(doubted, 9, bold=True)
    yield _heading("Impression")
    yield _text(report.impression, 11, bold=True)
    if rest := undoubted(report.quality.reasons):
        yield _text("Quality: " + "; ".join(rest), 9)
    yield _heading("Claims")
    for claim in report.claims:
        said = [one.text for one in remarks if one.template == claim.template]
        yield _claim(claim, items, said, noted(report, claim.id))
    told = {claim.template for claim in report.claims}
    others = [one.text for one in remarks if one.template not in told]
    if others:
        yield _heading("Clinicians' remarks on answers in the conversation")
        yield from (_text(text, 9) for text in others)
    if report.withheld:
        yield _heading("Withheld")
        yield from (_text(f"{item.claim.text}: {item.reason}", 9) for item in report.withheld)
    if report.disagreements:
        yield _heading("Disagreements")
        for one in report.disagreements:
            sides = "; ".join(f"{side.who}: {side.text}" for side in one.sides)
            yield _text(f"{one.about}. {sides}", 9)
    for change in report.changes:
        yield from _changes(change)
    made = report.provenance
    yield _heading("Provenance")
    yield _text(
        f"Calipers {made.calipers}; model {made.model} ({made.model_reason}); criteria {made.criteria_sha256[:16]};"
        f" input {made.input_format}, sha256 {made.input_sha256[:16]}",
        8,
    )


def _claim(claim: Claim, items: dict[str, Evidence], remarks: Sequence[str], notes: Sequence[str]) -> Any:
    from reportlab.platypus import KeepTogether

    hedge = "" if claim.certainty == "definite" else f" ({claim.certainty})"
    cited = [f"{words(items[key])} [{key}]" for key in claim.evidence[:_SHOWN] if key in items]
    rest = len(claim.evidence) - _SHOWN
    cites = "; ".join(cited) + (f"; and {rest} more" if rest > 0 else "")
    criteria = ", ".join(claim.criteria[:_SHOWN])
    parts = [_text(f"{claim.text}{hedge}", 10), _text(cites, 7.5, grey=True)]
    parts += [_text(f"Criteria: {criteria}", 7.5, grey=True)] if criteria else []
    parts += [_text(remark, 9, bold=True) for remark in remarks] + [_text(note, 9, grey=True) for note in notes]
    return KeepTogether(parts)


def _changes(change: Changes) -> Iterator[Any]:
    from reportlab.platypus import Table, TableStyle

    when = (change.prior_recorded_at or "date unknown").replace("T", " ")
    yield _heading(f"Against the ECG of {when}, record {change.prior_record}")
    yield from (_text(limit.text, 9) for limit in change.limits)
    rows = [["", "now", "then", "difference", "± (95 %)"]]
    for row in change.measurements:
        if row.id in _ALWAYS or row.exceeds:
            lead, _, parameter = row.id.rpartition(".")
            name = f"{lead} {short_name(parameter)}".lstrip()
            gap = "" if row.difference is None else printed_value(row.difference, row.unit)
            spread = "" if row.uncertainty is None else f"{row.uncertainty:.2g}"
            values = (printed_value(row.value, row.unit), printed_value(row.prior_value, row.unit))
            rows.append([name, *values, gap + (" *" if row.exceeds else ""), spread])
    style = [("FONT", (0, 0), (-1, -1), FONT, 8), ("LINEBELOW", (0, 0), (-1, -1), 0.2, (0.7, 0.7, 0.7))]
    yield Table(
        rows,
        hAlign="LEFT",
        style=TableStyle([*style, ("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)]),
    )
    yield _text("* more than both uncertainties allow", 7.5, grey=True)


def _heading(text: str) -> Any:
    return _text(text, 10.5, bold=True, before=8)


def _text(text: str, size: float, *, bold: bool = False, grey: bool = False, before: float = 2) -> Any:
    """A paragraph; what stands in it is text and never markup."""
    from reportlab.lib.colors import Color, black
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "text",
        fontName=BOLD if bold else FONT,
        fontSize=size,
        leading=1.3 * size,
        spaceBefore=before,
        textColor=Color(0.35, 0.35, 0.35) if grey else black,
    )
    return Paragraph(escape(text), style)
