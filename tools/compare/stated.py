"""What has become of each diagnostic statement between two ECGs: new, resolved, progressed, unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from calipers.knowledge import Verdict, Verdicts
from calipers.knowledge.truth import Kleene
from calipers.report import Certainty, ChangeKind, MeasuredChange, StatementChange
from calipers.tools.compare.categories import category
from calipers.tools.compare.measured import by_recording

Moves = Mapping[str, MeasuredChange]

#: A statement that stays has progressed when a value moved further beyond its limit, by more than the combined
#: uncertainty and by this much: intervals by the tenth that AHA/ACC/HRS 2007 part II allows for, levels by
#: the tenth of a millivolt of the infarction definitions [operational].
_INTERVAL_SHARE: Final = 0.10
_LEVEL_MV: Final = 0.10
_LEVELS: Final = ("st_j", "st_60", "st_80", "t_amp")
_RANK: Final[dict[Certainty, int]] = {"possible": 0, "probable": 1, "definite": 2}
_PROGRESS: Final = ("conduction", "ischaemia", "repolarisation")


def statement_changes(now: Verdicts, then: Verdicts, moves: Moves, *, weighed: bool) -> tuple[StatementChange, ...]:
    """Every statement that both recordings were asked for, in reading order.

    Args:
        now, then: the verdicts on this ECG and on the prior.
        moves: id → the change of that measurement.
        weighed: whether leads, electrodes or sampling differ, so that what they touch is only possible.
    """
    return tuple(_change(now[key], then[key], moves, weighed) for key in now if key in then)


def _change(now: Verdict, then: Verdict, moves: Moves, weighed: bool) -> StatementChange:
    told_by = tuple(dict.fromkeys([*_asked(now), *_asked(then)]))
    moved = tuple(key for key in told_by if key in moves and moves[key].exceeds)
    change, certainty = _kind(now, then, bool(moved))
    if change == "unchanged" and (worse := tuple(dict.fromkeys(_progress(now, then, moves)))):
        change, moved, told_by = "progressed", worse, worse
    certainty = min((certainty, *_caps(change, now, then)), key=_RANK.__getitem__)
    if weighed and change in ("new", "resolved", "progressed") and any(by_recording(key) for key in moved or told_by):
        certainty = "possible"
    return StatementChange(
        statement=now.statement,
        change=change,
        result=now.result,
        prior_result=then.result,
        certainty=certainty,
        evidence=told_by,
        moved=moved,
    )


def _caps(change: ChangeKind, now: Verdict, then: Verdict) -> Iterator[Certainty]:
    """A statement is no more certainly new, gone or the same than it is certainly there."""
    for verdict, counts in ((now, change != "resolved"), (then, change in ("resolved", "unchanged"))):
        if counts and verdict.certainty is not None:
            yield verdict.certainty


def _kind(now: Verdict, then: Verdict, moved: bool) -> tuple[ChangeKind, Certainty]:
    """What the two verdicts come to.

    Settled on both sides it is definite. Where one only leans, a change is probable if something it rests on
    moved by more than its uncertainty; otherwise the limit merely lies within it, and nothing is decided.
    """
    here, there = _leaning(now), _leaning(then)
    if here is None or there is None:
        return "undecided", "possible"
    settled = _settled(now) is not None and _settled(then) is not None
    if here == there:
        return ("unchanged" if here else "absent"), ("definite" if settled else "probable")
    if not settled and not moved:
        return "undecided", "possible"
    return ("new" if here else "resolved"), ("definite" if settled else "probable")


def _settled(verdict: Verdict) -> Kleene:
    """Present, absent, or open. What a suppressor hides or an age leaves unasked is open."""
    if verdict.result == "not_applicable":
        return None if verdict.suppressed_by or not verdict.steps else False
    return {"met": True, "not_met": False}.get(verdict.result)


def _leaning(verdict: Verdict) -> Kleene:
    """The settled answer, or the way the measurements lean."""
    settled = _settled(verdict)
    return verdict.leans if settled is None and verdict.result == "indeterminate" else settled


def _asked(verdict: Verdict) -> Iterator[str]:
    """The measurements by which one side was told, single beats aside."""
    for step in verdict.steps:
        yield from (key for key in step.measurements if "#" not in key)


def _progress(now: Verdict, then: Verdict, moves: Moves) -> Iterator[str]:
    """Values that lie further beyond the limit that they met before."""
    if not now.abnormal or category(now.key) not in _PROGRESS:
        return
    met_before = {step.id for step in then.ledger if step.result == "met"}
    for step in now.ledger:
        if step.threshold is None or step.result != "met" or len(step.measurements) != 1:
            continue
        move = moves.get(step.measurements[0])
        if move is None or move.difference is None or not move.exceeds or step.id not in met_before:
            continue
        assert isinstance(move.value, float)
        assert isinstance(move.prior_value, float)
        further = move.difference if move.value >= step.threshold else -move.difference
        if further >= _least_progress(move):
            yield move.id


def _least_progress(move: MeasuredChange) -> float:
    assert isinstance(move.prior_value, float)
    if move.unit == "ms" and "." not in move.id:
        return _INTERVAL_SHARE * abs(move.prior_value)
    if move.id.rpartition(".")[2] in _LEVELS:
        return _LEVEL_MV
    return float("inf")
