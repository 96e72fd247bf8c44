"""What a change demands of the reports before and after it: what must change, and what must not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from calipers.evals.perturbation.edits import TIME_STRETCH
from calipers.evidence import Measurement
from calipers.report import Report


class Demand(NamedTuple):
    """One sentence and whether the pair of reports meets it.

    `changes` says whether something had to change, `value` whether it is about a number, which any program gives.
    """

    text: str
    met: bool
    changes: bool
    value: bool = False


Judge = Callable[[Report, Report], list[Demand]]
#: Half-widths of both reports are joined; the engine is the same, so a little more than rounding is left.
_ROUNDING: Final = {"ms": 1.0, "mV": 0.01, "deg": 1.0, "/min": 0.5, "": 0.01}
_WIDE: Final = [
    "lbbb",
    "rbbb",
    "ivcd",
    "ventricular_paced_rhythm",
    "wide_qrs_tachycardia",
    "pre_excitation",
    "idioventricular_rhythm",
    "accelerated_idioventricular_rhythm",
    "marked_hyperkalaemia",
    "hyperkalaemia_suspected",
]
_ELEVATED: Final = ("st_elevation", "stemi_anterior", "stemi_inferior", "stemi_lateral")
_ALL_GLOBAL: Final = ("hr", "pr", "qrs", "qt", "qrs_axis")


def said(report: Report) -> frozenset[str]:
    """The statements that released claims say are present, those that only a model suggests left out."""
    return frozenset(
        claim.statement.key
        for claim in report.claims
        if claim.statement is not None and claim.polarity == "present" and not claim.id.startswith("suggested_")
    )


def cited(report: Report) -> frozenset[str]:
    """Every id that a claim cites."""
    return frozenset(key for claim in report.claims for key in claim.evidence)


def value(report: Report, key: str) -> float | None:
    """A measurement's number, None where there is none."""
    return next((item.number for item in report.measurements if item.id == key), None)


def judge(edit: str, before: Report, after: Report) -> list[Demand]:
    """The demands of one edit."""
    return _JUDGES[edit](before, after)


def _gone(*keys: str) -> Judge:
    return lambda _before, after: [Demand(f"`{key}` is not said", key not in said(after), changes=True) for key in keys]


def _comes(text: str, keys: Sequence[str]) -> Judge:
    return lambda _before, after: [Demand(text, bool(said(after) & set(keys)), changes=True)]


def _stays(*keys: str) -> Judge:
    """Values that both reports measure lie within the joint interval, and what was measured still is."""

    def judged(before: Report, after: Report) -> list[Demand]:
        found = []
        items = {item.id: item for item in after.measurements}
        for one in (item for item in before.measurements if item.id in keys and item.number is not None):
            other = items.get(one.id)
            same = other is not None and _joint(one, other)
            found.append(Demand(f"`{one.id}` is as before", same, changes=False, value=True))
        return found

    return judged


def _not_new(*keys: str) -> Judge:
    return lambda before, after: [
        Demand(f"`{key}` is not new", key in said(before) or key not in said(after), changes=False) for key in keys
    ]


def _same_statements(before: Report, after: Report) -> list[Demand]:
    """One demand for each statement that either report says."""
    return [
        Demand(f"`{key}` is said as before", (key in said(before)) == (key in said(after)), changes=False)
        for key in sorted(said(before) | said(after))
    ]


def _scaled(key: str, factor: float) -> Judge:
    def judged(before: Report, after: Report) -> list[Demand]:
        one, other = value(before, key), value(after, key)
        if one is None:
            return []
        near = other is not None and abs(other - one * factor) <= 0.12 * abs(one * factor)
        return [Demand(f"`{key}` follows by {factor:g}", near, changes=True, value=True)]

    return judged


def _level(urgency: str) -> Judge:
    return lambda _before, after: [Demand(f"urgency is {urgency}", after.urgency == urgency, changes=True)]


def _calm(_before: Report, after: Report) -> list[Demand]:
    return [Demand("not critical", after.urgency != "critical", changes=False)]


def _quiet_chest(_before: Report, after: Report) -> list[Demand]:
    relied = {key for key in cited(after) if key.startswith("V") and not key.endswith(".quality")}
    measured = {item.id for item in after.measurements if item.id in relied and item.number not in (None, 0.0)}
    return [Demand("no claim rests on a chest lead", not measured, changes=True)]


def _nothing(_before: Report, after: Report) -> list[Demand]:
    return [
        Demand("no statement is made", not said(after), changes=True),
        Demand("no rate or interval is given", not cited(after) & {"hr", "pr", "qrs", "qt"}, changes=True),
        Demand("not routine", after.urgency != "routine", changes=True),
    ]


