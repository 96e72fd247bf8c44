"""The report and the ECG as files: HTML, PDF, JSON, FHIR, DICOM, WFDB, CSV.

HTML, PDF and JSON hold what clinicians remarked as well. The formats that other systems take in hold no identity,
and no generated ECG becomes a FHIR or DICOM report: nothing there may be taken for a person's.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final, Literal, NamedTuple

from starlette.responses import Response

from calipers.agent.case import Case
from calipers.agent.server.rows import RemarkRow
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.leads import LEADS
from calipers.report import Report

Kind = Literal["html", "pdf", "json", "fhir", "dicom", "wfdb", "csv"]
SCHEMA: Final = "calipers.case/1"
_REPORTS_OF_PATIENTS: Final[frozenset[Kind]] = frozenset({"fhir", "dicom"})
_SIXTEEN_BITS: Final = "16"


class Material(NamedTuple):
    """What an export is made of."""

    case: Case
    report: Report
    priors: Sequence[Ecg]
    remarks: Sequence[RemarkRow]


def export(kind: Kind, material: Material) -> Response:
    """The file as a download. JSON holds the report under `report`, exactly as `Report` reads it.

    Raises:
        UsageError: a generated ECG was to become a report that passes for a patient's, or there is no beat to mark.
        MissingPart: FHIR without the extra for it.
    """
    if material.case.ecg.synthetic and kind in _REPORTS_OF_PATIENTS:
        raise UsageError("found a synthetic ECG, not recorded from a person; no FHIR or DICOM report of it is made")
    make, media_type, suffix = _FORMATS[kind]
    name = f"ecg-{material.report.record}{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(make(material), media_type=media_type, headers=headers)


def _json(given: Material) -> bytes:
    words = [remark._asdict() for remark in given.remarks]
    document = {"schema": SCHEMA, "report": given.report.model_dump(mode="json"), "remarks": words}
    return json.dumps(document, indent=1).encode()


def _html(given: Material) -> bytes:
    from calipers.agent.report_page import report_page

    by_template: dict[str, list[str]] = {}
    for remark in given.remarks:
        by_template.setdefault(remark.template, []).append(f"{signed(remark)} (of: {remark.claim_text})")
    return report_page(given.report, given.case.ecg, given.priors, remarks=by_template).encode()


def _pdf(given: Material) -> bytes:
    from calipers.agent.report_pdf import PdfRemark, report_pdf

    remarks = [PdfRemark(remark.template, signed(remark)) for remark in given.remarks]
    return report_pdf(given.report, given.case.ecg, remarks)


def _fhir(given: Material) -> bytes:
    from calipers.tools.export import fhir_bundle

    return fhir_bundle(given.report).encode()


def _dicom(given: Material) -> bytes:
    from calipers.tools.export import encapsulated_pdf

    return encapsulated_pdf(_pdf(given), given.case.ecg)


def _csv(given: Material) -> bytes:
    from calipers.tools.export import measurements_frame

    return str(measurements_frame(given.case.measurements.values()).to_csv(index=False)).encode()


def _wfdb(given: Material) -> bytes:
    """Header, samples and the annotations of each beat in one ZIP archive."""
    from calipers.tools.export import write_annotations

    ecg = given.case.ecg
    with tempfile.TemporaryDirectory() as made:
        stem = Path(made) / f"ecg-{given.report.record}"
        _write_signal(ecg, stem)
        write_annotations(ecg, given.case.measurements, stem)
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(stem.parent.iterdir()):
                archive.write(path, path.name)
    return packed.getvalue()


def _write_signal(ecg: Ecg, stem: Path) -> None:
    import wfdb

    patient = ecg.patient
    comments = ["synthetic: true"] if ecg.synthetic else []
    comments += [f"<age>: {patient.age:g}"] if patient.age is not None else []
    comments += [f"<sex>: {patient.sex}"] if patient.sex is not None else []
    wfdb.wrsamp(
        stem.name,
        ecg.fs_hz,
        ["mV"] * len(LEADS),
        list(LEADS),
        p_signal=ecg.signal_mv.T.astype(float),
        fmt=[_SIXTEEN_BITS] * len(LEADS),
        comments=comments,
        write_dir=str(stem.parent),
    )


class _Format(NamedTuple):
    make: Callable[[Material], bytes]
    media_type: str
    suffix: str


_FORMATS: Final[dict[Kind, _Format]] = {
    "html": _Format(_html, "text/html; charset=utf-8", ".html"),
    "pdf": _Format(_pdf, "application/pdf", ".pdf"),
    "json": _Format(_json, "application/json", ".json"),
    "fhir": _Format(_fhir, "application/fhir+json", ".fhir.json"),
    "dicom": _Format(_dicom, "application/dicom", ".dcm"),
    "wfdb": _Format(_wfdb, "application/zip", ".zip"),
    "csv": _Format(_csv, "text/csv; charset=utf-8", ".csv"),
}


def signed(remark: RemarkRow) -> str:
    """`Corrected by ada, 2026-11-21 18:00: …`"""
    did = {"agree": "Agreed", "disagree": "Disputed", "correction": "Corrected"}[remark.kind]
    words = f": {remark.text}" if remark.text else ""
    return f"{did} by {remark.author}, {remark.made_at[:16].replace('T', ' ')} UTC{words}"
