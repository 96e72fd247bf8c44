"""Codes that a de-identified DICOM ECG may hold, each with the meaning that is written beside it."""

from __future__ import annotations

from typing import Final

from calipers.leads import LEADS, Lead

#: ISO/IEEE 11073-10102 lead codes, as in DICOM CID 3001.
LEAD_CODES: Final[dict[Lead, str]] = {
    lead: f"2:{number}" for lead, number in zip(LEADS, (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8), strict=True)
}
UNITS: Final = {
    "uV": "microvolt",
    "mV": "millivolt",
    "nV": "nanovolt",
    "V": "volt",
    "ms": "millisecond",
    "deg": "degree",
    "{H.B.}/min": "heart beats per minute",
}
#: (coding scheme, code) of a device's own value → its name and unit. SCP-ECG 1.3, sections 5.10 and 5.13.
MEASUREMENTS: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("SCPECG", "5.10.2.1-3"): ("RR Interval", "ms"),
    ("SCPECG", "5.13.5-7"): ("PR Interval", "ms"),
    ("SCPECG", "5.13.5-9"): ("QRS Duration", "ms"),
    ("SCPECG", "5.13.5-11"): ("QT Interval", "ms"),
    ("SCPECG", "5.10.2.5-5"): ("QTc Interval", "ms"),
    ("SCPECG", "5.10.3-11"): ("P Axis", "deg"),
    ("SCPECG", "5.10.3-13"): ("QRS Axis", "deg"),
    ("SCPECG", "5.10.3-15"): ("T Axis", "deg"),
}