def _electrodes(_before: Report, after: Report) -> list[Demand]:
    told = any("exchanged" in reason for reason in after.quality.reasons)
    return [Demand("the electrodes are doubted", told, changes=True)]


def _no_pr(_before: Report, after: Report) -> list[Demand]:
    return [Demand("no PR is given", value(after, "pr") is None, changes=True, value=True)]


def _qrs_wider(before: Report, after: Report) -> list[Demand]:
    one, other = value(before, "qrs"), value(after, "qrs")
    wider = other is not None and one is not None and other > one + 40.0
    return [] if one is None else [Demand("QRS is wider", wider, changes=True, value=True)]


def _joint(one: Measurement, other: Measurement) -> bool:
    if one.number is None or other.number is None:
        return False
    gap = abs(one.number - other.number)
    if one.unit == "deg":
        gap = min(gap % 360.0, 360.0 - gap % 360.0)
    return gap <= math.hypot(one.uncertainty or 0.0, other.uncertainty or 0.0) + _ROUNDING[one.unit]


def _all(*judges: Judge) -> Judge:
    return lambda before, after: [demand for one in judges for demand in one(before, after)]


_JUDGES: Final[dict[str, Judge]] = {
    "P waves erased": _all(
        _no_pr, _gone("normal_ecg", "sinus_rhythm", "first_degree_av_block"),
        _stays("hr", "qrs", "qt", "qrs_axis"), _not_new("lbbb", "rbbb", "lvh", "pathological_q", *_ELEVATED),
    ),
    "QRS widened": _all(
        _qrs_wider, _gone("normal_ecg"), _comes("a wide QRS is named", _WIDE), _stays("hr", "pr"),
        _not_new("first_degree_av_block", "atrial_fibrillation", "low_voltage"),
    ),
    "ST up, inferior": _all(
        _comes("ST elevation is said", _ELEVATED), _comes("inferior is said", ("stemi_inferior",)),
        _level("critical"), _gone("normal_ecg"), _stays("hr", "pr", "qrs"), _not_new("stemi_anterior", "atrial_fibrillation"),
    ),
    "ST up, V2–V4": _all(
        _comes("ST elevation is said", _ELEVATED), _comes("anterior is said", ("stemi_anterior",)),
        _level("critical"), _gone("normal_ecg"), _stays("hr", "pr", "qrs"), _not_new("stemi_inferior", "atrial_fibrillation"),
    ),
    "ST down, V4–V6": _all(
        _comes("ST depression is said", (
            "st_depression", "st_depression_lateral", "st_depression_anterior", "st_depression_anterolateral",
            "ischaemia_lateral", "ischaemia_anterolateral", "ischaemia_anterior", "ischaemic_st_t", "nonspecific_st_change",
        )),
        _gone("normal_ecg"), _stays("hr", "pr", "qrs"), _not_new(*_ELEVATED, "atrial_fibrillation"),
    ),
    "arms swapped": _all(_electrodes, _gone("normal_ecg"), _stays("hr", "qrs"), _not_new(*_ELEVATED), _calm),
    "a quarter as tall": _all(
        _comes("low voltage is said", ("low_voltage", "low_voltage_chest")), _gone("normal_ecg", "lvh", "high_voltage"),
        _stays("hr", "pr", "qrs", "qrs_axis"), _not_new(*_ELEVATED),
    ),
    "three times as tall": _all(
        _comes("high voltage is said", ("lvh", "lvh_voltage", "high_voltage", "rvh", "septal_hypertrophy")),
        _gone("normal_ecg", "low_voltage"), _stays("hr", "pr", "qrs", "qrs_axis"), _not_new("atrial_fibrillation"),
    ),
    "time stretched": _all(
        _scaled("hr", 1.0 / TIME_STRETCH), _scaled("pr", TIME_STRETCH), _scaled("qrs", TIME_STRETCH),
        _scaled("qt", TIME_STRETCH), _gone("normal_ecg"), _stays("qrs_axis", "V2.r_amp", "V5.r_amp"),
    ),
    "time reversed": _all(_gone("normal_ecg"), _stays("hr")),
    "noise alone": _nothing,
    "chest leads flat": _all(_quiet_chest, _gone("normal_ecg"), _stays("hr", "pr", "qrs_axis"), _not_new(*_ELEVATED)),
    "light noise": _all(_same_statements, _stays(*_ALL_GLOBAL), _calm),
    "constant offset": _all(_same_statements, _stays(*_ALL_GLOBAL), _calm),
}  # fmt: skip
