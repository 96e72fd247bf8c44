"""How a measurement is written beside the trace: `PR 161 ms`, `V3 ST J 0.12 mV`, `PVCs 2`."""

from __future__ import annotations

from typing import Final

from calipers.evidence import Measurement

NOT_MEASURABLE: Final = "—"

SHORT_NAMES: Final[dict[str, str]] = {
    "hr": "Rate",
    "rr": "RR",
    "rr_mean": "mean RR",
    "rr_sd": "RR SD",
    "p_dur": "P",
    "pr": "PR",
    "qrs": "QRS",
    "qt": "QT",
    "qtc_bazett": "QTc (Bazett)",
    "qtc_fridericia": "QTc (Fridericia)",
    "qtc_framingham": "QTc (Framingham)",
    "qtc_hodges": "QTc (Hodges)",
    "jtc": "JTc",
    "p_axis": "P axis",
    "qrs_axis": "QRS axis",
    "t_axis": "T axis",
    "atrial_rate": "Atrial rate",
    "p_per_qrs": "P per QRS",
    "rr_irregularity": "RR irregularity",
    "pvc_count": "PVCs",
    "pac_count": "PACs",
    "pause_max": "Longest pause",
    "p_amp": "P",
    "q_amp": "Q",
    "r_amp": "R",
    "s_amp": "S",
    "rp_amp": "R′",
    "sp_amp": "S′",
    "t_amp": "T",
    "q_dur": "Q",
    "r_dur": "R",
    "s_dur": "S",
    "rp_dur": "R′",
    "r_peak_time": "R-peak time",
    "st_j": "ST J",
    "st_60": "ST J+60",
    "st_80": "ST J+80",
    "qrs_pattern": "QRS pattern",
    "qrs_notch": "QRS notch",
    "quality": "Quality",
}

_DEGREES: Final = frozenset({"°", "deg", "degree", "degrees"})
_WHOLE: Final = frozenset({"ms", "/min", "bpm", "beats/min"}) | _DEGREES


def short_name(name: str) -> str:
    """The word a cardiologist uses for a measurement name, or the name itself."""
    return SHORT_NAMES.get(name, name.replace("_", " "))


def printed_number(value: float, unit: str) -> str:
    """A number at the precision a cart prints: whole ms, beats and degrees, hundredths of a mV."""
    if unit in _WHOLE or (not unit and value == int(value)):
        text = f"{value:.0f}"
    else:
        text = f"{value:.2f}"
    if text.strip("-0.") == "":
        text = text.lstrip("-")
    return text.replace("-", "−")


def with_unit(number: str, unit: str) -> str:
    """Number and unit, with the degree sign unspaced."""
    if unit in _DEGREES:
        return f"{number}°"
    return f"{number} {unit}" if unit else number


def printed_value(measurement: Measurement) -> str:
    """`161 ms`; an em dash where it could not be measured, never a zero."""
    value = measurement.value
    if measurement.status == "not_measurable" or value is None:
        return NOT_MEASURABLE
    if isinstance(value, str):
        return value
    return with_unit(printed_number(value, measurement.unit), measurement.unit)


def label(measurement: Measurement) -> str:
    """`PR 161 ms`, `V3 ST J 0.12 mV`, `QRS#4 92 ms`."""
    name = short_name(measurement.name)
    if measurement.beat is not None:
        name += f"#{measurement.beat}"
    if measurement.lead:
        name = f"{measurement.lead} {name}"
    return f"{name} {printed_value(measurement)}"
