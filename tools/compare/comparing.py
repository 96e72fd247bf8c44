"""From two recordings to their changes. Nothing else enters, so that a verifier can compute them again."""

from __future__ import annotations

from calipers.report import Changes, ComparisonLimit
from calipers.tools.compare.acquisition import order_of
from calipers.tools.compare.criteria import comparison_criteria
from calipers.tools.compare.measured import WEIGHING, measured_changes
from calipers.tools.compare.recording import Recording
from calipers.tools.compare.stated import statement_changes


def changes_between(now: Recording, then: Recording, limits: tuple[ComparisonLimit, ...]) -> Changes:
    """Compare two recordings.

    Args:
        now: the ECG under review.
        then: the prior.
        limits: what stands between them, from `recording_limits`.
    """
    rows = measured_changes(now.by_id, then.by_id, limits)
    moves = {row.id: row for row in rows}
    weighed = any(limit.kind in WEIGHING for limit in limits)
    stated = statement_changes(now.verdicts, then.verdicts, moves, weighed=weighed)
    return Changes(
        record=now.record,
        recorded_at=now.recorded_at,
        prior_record=then.record,
        prior_recorded_at=then.recorded_at,
        prior_patient=then.patient,
        order=order_of(now.recorded_at, then.recorded_at),
        limits=limits,
        criteria=comparison_criteria(stated, moves, now.patient),
        statements=stated,
        measurements=rows,
        prior_measurements=then.measurements,
    )
