"""The report as a file: HTML, PDF or JSON, with what clinicians remarked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Literal

from starlette.responses import Response

from calipers.agent.case_store import Case
from calipers.agent.server.records import RemarkRow
from calipers.ecg import Ecg
from calipers.report import Report

Kind = Literal["html", "pdf", "json"]
SCHEMA: Final = "calipers.case/1"
_MEDIA: Final[dict[Kind, str]] = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "json": "application/json",
}


def export(kind: Kind, case: Case, report: Report, priors: Sequence[Ecg], remarks: Sequence[RemarkRow]) -> Response:
    """The file as a download. JSON holds the report under `report`, exactly as `Report` reads it."""
    made = {"html": _html, "pdf": _pdf, "json": _json}[kind](case, report, priors, remarks)
    name = f"ecg-{report.record}.{kind}"
    return Response(made, media_type=_MEDIA[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _json(case: Case, report: Report, priors: Sequence[Ecg], remarks: Sequence[RemarkRow]) -> bytes:
    words = [remark._asdict() for remark in remarks]
    document = {"schema": SCHEMA, "report": report.model_dump(mode="json"), "remarks": words}
    return json.dumps(document, indent=1).encode()


def _html(case: Case, report: Report, priors: Sequence[Ecg], remarks: Sequence[RemarkRow]) -> bytes:
    from calipers.agent.report_page import report_page

    by_template: dict[str, list[str]] = {}
    for remark in remarks:
        by_template.setdefault(remark.template, []).append(f"{signed(remark)} (of: {remark.claim_text})")
    return report_page(report, case.ecg, priors, remarks=by_template).encode()


def _pdf(case: Case, report: Report, priors: Sequence[Ecg], remarks: Sequence[RemarkRow]) -> bytes:
    from calipers.agent.report_pdf import PdfRemark, report_pdf

    return report_pdf(report, case.ecg, [PdfRemark(remark.template, signed(remark)) for remark in remarks])


def signed(remark: RemarkRow) -> str:
    """`Corrected by ada, 2026-11-21 18:00: …`"""
    did = {"agree": "Agreed", "disagree": "Disputed", "correction": "Corrected"}[remark.kind]
    words = f": {remark.text}" if remark.text else ""
    return f"{did} by {remark.author}, {remark.made_at[:16].replace('T', ' ')} UTC{words}"
