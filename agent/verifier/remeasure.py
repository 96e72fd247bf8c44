"""With the ECG at hand: everything that claims rest on is measured again and compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from calipers.agent.verifier.grounds import Grounds
from calipers.agent.verifier.suggestions import recomputed
from calipers.ecg import Ecg
from calipers.evidence import DeviceEvidence, Measurement
from calipers.report import Demographics, Fault, Report
from calipers.settings import version

#: What the same engine may differ by from one machine to another, as a share of the 95 % half-width.
_SAME_ENGINE: Final = 0.25
#: Values are stored rounded; half of the coarsest last digit, and a little for the arithmetic.
_ROUNDING: Final[dict[str, float]] = {"ms": 0.11, "mV": 0.0002, "deg": 0.11, "/min": 0.11, "": 0.002}
#: A full turn, for axes.
_TURN_DEG: Final = 360.0


def remeasured_faults(grounds: Grounds, ecg: Ecg) -> list[Fault]:
    """What differs from the ECG itself, on each claim that rests on it and on the report.

    A claim rests on what it cites and on every measurement that its criteria look at.
    """
    from calipers.tools.measure import measure

    report = grounds.report
    if ecg.record != report.record:
        return [_fault("", f"the ECG is record {ecg.record}, the report of {report.record}")]
    again = measure(ecg)
    wrong = differing(report, report.measurements, again)
    wrong |= _device_differences(grounds, ecg) | recomputed(grounds, ecg)
    faults = [_fault("", f"{detail} ({len(wrong)} in all)") for detail in list(wrong.values())[:1]]
    if report.provenance.digitised != ecg.source.digitised:
        read = "read from a picture" if ecg.source.digitised else "recorded"
        faults.append(_fault("", f"the ECG was {read}, and the report says otherwise"))
    if report.patient != Demographics(age=ecg.patient.age, sex=ecg.patient.sex):
        faults.append(_fault("", "the report's age and sex are not the ECG's"))
    stated = {item.id for item in report.measurements}
    for item in again.whole:
        if item.id not in stated:
            faults.append(_fault("", f"`{item.id}` is measured on this ECG and missing in the report"))
    for claim in report.claims:
        key = claim.statement.key if claim.statement else ""
        steps = grounds.verdicts[key].ledger if key in grounds.verdicts else ()
        rests_on = dict.fromkeys([*claim.evidence, *(id_ for step in steps for id_ in step.measurements)])
        faults += [_fault(claim.id, wrong[id_]) for id_ in rests_on if id_ in wrong]
    return faults


def differing(report: Report, stated: Iterable[Measurement], again: Mapping[str, Measurement]) -> dict[str, str]:
    """id → what is wrong, for every stated measurement that differs from what is measured again.

    Values of the version and weights at hand must agree to a quarter of their uncertainty, others to the
    joint 95 % interval.
    """
    share = _SAME_ENGINE if _same_engine(report) else None
    return {item.id: found for item in stated if (found := _difference(item, again, share))}


def _fault(claim_id: str, detail: str) -> Fault:
    return Fault(claim_id=claim_id, kind="measurement" if claim_id else "report", detail=detail)


def _same_engine(report: Report) -> bool:
    from calipers.tools.measure.delineation import weights_sha256

    return report.provenance.calipers == version() and report.provenance.weights.items() >= weights_sha256().items()


def _difference(stated: Measurement, measured: Mapping[str, Measurement], share: float | None) -> str | None:
    if stated.id not in measured:
        return f"`{stated.id}` does not exist when measured again"
    again = measured[stated.id]
    if stated.status != again.status or stated.unit != again.unit:
        return f"`{stated.id}` is {again.status} in {again.unit or 'no unit'} when measured again"
    if stated.number is None or again.number is None:
        return None if stated.value == again.value else f"`{stated.id}` differs when measured again"
    own, other = stated.uncertainty or 0.0, again.uncertainty or 0.0
    # The report's own uncertainty may be part of what was tampered with: it widens nothing on its own.
    allowed = (share * other if share is not None else 2.0**0.5 * other) + _ROUNDING.get(again.unit, 0.0)
    gap = abs(stated.number - again.number)
    if again.unit == "deg":
        gap = min(gap % _TURN_DEG, _TURN_DEG - gap % _TURN_DEG)
    if gap > allowed:
        return f"`{stated.id}` is stated as {stated.value:g}, measured again {again.value:g} {stated.unit}".rstrip()
    if not other / 2.0 - _ROUNDING.get(again.unit, 0.0) <= own <= 2.0 * other + _ROUNDING.get(again.unit, 0.0):
        return f"`{stated.id}` is stated ± {own:g}, measured again ± {other:g} {stated.unit}".rstrip()
    return None


def _device_differences(grounds: Grounds, ecg: Ecg) -> dict[str, str]:
    """The recorder's values that the ECG's file does not hold."""
    held = ecg.source.device_measurements
    return {
        item.id: f"`{item.id}` is not what the file holds of the recorder"
        for item in grounds.report.evidence_table
        if isinstance(item, DeviceEvidence) and held.get(item.name) != item.value
    }
