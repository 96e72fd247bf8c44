"""Reading earlier reports: text, CSV, JSON, our `report.json`, DICOM structured reports, FHIR DiagnosticReport."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import ValidationError

from calipers.errors import UnreadableInput
from calipers.knowledge.store.history import Author, HistoryEntry, plain_text
from calipers.report import SCHEMA

_MAX_BYTES: Final = 20_000_000
#: What columns and fields are called, in order of preference.
_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "patient_id": ("patient_id", "patient", "pid", "mrn", "patientid"),
    "text": ("text", "report", "conclusion", "impression", "interpretation"),
    "recorded_at": ("recorded_at", "date", "datetime", "time", "report_date"),
    "author": ("author", "written_by", "source"),
    "confirmed": ("confirmed", "verified", "overread"),
}
_HEADER: Final = re.compile(r"^\s*(patient(?: id)?|date|author|confirmed)\s*:\s*(.+?)\s*$", re.I)
_YES: Final = frozenset({"1", "true", "yes", "y", "verified"})


@dataclass(frozen=True)
class Defaults:
    """What to assume where a file does not say."""

    patient_id: str | None = None
    author: Author | None = None
    recorded_at: str | None = None
    confirmed: bool = False


def read_reports(path: Path, defaults: Defaults) -> list[HistoryEntry]:
    """The reports of one file.

    Raises:
        UnreadableInput: the file holds no report that can be kept; the message says what was found and needed.
    """
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise UnreadableInput(f"found no readable file ({problem.strerror}); needed a report") from problem
    if not raw.strip():
        raise UnreadableInput("found an empty file; needed a report")
    if len(raw) > _MAX_BYTES:
        raise UnreadableInput(f"found {len(raw) / 1e6:.0f} MB; needed a report of at most 20 MB")
    if raw[128:132] == b"DICM":
        return [_entry(_of_dicom(path), defaults, "dicom-sr", path)]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UnreadableInput("found bytes that are no UTF-8 text; needed text, CSV, JSON or DICOM") from problem
    if "\0" in text:
        raise UnreadableInput("found binary content; needed text, CSV, JSON or DICOM")
    if path.suffix.lower() == ".csv":
        return [_entry(row, defaults, "csv", path) for row in _of_csv(text)]
    if path.suffix.lower() == ".json" or text.lstrip()[:1] in "[{":
        return [_entry(facts, defaults, kind, path) for facts, kind in _of_json(text)]
    return [_entry(_of_text(text), defaults, "text", path)]


def _entry(facts: Mapping[str, Any], defaults: Defaults, kind: str, path: Path) -> HistoryEntry:
    patient = str(facts.get("patient_id") or defaults.patient_id or "").strip()
    author = str(facts.get("author") or defaults.author or "").strip().lower()
    text = plain_text(str(facts.get("text") or ""))
    if not patient:
        raise UnreadableInput("found no patient identifier; needed one in the file or `--patient`")
    if author not in get_args(Author):
        found = f"author `{author}`" if author else "no author"
        raise UnreadableInput(f"found {found}; needed clinician, device or calipers in the file or `--author`")
    if len(text) < 2:
        raise UnreadableInput("found a report without text; needed its wording")
    try:
        return HistoryEntry(
            patient_id=patient,
            text=text,
            author=author,  # type: ignore[arg-type]
            confirmed=_yes(facts.get("confirmed")) or defaults.confirmed,
            recorded_at=_date(facts.get("recorded_at") or defaults.recorded_at),
            ecg_record=facts.get("ecg_record"),
            format=kind,
            name=path.name,
        )
    except ValidationError as problem:
        raise UnreadableInput(f"found {problem.errors()[0]['msg']} in `{problem.errors()[0]['loc'][0]}`") from problem


def _of_text(text: str) -> dict[str, str]:
    """Leading lines `Patient: …`, `Date: …`, `Author: …` are facts; the rest is the report."""
    facts: dict[str, str] = {}
    lines = text.splitlines()
    while lines and (match := _HEADER.match(lines[0])):
        name = match[1].lower()
        key = "patient_id" if name.startswith("patient") else "recorded_at" if name == "date" else name
        facts[key] = match[2]
        lines.pop(0)
    return facts | {"text": "\n".join(lines)}


def _of_csv(text: str) -> Iterator[dict[str, str]]:
    table = csv.DictReader(text.splitlines())
    columns = {name.strip().lower(): name for name in table.fieldnames or ()}
    chosen = {
        field: next((columns[name] for name in names if name in columns), None) for field, names in _FIELDS.items()
    }
    if chosen["text"] is None:
        raise UnreadableInput(f"found columns {', '.join(columns) or 'none'}; needed one named text or report")
    rows = 0
    for row in table:
        rows += 1
        yield {field: row[column] or "" for field, column in chosen.items() if column is not None}
    if not rows:
        raise UnreadableInput("found a table without rows; needed one row a report")


def _of_json(text: str) -> Iterator[tuple[dict[str, Any], str]]:
    try:
        content = json.loads(text)
    except ValueError as problem:
        raise UnreadableInput(f"found broken JSON ({problem}); needed a report") from problem
    items = content if isinstance(content, list) else [content]
    if not items or not all(isinstance(item, dict) for item in items):
        raise UnreadableInput("found JSON that is no object or list of objects; needed reports")
    for item in items:
        if item.get("schema") == SCHEMA:
            yield _of_report(item), "calipers"
        elif item.get("resourceType") == "Bundle":
            resources = [entry.get("resource") or {} for entry in item.get("entry") or ()]
            reports = [one for one in resources if one.get("resourceType") == "DiagnosticReport"]
            if not reports:
                raise UnreadableInput("found a FHIR Bundle without DiagnosticReport; needed one")
            yield from ((_of_fhir(one), "fhir") for one in reports)
        elif "resourceType" in item:
            if item["resourceType"] != "DiagnosticReport":
                raise UnreadableInput(f"found FHIR {item['resourceType']}; needed DiagnosticReport")
            yield _of_fhir(item), "fhir"
        else:
            lower = {str(key).lower(): value for key, value in item.items()}
            if lower.get("synthetic") is True:
                raise UnreadableInput("found a synthetic record; needed a report of a patient")
            fields = {f: next((lower[name] for name in names if name in lower), None) for f, names in _FIELDS.items()}
            yield fields, "json"


def _of_report(report: Mapping[str, Any]) -> dict[str, Any]:
    if (report.get("provenance") or {}).get("synthetic"):
        raise UnreadableInput("found the report of a synthetic ECG; needed one of a patient")
    return {"text": report.get("impression"), "author": "calipers", "ecg_record": report.get("record")}


def _of_fhir(report: Mapping[str, Any]) -> dict[str, Any]:
    subject = report.get("subject") or {}
    identifier = (subject.get("identifier") or {}).get("value")
    reference = str(subject.get("reference") or "").rpartition("/")[2]
    performers = [str(one.get("reference") or one.get("type") or "") for one in report.get("performer") or ()]
    by_device = bool(performers) and all("Device" in one for one in performers)
    final = report.get("status") in ("final", "amended", "corrected", "appended")
    if report.get("status") in ("entered-in-error", "cancelled"):
        raise UnreadableInput(f"found a FHIR report with status {report['status']}; needed one that stands")
    conclusions = [report.get("conclusion"), *(code.get("text") for code in report.get("conclusionCode") or ())]
    return {
        "patient_id": identifier or reference,
        "text": ". ".join(str(one) for one in conclusions if one),
        "author": "device" if by_device or not final else "clinician",
        "recorded_at": report.get("effectiveDateTime") or report.get("issued"),
    }


def _of_dicom(path: Path) -> dict[str, Any]:
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
    except (InvalidDicomError, OSError, ValueError, AttributeError, KeyError) as problem:
        raise UnreadableInput(f"found a broken DICOM file ({problem}); needed a structured report") from problem
    if "ContentSequence" not in dataset:
        raise UnreadableInput(f"found DICOM {dataset.get('Modality', 'object')}; needed a structured report (SR)")
    verified = dataset.get("VerificationFlag") == "VERIFIED"
    date = str(dataset.get("ContentDate") or dataset.get("StudyDate") or "")
    return {
        "patient_id": str(dataset.get("PatientID") or ""),
        "text": ". ".join(_sr_text(dataset)),
        "author": "clinician" if verified else "device",
        "recorded_at": f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) >= 8 else None,
    }


def _sr_text(item: Any) -> Iterator[str]:
    """Text, and coded findings, of a content tree in reading order."""
    for child in item.get("ContentSequence") or ():
        name = child.get("ConceptNameCodeSequence")
        title = str(name[0].get("CodeMeaning") or "") if name else ""
        if value := child.get("TextValue"):
            yield f"{title}: {value}" if title else str(value)
        elif codes := child.get("ConceptCodeSequence"):
            yield f"{title}: {codes[0].get('CodeMeaning')}" if title else str(codes[0].get("CodeMeaning"))
        elif numbers := child.get("MeasuredValueSequence"):
            units = numbers[0].get("MeasurementUnitsCodeSequence")
            unit = f" {units[0].get('CodeValue')}" if units else ""
            yield f"{title}: {numbers[0].get('NumericValue')}{unit}"
        yield from _sr_text(child)


def _date(value: Any) -> str | None:
    """An ISO date or time; None where there is none.

    Raises:
        UnreadableInput: it is no date.
    """
    text = str(value or "").strip()
    if not text:
        return None
    for layout in ("%d.%m.%Y", "%Y%m%d"):
        try:
            return datetime.strptime(text, layout).date().isoformat()
        except ValueError:
            continue
    try:
        datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as problem:
        raise UnreadableInput(f"found date `{text[:30]}`; needed one like 2024-03-01") from problem
    return text


def _yes(value: Any) -> bool:
    return str(value or "").strip().lower() in _YES
