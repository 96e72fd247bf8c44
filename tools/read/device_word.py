"""What a file says the device measured and stated, under our names. Never our own measurement.

Only what is stated is taken. A QTc whose formula the file does not give is Bazett where that is the
writer's documented habit (GE MUSE `QTCorrected`; aECG `MDC_ECG_TIME_PD_QTc`, the unqualified QTc that
carts print), and is left out elsewhere (DICOM `QTc Interval`, Philips 1.03, Mortara `QTC`, whose
correction is neither Bazett nor Fridericia). A heart rate is never computed from a stored RR.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from ecgdatakit import ECGRecord

#: ecgdatakit's global measurement → ours.
_GLOBAL: Final[dict[str, str]] = {
    "heart_rate": "hr",
    "rr_interval": "rr_mean",
    "pr_interval": "pr",
    "qrs_duration": "qrs",
    "qt_interval": "qt",
    "qtc_bazett": "qtc_bazett",
    "qtc_fridericia": "qtc_fridericia",
    "p_axis": "p_axis",
    "qrs_axis": "qrs_axis",
    "t_axis": "t_axis",
}

#: Values that ecgdatakit keeps as text, by their folded key.
_NAMED: Final[dict[str, str]] = {
    "atrialrate": "atrial_rate",
    "atrialheartrate": "atrial_rate",
    "ventricularrate": "hr",
    "ventricularheartrate": "hr",
    "heartrate": "hr",
    "pduration": "p_dur",
    "pdur": "p_dur",
    "mdcecgtimepdp": "p_dur",
    "mdcecgtimepdqtc": "qtc_bazett",
}
_NAMED_IN_MUSE: Final[dict[str, str]] = {"qtcorrected": "qtc_bazett"}


class _Kind(NamedTuple):
    """The values a device can mean; outside are placeholders (0, -1, 999, 29999, 32767, 65535)."""

    lowest: float
    highest: float
    per_unit: Mapping[str, float]


_RATE: Final = _Kind(1, 600, {"": 1.0, "bpm": 1.0, "/min": 1.0, "1/min": 1.0, "{beats}/min": 1.0, "{beat}/min": 1.0})
_TIME: Final = _Kind(1, 3000, {"": 1.0, "ms": 1.0, "s": 1000.0, "us": 0.001})
_RR: Final = _Kind(100, 20_000, _TIME.per_unit)
_ANGLE: Final = _Kind(-180, 360, {"": 1.0, "deg": 1.0, "°": 1.0})

_KINDS: Final[dict[str, _Kind]] = {
    "hr": _RATE,
    "atrial_rate": _RATE,
    "rr_mean": _RR,
    "pr": _TIME,
    "p_dur": _TIME,
    "qrs": _TIME,
    "qt": _TIME,
    "qtc_bazett": _TIME,
    "qtc_fridericia": _TIME,
    "p_axis": _ANGLE,
    "qrs_axis": _ANGLE,
    "t_axis": _ANGLE,
}

_LONGEST_VALUE: Final = 40
_VALUE: Final = re.compile(r"^\s*([-+]?\d+(?:\.\d+)?)\s*(\S*)\s*$")


def device_measurements(record: ECGRecord) -> dict[str, float]:
    """Our measurement name → the device's value in ms, per minute or degrees."""
    found: dict[str, float] = {}
    for theirs, ours in _GLOBAL.items():
        _keep(found, ours, getattr(record.measurements, theirs), "")
    named = _NAMED | (_NAMED_IN_MUSE if record.source_format == "ge_muse_xml" else {})
    for key, text in record.annotations.items():
        name = named.get(re.sub(r"[^a-z0-9]", "", key.casefold()))
        value = _VALUE.match(str(text)[:_LONGEST_VALUE]) if name is not None else None
        if name is not None and name not in found and value is not None:
            _keep(found, name, float(value.group(1)), value.group(2))
    if "atrial_rate" not in found:
        _keep(found, "atrial_rate", record.raw_metadata.get("atrial_rate_bpm"), "")  # SCP-ECG section 7
    return found


def _keep(found: dict[str, float], name: str, value: Any, unit: str) -> None:
    """Keep a value that its quantity can have."""
    kind = _KINDS[name]
    factor = kind.per_unit.get(unit)
    if value is None or factor is None:
        return
    converted = float(value) * factor
    if kind.lowest <= converted <= kind.highest:
        found[name] = converted


def device_statements(record: ECGRecord) -> tuple[str, ...]:
    """The interpretation that the file prints, verbatim and in its order."""
    lines: Iterable[str] = (" ".join(part for part in pair if part) for pair in record.interpretation.statements)
    statements = [line for line in lines if line.strip()]
    rhythm = record.annotations.get("rhythm") if record.source_format == "hl7_aecg" else None
    if rhythm and rhythm not in statements:
        statements.insert(0, rhythm)
    return tuple(statements)
