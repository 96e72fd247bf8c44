"""How a measurement is written beside the trace: `PR 161 ms`, `V3 ST J 0.12 mV`, `PVCs 2`."""

from __future__ import annotations

from typing import Final

from calipers.evidence import Measurement
from calipers.printing import printed

#: Where a text says "not measurable", a header has room for a dash. Never a zero.
DASH: Final = "—"

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
    "paced_count": "Paced beats",
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


def short_name(name: str) -> str:
    """The word a cardiologist uses for a measurement name, or the name itself."""
    return SHORT_NAMES.get(name, name.replace("_", " "))


def value_or_dash(measurement: Measurement) -> str:
    """`161 ms`, printed as in every text; an em dash where it could not be measured."""
    return DASH if measurement.status == "not_measurable" else printed(measurement)


def label(measurement: Measurement) -> str:
    """`PR 161 ms`, `V3 ST J 0.12 mV`, `QRS#4 92 ms`."""
    name = short_name(measurement.name)
    if measurement.beat is not None:
        name += f"#{measurement.beat}"
    if measurement.lead:
        name = f"{measurement.lead} {name}"
    return f"{name} {value_or_dash(measurement)}"
