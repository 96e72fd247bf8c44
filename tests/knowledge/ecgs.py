"""Handmade measurements: a normal adult ECG, and what a test changes of it."""

from __future__ import annotations

from calipers.evidence import Measurement, Measurements
from calipers.knowledge import Verdicts, evaluate
from calipers.leads import LEADS, Lead
from calipers.parameters import GLOBAL_UNITS, LEAD_UNITS, PARAMETERS
from calipers.report import Demographics

RECORD = "0123456789abcdef"
WOMAN = Demographics(age=55.0, sex="female")
MAN = Demographics(age=55.0, sex="male")

#: value and uncertainty
Value = float | str | tuple[float, float] | None

#: What is counted is not there, unless it is said.
_COUNTS: dict[str, Value] = {
    item.name: 0.0 for item in PARAMETERS.values() if (item.scope, item.unit, item.form) == ("global", "", "number")
}
_GLOBAL: dict[str, Value] = _COUNTS | {
    "hr": (72.0, 0.5), "rr_mean": (833.0, 6.0), "rr_sd": (15.0, 3.0), "p_dur": (100.0, 10.0), "pr": (160.0, 10.0),
    "qrs": (92.0, 8.0), "qt": (380.0, 15.0), "jtc": (320.0, 15.0), "pause_max": (870.0, 8.0),
    "qtc_bazett": (416.0, 16.0), "qtc_fridericia": (404.0, 16.0), "qtc_framingham": (406.0, 16.0),
    "qtc_hodges": (401.0, 16.0), "p_axis": (50.0, 8.0), "qrs_axis": (40.0, 5.0), "t_axis": (45.0, 8.0),
    "atrial_rate": (72.0, 0.5), "p_per_qrs": (1.0, 0.1), "rr_irregularity": (0.02, 0.01), "pvc_count": 0.0,
    "pac_count": 0.0, "paced_count": 0.0, "rr_range": (60.0, 8.0), "flutter_regularity": (0.1, 0.05),
    "av_dissociation": (0.0, 0.05), "pr_range": (8.0, 6.0), "qrs_count": 12.0, "qrs_similarity": (0.99, 0.05),
    "rest_share": (0.8, 0.05), "f_wave_amp": (0.01, 0.004),
}  # fmt: skip
_LEAD: dict[str, Value] = {
    "p_amp": (0.1, 0.02), "q_amp": (0.0, 0.02), "r_amp": (0.8, 0.03), "s_amp": (-0.2, 0.03), "rp_amp": (0.0, 0.02),
    "sp_amp": (0.0, 0.02), "t_amp": (0.3, 0.03), "st_j": (0.01, 0.02), "st_60": (0.02, 0.02), "st_80": (0.02, 0.02),
    "q_dur": (0.0, 4.0), "r_dur": (45.0, 4.0), "s_dur": (25.0, 4.0), "rp_dur": (0.0, 4.0), "r_peak_time": (35.0, 4.0),
    "qrs_pattern": "Rs", "qrs_notch": 0.0, "quality": 1.0, "p_pattern": "upright", "p_terminal_amp": (0.0, 0.02),
    "p_terminal_dur": (0.0, 8.0), "t_pattern": "upright", "t_width": (150.0, 10.0), "delta_dur": (0.0, 6.0),
    "j_wave_amp": (0.0, 0.02),
}  # fmt: skip
_ONE_LEAD: dict[str, Value] = {
    "aVR.p_amp": (-0.1, 0.02), "aVR.r_amp": (0.0, 0.02), "aVR.s_amp": (-0.8, 0.03), "aVR.t_amp": (-0.3, 0.03),
    "aVR.qrs_pattern": "QS", "V1.r_amp": (0.2, 0.03), "V1.s_amp": (-0.9, 0.03), "V1.qrs_pattern": "rS",
    "V2.r_amp": (0.4, 0.03), "V2.s_amp": (-1.0, 0.03), "V2.qrs_pattern": "rS",
}  # fmt: skip


def measurements(changes: dict[str, Value] | None = None, without: tuple[str, ...] = ()) -> Measurements:
    """A normal adult's measurements with some changed; `without` are not measurable, `LEAD` a whole lead."""
    values = dict(_GLOBAL)
    values |= {f"{lead}.{name}": value for lead in LEADS for name, value in _LEAD.items()}
    values |= _ONE_LEAD | (changes or {})
    return Measurements(
        _measurement(id_, None if id_ in without or id_.partition(".")[0] in without else value)
        for id_, value in values.items()
    )


def verdicts(
    changes: dict[str, Value] | None = None, patient: Demographics = WOMAN, without: tuple[str, ...] = ()
) -> Verdicts:
    """The verdicts on such an ECG."""
    return evaluate(measurements(changes, without), patient)


def in_leads(leads: str, **values: Value) -> dict[str, Value]:
    """The same change in several leads: `in_leads("II III aVF", st_j=0.2)`."""
    return {f"{lead}.{name}": value for lead in leads.split() for name, value in values.items()}


def _measurement(id_: str, value: Value) -> Measurement:
    stem, _, name = id_.rpartition(".")
    lead: Lead | None = next((lead for lead in LEADS if lead == stem), None)
    uncertainty = None
    if isinstance(value, tuple):
        value, uncertainty = value
    return Measurement(
        id=id_,
        record=RECORD,
        name=name,
        value=value,
        unit=GLOBAL_UNITS.get(name, LEAD_UNITS.get(name, "")),
        lead=lead,
        uncertainty=uncertainty,
        method="handmade",
        status="measured" if value is not None else "not_measurable",
        reason=None if value is not None else "left out by the test",
    )
