"""What an interpretation says, in terms that every reader's output can be put into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from calipers.evals.peers import Heard
from calipers.report import Report

#: What a peer's code goes by, other than the rate.
_GROUNDS: Final = {"1AVB": "pr"}
_SUGGESTED: Final = "suggested_"
_SINUS: Final = "sinus rhythm"


class Point(NamedTuple):
    """One thing that is said.

    Attributes:
        text: as printed.
        codes: SCP-ECG codes that it stands for; none for a plain value.
        present: whether it says that they are there.
        ids: measurements that it cites.
        decided: its criteria, where it has any, came out as it says.
        suggested: a model's probability is all it rests on.
    """

    text: str
    codes: frozenset[str]
    present: bool
    ids: tuple[str, ...]
    decided: bool
    suggested: bool = False


class Reading(NamedTuple):
    """An interpretation.

    Attributes:
        text: all of it.
        points: one by one, in the order in which they are said.
        values: id → measurement as in `report.json`, of what it cites.
        quality: whether it says how readable the record is.
        conclusion: whether it ends in an impression and how urgent it is.
    """

    text: str
    points: tuple[Point, ...]
    values: Mapping[str, Mapping[str, Any]]
    quality: bool = False
    conclusion: bool = False


def of_report(report: Report) -> Reading:
    """Our own."""
    results = {item.id: item.result for item in report.evidence_table if item.kind == "criterion"}
    points = []
    for claim in report.claims:
        wanted = "met" if claim.polarity == "present" else "not_met"
        named = [results.get(f"crit:{key}") for key in claim.criteria]
        decided = not named or wanted in named or claim.certainty != "definite"
        measured = tuple(key for key in claim.evidence if ":" not in key)
        codes = frozenset(claim.statement.scp) if claim.statement is not None else frozenset[str]()
        if claim.polarity == "present" and _SINUS in claim.text.lower():
            codes |= {"SR"}  # a normal ECG says its rhythm in the same sentence
        suggested = claim.id.startswith(_SUGGESTED)
        points.append(Point(claim.text, codes, claim.polarity == "present", measured, decided, suggested))
    cited = {key for point in points for key in point.ids}
    values = {
        item.id: {"name": item.name, "lead": item.lead, "value": item.value, "uncertainty": item.uncertainty}
        for item in report.measurements
        if item.id in cited and item.number is not None and item.beat is None
    }
    text = " ".join([*(claim.text for claim in report.claims), f"Impression: {report.impression}"])
    return Reading(text, tuple(points), values, quality=True, conclusion=bool(report.impression))


def of_peer(heard: Heard) -> Reading:
    """Another program's: a point for each number, and one for each code with the numbers that it goes by."""
    values = {
        key: {"name": key, "lead": None, "value": value, "uncertainty": None} for key, value in heard.values.items()
    }
    points = [Point(key, frozenset(), True, (key,), True) for key in values]
    for code in sorted(heard.codes):
        grounds = tuple(key for key in (_GROUNDS.get(code, "hr"),) if key in values)
        points.append(Point(code, frozenset((code,)), True, grounds, True))
    text = heard.text or ", ".join(f"{key} {value:.0f}" for key, value in heard.values.items())
    return Reading(text, tuple(points), values)


#: Says nothing at all.
NOTHING: Final = Reading("", (), {})
