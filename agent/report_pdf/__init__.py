"""`report.pdf`: the trace at true scale on the first page, what is said of it on the next ones.

Vectors throughout: a printed millimetre is a millimetre, and no zoom blurs the trace. Equal input gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from calipers.agent.report_pdf.text import PdfRemark, story
from calipers.agent.report_pdf.trace import draw_trace
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.report import Report

__all__ = ["PdfRemark", "report_pdf"]


def report_pdf(report: Report, ecg: Ecg, remarks: Sequence[PdfRemark] = ()) -> bytes:
    """The pages of one report, A4 landscape.

    Args:
        report: what is said.
        ecg: the ECG it was made from.
        remarks: what clinicians said of its claims.

    Raises:
        UsageError: the report is about another record.
    """
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate
    from reportlab.platypus.doctemplate import NextPageTemplate, PageBreak

    if report.record != ecg.record:
        raise UsageError(f"found a report of record {report.record}; needed one of record {ecg.record}")
    width, height = landscape(A4)
    out = BytesIO()

    def trace_page(canvas: Canvas, _document: BaseDocTemplate) -> None:
        draw_trace(canvas, report, ecg)

    def foot(canvas: Canvas, _document: BaseDocTemplate) -> None:
        canvas.setFont("DejaVuSans", 7.5)
        canvas.setFillGray(0.35)
        stamp = "SYNTHETIC, not recorded from a person · " if ecg.synthetic else ""
        stamp += "DIGITISED, read from a picture · " if ecg.source.digitised else ""
        canvas.drawString(15 * mm, 8 * mm, f"{stamp}Record {report.record} · Research use, not a medical device.")
        canvas.drawRightString(width - 15 * mm, 8 * mm, str(canvas.getPageNumber()))

    document = BaseDocTemplate(
        out, pagesize=(width, height), title=f"ECG {report.record}", author="Calipers", invariant=1
    )
    whole = Frame(0, 0, width, height, id="trace", showBoundary=0)
    columns = [
        Frame(
            15 * mm + at * 136 * mm,
            14 * mm,
            131 * mm,
            height - 26 * mm,
            id=f"column{at}",
            leftPadding=0,
            rightPadding=0,
        )
        for at in (0, 1)
    ]
    document.addPageTemplates(
        [PageTemplate("trace", [whole], onPage=trace_page), PageTemplate("text", columns, onPage=foot)]
    )
    document.build([NextPageTemplate("text"), PageBreak(), *story(report, remarks)])
    return out.getvalue()
