"""How soon someone must look: urgency from the verdicts, by the table in `criteria/urgency.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Literal, NamedTuple

from calipers.knowledge.table import statements
from calipers.knowledge.verdict import Verdict
from calipers.report import Urgency

Level = Literal["critical", "urgent"]
#: Gravest first, in a list of findings and of reasons.
_ORDER: Final[tuple[Urgency, ...]] = ("critical", "urgent", "routine")


class _Raised(NamedTuple):
    level: Urgency
    reason: str


def urgency(
    verdicts: Mapping[str, Verdict],
    quality_assessable: bool,
    *,
    withheld: Collection[str] = (),
    suggested: Collection[str] = (),
    new: Collection[str] = (),
) -> tuple[Urgency, tuple[str, ...]]:
    """The urgency of one ECG and why, the gravest reason first.

    Args:
        verdicts: every statement evaluated on this ECG.
        quality_assessable: False when the recording is too poor to read; nothing else then counts.
        withheld: keys of statements whose claim was drafted and kept back.
        suggested: keys that only a model suggests.
        new: keys of statements that a prior ECG of the patient did not have.

    A critical statement that is met is critical. One that is open but leaning, possible, dependent on an
    unknown sex or age, hidden behind a suppressor that is itself open, withheld, or only suggested by a
    model is urgent.
    """
    if not quality_assessable:
        return "not_assessable", ("The recording is not readable enough to be assessed",)
    raised = [
        found
        for key, level in _levels().items()
        if (found := _raised(verdicts, key, level, key in withheld, key in suggested)) is not None
    ]
    raised += [
        _Raised("urgent", f"{statements()[key].label}: new against the prior ECG")
        for key in statements().urgency.get("urgent_if_new", [])
        if key in new
    ]
    raised.sort(key=lambda found: _ORDER.index(found.level))
    return (raised[0].level if raised else "routine"), tuple(found.reason for found in raised)


def level_of(key: str, *, new: bool = False) -> Urgency:
    """What the table says of a statement that is met: critical, urgent or routine; `new` against an earlier ECG."""
    if new and key in statements().urgency.get("urgent_if_new", []):
        return _levels().get(key, "urgent")
    return _levels().get(key, "routine")


def gravity(key: str, *, new: bool = False) -> int:
    """Where a statement stands when the gravest is shown first: 0 critical, 1 urgent, 2 routine."""
    return _ORDER.index(level_of(key, new=new))


def _levels() -> dict[str, Level]:
    """Key → level, in the order of the table; the graver where a key stands twice."""
    levels: tuple[Level, Level] = ("urgent", "critical")
    content = statements().urgency
    order = [key for level in reversed(levels) for key in content.get(level, [])]
    graver = {key: level for level in levels for key in content.get(level, [])}
    return {key: graver[key] for key in order}


def _raised(verdicts: Mapping[str, Verdict], key: str, level: Level, withheld: bool, suggested: bool) -> _Raised | None:
    label = statements()[key].label
    verdict = verdicts.get(key)
    if verdict is not None and verdict.result == "met" and not withheld:
        return _Raised(level, f"{label}: criteria met")
    doubt = _doubt(verdict, verdicts) if verdict else None
    if withheld:
        doubt = "the claim was withheld"
    elif doubt is None and suggested:
        doubt = "suggested by the model only"
    # Doubt about an urgent finding stays routine: the report says what is borderline.
    return _Raised("urgent", f"{label}: {doubt}") if doubt and level == "critical" else None


def _doubt(verdict: Verdict, verdicts: Mapping[str, Verdict]) -> str | None:
    if verdict.result == "indeterminate":
        if verdict.leans:
            return "borderline"
        if verdict.certainty == "possible":
            return "possible, a lead or wave could not be measured"
        if verdict.depends_on and verdict.leans is not False:
            return f"depends on the patient's {' and '.join(verdict.depends_on)}"
    suppressor = verdicts.get(verdict.suppressed_by or "")
    if verdict.leans and suppressor is not None and suppressor.result != "met":
        return f"would be present if {suppressor.statement.label} is not"
    return None
