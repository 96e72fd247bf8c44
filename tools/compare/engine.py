"""`compare`: two ECGs in, what changed out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from calipers.ecg import Ecg
from calipers.knowledge import Verdicts
from calipers.report import Changes, Demographics
from calipers.tools.compare.acquisition import recording_limits, require_comparable
from calipers.tools.compare.comparing import changes_between
from calipers.tools.compare.recording import Recording
from calipers.tools.measure import Examination, examine

_RANK = {"earlier": 0, "unknown": 1, "later": 2}


def compare(ecg: Ecg, prior: Ecg) -> Changes:
    """Compare an ECG with an earlier one of the same patient.

    Args:
        ecg: the ECG under review.
        prior: the earlier one. One that was recorded later, or at an unknown time, is compared all the
            same: `order` and `limits` say so.

    Returns:
        Every measurement with both values, the difference and the combined 95 % uncertainty; every
        statement as new, resolved, progressed or unchanged; the comparison statements 400 to 406 of
        AHA/ACC/HRS 2007 part II.

    Raises:
        UsageError: the two carry different patient identifiers, or one is synthetic.

    Example:
        >>> changes = compare(ecg, earlier)
        >>> changes.measured("pr").exceeds, changes.of("lbbb").change
        (False, 'absent')
    """
    require_comparable(ecg, prior)
    now, then = examine(ecg), examine(prior)
    limits = recording_limits(ecg, now.quality, prior, then.quality)
    return changes_between(recording(ecg, now), recording(prior, then), limits)


def recording(ecg: Ecg, examination: Examination, verdicts: Verdicts | None = None) -> Recording:
    """One side of a comparison; `verdicts` where the criteria have been evaluated on it."""
    at = ecg.recorded_at.isoformat() if ecg.recorded_at else None
    patient = Demographics(age=ecg.patient.age, sex=ecg.patient.sex)
    return Recording(ecg.record, at, patient, examination.measurements.whole, verdicts)


def in_order(changes: Iterable[Changes]) -> tuple[Changes, ...]:
    """Several comparisons of one ECG: the nearest earlier prior first, then undated ones, later ones last.

    A prior that was given twice is kept once.
    """
    once = {one.prior_record: one for one in changes}
    return tuple(sorted(once.values(), key=lambda one: (_RANK[one.order], -_seconds(one))))


def _seconds(changes: Changes) -> float:
    if changes.prior_recorded_at is None:
        return 0.0
    return (
        datetime.fromisoformat(changes.prior_recorded_at).replace(tzinfo=None) - datetime(1900, 1, 1)
    ).total_seconds()
