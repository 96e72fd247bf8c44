"""The comparison statements of AHA/ACC/HRS 2007 part II, 400 to 406, as criteria with three-valued truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from calipers.knowledge.truth import (
    HALF_WIDTHS_PER_SD,
    Comparison,
    Estimate,
    Kleene,
    all_of,
    any_of,
    compare,
    decide,
    named,
    negate,
    probability,
)
from calipers.report import ChangeCriterion, Demographics, MeasuredChange, StatementChange
from calipers.tools.compare.categories import Category, category
from calipers.tools.compare.stated import Moves

SOURCE: Final = "AHA/ACC/HRS 2007: Standardization and interpretation of the electrocardiogram, part II"

_TEXTS: Final[dict[str, str]] = {
    "400": "No significant change: no statement added or gone, PR, QRS and QTc still normal or within a tenth of "
    "what they were [operational: a tenth also across a limit]",
    "401": "Significant change in rhythm: a rhythm or pacing statement added or gone, or a rate that changed by more "
    "than 20/min and lies below 50 or above 100/min",
    "402": "New or worsened ischaemia or infarction: such a statement added, or ST or T further beyond its limit",
    "403": "New conduction abnormality: an atrioventricular or intraventricular conduction statement added",
    "404": "Significant repolarisation change: a QT, ST or T statement that is not ischaemic added or gone, or QTc "
    "changed by at least 60 ms",
    "405": "Change in clinical status: an axis, voltage or hypertrophy statement added or gone",
    "406": "Change in interpretation without significant change in waveform: a statement added or gone while nothing "
    "that it rests on moved beyond its uncertainty",
}
_RATE_CHANGE, _RATE_LOW, _RATE_HIGH = 20.0, 50.0, 100.0
_QTC_CHANGE_MS: Final = 60.0
_SHARE: Final = 0.10
#: What AHA/ACCF/HRS 2009 calls normal: QTc below 450 ms in men and 460 in women, QRS up to 110; PR 120 to 200 ms.
_PR_MS: Final = (120.0, 200.0)
_QRS_MS: Final = 110.0
_QTC_MS: Final = {"female": 460.0, "male": 450.0, None: 450.0}


class _Finding(NamedTuple):
    """One answer with the point estimates' own, and what it rests on."""

    truth: Kleene
    leans: Kleene
    statements: tuple[str, ...] = ()
    measurements: tuple[str, ...] = ()


def comparison_criteria(
    statements: Sequence[StatementChange], moves: Moves, patient: Demographics
) -> tuple[ChangeCriterion, ...]:
    """All seven, in the order of their codes."""
    found = {
        "401": _either(_changed(statements, "rhythm", "new", "resolved"), _rate(moves)),
        "402": _changed(statements, "ischaemia", "new", "progressed"),
        "403": _changed(statements, "conduction", "new"),
        "404": _either(_changed(statements, "repolarisation", "new", "resolved"), _qtc(moves)),
        "405": _changed(statements, "structure", "new", "resolved"),
        "406": _reinterpreted(statements),
    }
    found["400"] = _unchanged([found[code] for code in ("401", "402", "403", "404", "405")], statements, moves, patient)
    return tuple(
        ChangeCriterion(
            code=code,
            text=text,
            result=named(found[code].truth),
            leans=found[code].leans,
            statements=found[code].statements,
            measurements=found[code].measurements,
            source=SOURCE,
        )
        for code, text in _TEXTS.items()
    )


def _changed(statements: Iterable[StatementChange], of: Category, *kinds: str) -> _Finding:
    """Whether a statement of one category became one of these."""
    rows = [row for row in statements if category(row.statement.key) == of]
    hits = [row for row in rows if row.change in kinds]
    # A borderline statement says neither that something changed nor that nothing did.
    open_ = [row for row in rows if row.change == "undecided" and _one_sided(row)]
    truth = any_of([*((True if row.certainty == "definite" else None) for row in hits), *(None for _ in open_)])
    return _Finding(
        truth,
        bool(hits),
        tuple(row.statement.key for row in hits),
        tuple(dict.fromkeys(key for row in hits for key in row.moved)),
    )


