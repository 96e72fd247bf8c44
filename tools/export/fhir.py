"""A report as FHIR R4: a collection Bundle of one DiagnosticReport and its Observations, coded by LOINC.

No patient resource and no identifier: whoever files it adds the subject. The status is `preliminary`, for no clinician
has confirmed it. Checked against the R4B models of the fhir.resources package, whose two resources are those of R4;
what it writes of the demo record passes HL7's own R4 JSON schema and Lantana's FHIR.js validator as well.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from calipers.errors import MissingPart
from calipers.evidence import Measurement
from calipers.report import Claim, Report

_LOINC: Final = "http://loinc.org"
_SNOMED: Final = "http://snomed.info/sct"
_UCUM: Final = "http://unitsofmeasure.org"
_ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
#: Our name: LOINC code and its name.
_CODES: Final[dict[str, tuple[str, str]]] = {
    "hr": ("8867-4", "Heart rate"),
    "pr": ("8625-6", "P-R Interval"),
    "qrs": ("8633-0", "QRS duration"),
    "qt": ("8634-8", "Q-T interval"),
    "qtc_bazett": ("76635-2", "Q-T interval corrected based on Bazett formula"),
    "qtc_fridericia": ("76634-5", "Q-T interval corrected based on Fridericia formula"),
    "p_axis": ("8626-4", "P wave axis"),
    "qrs_axis": ("8632-2", "QRS axis"),
    "t_axis": ("8638-9", "T wave axis"),
}
_UNITS: Final = {"ms": "ms", "deg": "deg", "/min": "/min"}


def fhir_bundle(report: Report, *, effective: str | None = None) -> str:
    """The report as FHIR JSON.

    Args:
        report: what is told.
        effective: when the ECG was recorded, ISO 8601 with its time zone; left out by default.

    Raises:
        MissingPart: the extra `fhir` is not installed.
    """
    try:
        from fhir.resources.R4B.bundle import Bundle
    except ImportError as absent:
        raise MissingPart('found no package fhir.resources; needed: pip install "calipers[fhir]"') from absent
    measured = {item.id: item for item in report.measurements}
    observations = [_measured(measured[name], code, effective) for name, code in _CODES.items() if name in measured]
    observations += [_stated(claim, report, effective) for claim in report.claims if claim.statement is not None]
    entries = [_diagnostic_report(report, observations, effective), *observations]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": _url(one), "resource": one} for one in entries],
    }
    return str(Bundle.model_validate(bundle).model_dump_json(indent=1))


def _diagnostic_report(report: Report, observations: list[dict[str, Any]], effective: str | None) -> dict[str, Any]:
    said = [report.impression, f"Urgency: {report.urgency}.", "Research use, not a medical device."]
    return _dated(
        {
            "resourceType": "DiagnosticReport",
            "id": f"report-{report.record}",
            "status": "preliminary",
            "category": [
                _coded("http://terminology.hl7.org/CodeSystem/v2-0074", "EC", "Electrocardiac (e.g., EKG, EEC, Holter)")
            ],
            "code": _coded(_LOINC, "11524-6", "EKG study"),
            "result": [{"reference": _url(one)} for one in observations],
            "conclusion": " ".join(said),
        },
        effective,
    )


def _measured(item: Measurement, code: tuple[str, str], effective: str | None) -> dict[str, Any]:
    observation = _observation(f"{item.record}-{_id(item.id)}", _coded(_LOINC, *code), effective)
    observation["method"] = {"text": item.method}
    if item.number is None:
        observation["dataAbsentReason"] = _coded(_ABSENT, "unknown", "Unknown") | {"text": item.reason or ""}
        return observation
    unit = _UNITS[item.unit]
    observation["valueQuantity"] = {"value": round(item.number, 1), "unit": unit, "system": _UCUM, "code": unit}
    if item.uncertainty is not None:
        observation["note"] = [{"text": f"95 % interval ± {item.uncertainty:.1f} {unit}"}]
    return observation


def _stated(claim: Claim, report: Report, effective: str | None) -> dict[str, Any]:
    statement = claim.statement
    if statement is None:
        raise RuntimeError("a claim without a statement is no finding")
    codings = [{"system": _SNOMED, "code": code} for code in statement.snomed]
    code: dict[str, Any] = {"text": statement.label} | ({"coding": codings} if codings else {})
    observation = _observation(f"{report.record}-{_id(claim.id)}", code, effective)
    observation["valueBoolean"] = claim.polarity == "present"
    observation["note"] = [{"text": f"{claim.text} Certainty: {claim.certainty}."}]
    return observation


def _observation(key: str, code: dict[str, Any], effective: str | None) -> dict[str, Any]:
    category = _coded(_CATEGORY, "procedure", "Procedure")
    started = {"resourceType": "Observation", "id": key, "status": "preliminary", "category": [category], "code": code}
    return _dated(started, effective)


def _dated(resource: dict[str, Any], effective: str | None) -> dict[str, Any]:
    return resource | ({"effectiveDateTime": effective} if effective else {})


def _coded(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _url(resource: dict[str, Any]) -> str:
    """How the resources of a bundle that no server has filed refer to one another."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, 'calipers:' + resource['id'])}"


def _id(key: str) -> str:
    """FHIR ids hold letters, digits, `-` and `.`, at most 64 with the record's 16 before."""
    return "".join(c if c.isalnum() or c in "-." else "-" for c in key)[:45]
