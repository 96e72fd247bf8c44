"""With the earlier ECGs at hand: what a report says of them is measured again and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calipers.agent.comparison import prior_id
from calipers.agent.verifier.remeasure import differing
from calipers.ecg import Ecg
from calipers.report import Changes, Demographics, Fault, Report
from calipers.tools.compare import recording_limits


def remeasured_prior_faults(report: Report, ecg: Ecg | None, priors: Sequence[Ecg]) -> list[Fault]:
    """What differs from the priors themselves, on each claim that cites it and on the report.

    Args:
        report: the report, with its comparisons.
        ecg: the ECG under review; with it, what stands between the recordings is looked at again.
        priors: the earlier ECGs; one that is missing here and compared in the report is a fault.
    """
    at_hand = {prior.record: prior for prior in priors}
    faults = []
    for changes in report.changes:
        prior = at_hand.get(changes.prior_record)
        if prior is None:
            wrong = {"": f"the report compares with record {changes.prior_record}, which is not among the priors"}
        else:
            wrong = dict(_prior_differences(report, changes, ecg, prior))
        faults += [Fault(claim_id="", kind="report", detail=detail) for detail in list(wrong.values())[:1]]
        everywhere = wrong.get("")
        for claim in report.claims:
            cited = [key for key in claim.evidence if key.startswith(prior_id(changes.prior_record, ""))]
            found = [wrong[key] for key in cited if key in wrong] or ([everywhere] if cited and everywhere else [])
            faults += [Fault(claim_id=claim.id, kind="measurement", detail=detail) for detail in found]
    return faults


def _prior_differences(report: Report, changes: Changes, ecg: Ecg | None, prior: Ecg) -> Iterator[tuple[str, str]]:
    """Id of the prior → what is wrong; the empty id for what concerns the whole comparison."""
    from calipers.tools.measure import examine

    examination = examine(prior)
    again = examination.measurements
    for key, detail in differing(report, changes.prior_measurements, again).items():
        yield prior_id(changes.prior_record, key), f"prior: {detail}"
    at = prior.recorded_at.isoformat() if prior.recorded_at else None
    if changes.prior_recorded_at != at:
        yield prior_id(changes.prior_record, "recorded_at"), f"the prior is of {at}, not {changes.prior_recorded_at}"
    if changes.prior_patient != Demographics(age=prior.patient.age, sex=prior.patient.sex):
        yield "", "age and sex on the prior are not what the report says"
    held = {item.id for item in changes.prior_measurements}
    if missing := [item.id for item in again.whole if item.id not in held]:
        yield "", f"`{missing[0]}` is measured on the prior and missing in the report"
    if ecg is not None:
        if changes.recorded_at != (ecg.recorded_at.isoformat() if ecg.recorded_at else None):
            yield "", "the comparison dates this ECG otherwise than its file"
        if changes.limits != recording_limits(ecg, report.quality, prior, examination.quality):
            yield "", "what stands between the two recordings is not what the report says"
