"""What the text of an option says: a range of values, a stretch of the trace, a lead, or words."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from calipers.leads import LEADS, Lead

_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_SEGMENT: Final = re.compile(rf"\[({_NUMBER})s - ({_NUMBER})s\]")
_INTERVAL: Final = re.compile(r"\[(\d+)\w\w QRS wave - (\d+)\w\w QRS wave\]")
_LEAD: Final = re.compile(r"\b(aV[RLF]|V[1-6]|I{1,3})\b")
_WORD: Final = re.compile(r"[a-z]+'?|\d+(?:\.\d+)?")
_EMPTY_WORDS: Final = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "and",
        "or",
        "is",
        "to",
        "with",
        "by",
        "at",
        "lead",
        "leads",
        "presence",
        "evidence",
        "any",
    ]
)
_LEADS: Final[dict[str, Lead]] = {lead.lower(): lead for lead in LEADS}


class Stretch(NamedTuple):
    """A stretch of the trace in seconds."""

    start_s: float
    end_s: float

    def likeness(self, other: Stretch) -> float:
        """Intersection over union."""
        shared = min(self.end_s, other.end_s) - max(self.start_s, other.start_s)
        whole = max(self.end_s, other.end_s) - min(self.start_s, other.start_s)
        return max(0.0, shared) / whole if whole > 0 else 0.0

    def distance_s(self, other: Stretch) -> float:
        """Between the middles."""
        return abs(self.start_s + self.end_s - other.start_s - other.end_s) / 2.0


class Range(NamedTuple):
    """A range of values; open ends are infinite."""

    low: float
    high: float

    def distance(self, value: float) -> float:
        """How far a value lies outside; 0 inside, the lower end included."""
        return max(self.low - value, value - self.high, 0.0)


def stretch(text: str) -> Stretch | None:
    """`[3.90s - 4.19s]`."""
    match = _SEGMENT.search(text)
    return Stretch(float(match[1]), float(match[2])) if match else None


def interval(text: str) -> tuple[int, int] | None:
    """`[5th QRS wave - 6th QRS wave]` as the numbers of two beats, counted from 1."""
    match = _INTERVAL.search(text)
    return (int(match[1]), int(match[2])) if match else None


def value_range(text: str) -> Range | None:
    """`[200ms - 210ms]`, `Below 0.3mV`, `Above 240ms`, `[-45 degrees - -30 degrees]`."""
    numbers = [float(number) for number in re.findall(_NUMBER, re.sub(r"(?<=[\w)]) - ", " ", text))]
    if len(numbers) == 1 and text.startswith("Below"):
        return Range(float("-inf"), numbers[0])
    if len(numbers) == 1 and text.startswith("Above"):
        return Range(numbers[0], float("inf"))
    return Range(*numbers) if len(numbers) == 2 else None


def leads_in(text: str) -> tuple[Lead, ...]:
    """The leads that a text names, in order."""
    return tuple(_LEADS[name.lower()] for name in _LEAD.findall(text))


def likeness(text: str, other: str) -> float:
    """How far two phrases share their words: the harmonic mean of both shares (Dice)."""
    one, two = _words(text), _words(other)
    return 2.0 * len(one & two) / (len(one) + len(two)) if one and two else 0.0


def _words(text: str) -> frozenset[str]:
    words = _WORD.findall(text.lower())
    return frozenset(word.removesuffix("s") if len(word) > 3 else word for word in words if word not in _EMPTY_WORDS)