def _one_sided(row: StatementChange) -> bool:
    """Undecided between two answers, and not merely unasked or unmeasurable on one of the recordings."""
    return "not_applicable" not in (row.result, row.prior_result) and "met" in (row.result, row.prior_result)


def _either(*parts: _Finding) -> _Finding:
    return _Finding(
        any_of(part.truth for part in parts),
        any_of(part.leans for part in parts),
        tuple(key for part in parts for key in part.statements),
        tuple(dict.fromkeys(key for part in parts for key in part.measurements)),
    )


def _rate(moves: Moves) -> _Finding:
    """The rate changed by more than 20/min and is slow or fast now."""
    row = moves.get("hr")
    if row is None or row.difference is None or row.uncertainty is None or not isinstance(row.value, float):
        return _Finding(None, None)
    changed = _asked(_size(row), "above", _RATE_CHANGE)
    rate = Estimate(row.value, 0.0)
    extreme = _either(_asked(rate, "below", _RATE_LOW), _asked(rate, "above", _RATE_HIGH))
    truth = all_of((changed.truth, extreme.truth))
    leans = all_of((changed.leans, extreme.leans))
    return _Finding(truth, leans, (), ("hr",) if leans else ())


def _qtc(moves: Moves) -> _Finding:
    row = moves.get("qtc_bazett")
    if row is None or row.difference is None:
        return _Finding(False, False)
    found = _asked(_size(row), "at_least", _QTC_CHANGE_MS)
    return found._replace(measurements=("qtc_bazett",) if found.leans else ())


def _reinterpreted(statements: Iterable[StatementChange]) -> _Finding:
    rows = [row for row in statements if row.change in ("new", "resolved") and not row.moved]
    truth = any_of((True if row.certainty == "definite" else None) for row in rows)
    return _Finding(truth, bool(rows), tuple(row.statement.key for row in rows))


def _unchanged(
    changes: Sequence[_Finding], statements: Iterable[StatementChange], moves: Moves, patient: Demographics
) -> _Finding:
    other = [row for row in statements if category(row.statement.key) == "other" and row.change in ("new", "resolved")]
    gone = [row for row in statements if category(row.statement.key) in ("ischaemia", "conduction")]
    gone = [row for row in gone if row.change == "resolved"]
    added_or_gone = [row for row in (*other, *gone) if row.statement.key not in ("normal_ecg", "normal_axis")]
    upper = {"pr": _PR_MS[1], "qrs": _QRS_MS, "qtc_bazett": _QTC_MS[patient.sex]}
    intervals = [_interval(moves.get(name), _PR_MS[0] if name == "pr" else 0.0, limit) for name, limit in upper.items()]
    held = [False if row.certainty == "definite" else None for row in added_or_gone]
    truth = all_of([*(negate(part.truth) for part in changes), *held, *(part.truth for part in intervals)])
    leans = all_of([*(negate(part.leans) for part in changes), not added_or_gone, *(part.leans for part in intervals)])
    return _Finding(truth, leans, (), tuple(name for name in upper if name in moves) if leans else ())


def _interval(row: MeasuredChange | None, low: float, high: float) -> _Finding:
    """Normal on both ECGs, or within a tenth of what it was; an interval on neither is no change.

    The tenth is asked of the values as measured: two readings of one heart are no change because they could
    differ. Only where they do differ by more is it weighed how surely.
    """
    if row is None:
        return _Finding(True, True)
    if row.difference is None or not (isinstance(row.value, float) and isinstance(row.prior_value, float)):
        return _Finding(None, None)
    normal = low <= row.value <= high and low <= row.prior_value <= high
    near = _asked(_size(row), "at_most", _SHARE * row.prior_value)
    if normal or near.leans:
        return _Finding(True, True)
    return near


def _size(row: MeasuredChange) -> Estimate:
    return Estimate(abs(row.difference or 0.0), (row.uncertainty or 0.0) / HALF_WIDTHS_PER_SD)


def _asked(estimate: Estimate, comparison: Comparison, limit: float) -> _Finding:
    chance = probability(estimate, comparison, limit)
    return _Finding(decide(chance), compare(estimate.value, comparison, limit))
