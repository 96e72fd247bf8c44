"""The words around the trace: who, the intervals, the scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from calipers.ecg import Ecg
from calipers.evidence import Measurement
from calipers.tools.render.labels import DASH, value_or_dash
from calipers.tools.render.layout import Sheet

#: Between these rates Bazett alone stands on the header, as carts print it.
_BAZETT_RANGE_PER_MIN: Final = (60.0, 90.0)


#: Every measurement that the header prints.
HEADER_IDS: Final = ("hr", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "p_axis", "qrs_axis", "t_axis")


class Field(NamedTuple):
    """One header entry, name and value."""

    name: str
    value: str


def patient_line(ecg: Ecg) -> str:
    """Age and sex; never the name or the id."""
    age = "age unknown" if ecg.patient.age is None else f"{ecg.patient.age:.0f} years"
    return f"{age}, {ecg.patient.sex or 'sex unknown'}"


def interval_fields(measurements: Mapping[str, Measurement]) -> list[Field]:
    """Rate, PR, QRS, QT, QTc with its formula, and axes; an em dash for what could not be measured."""

    def value(key: str) -> str:
        return value_or_dash(measurements[key]) if key in measurements else DASH

    rate = measurements["hr"].number if "hr" in measurements else None
    fields = [
        Field("Rate", value("hr")),
        Field("PR", value("pr")),
        Field("QRS", value("qrs")),
        Field("QT", value("qt")),
        Field("QTc Bazett", value("qtc_bazett")),
    ]
    low, high = _BAZETT_RANGE_PER_MIN
    if rate is not None and not low <= rate <= high:
        fields.append(Field("QTc Fridericia", value("qtc_fridericia")))
    axes = " ".join(value(key) for key in HEADER_IDS[-3:])
    return [*fields, Field("P QRS T axes", axes)]


def notices(ecg: Ecg) -> list[str]:
    """What a reader must know before reading: synthetic, digitised from a picture."""
    found = []
    if ecg.synthetic:
        found.append("SYNTHETIC: not recorded from a person")
    if ecg.source.digitised:
        found.append("DIGITISED from an image")
    return found


def scale_line(ecg: Ecg, sheet: Sheet) -> str:
    """`25 mm/s   10 mm/mV   as stored, no filter added   500 Hz`."""
    parts = [
        f"{sheet.speed_mm_s:g} mm/s",
        f"{sheet.gain_mm_mv:g} mm/mV",
        "as read from the picture" if ecg.source.digitised else "as stored, no filter added",
        f"{ecg.fs_hz:g} Hz",
    ]
    if sheet.start_s or ecg.duration_s > 10.5:
        end_s = min(sheet.start_s + 10, ecg.duration_s)
        parts.append(f"{sheet.start_s:g} to {end_s:g} s of {ecg.duration_s:.1f} s")
    if sheet.simultaneous:
        parts.append("columns start together")
    return "   ".join(parts)
