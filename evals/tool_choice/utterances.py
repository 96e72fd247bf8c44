"""What clinicians type, and what it calls for; which half each utterance belongs to."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from calipers.models.mllm.language.actions import Action, parse

Half = Literal["tune", "unseen"]


class Exchange(NamedTuple):
    """An earlier question of the same conversation and what was done about it."""

    question: str
    action: Action


class Utterance(NamedTuple):
    """One utterance, the actions that would each be right, and what went before."""

    text: str
    expected: tuple[Action, ...]
    before: tuple[Exchange, ...] = ()

    @property
    def half(self) -> Half:
        """By a hash of the text: the first half may be looked at while tuning, the second is scored at the end."""
        return "tune" if hashlib.sha256(self.text.encode()).digest()[-1] % 2 == 0 else "unseen"


@cache
def utterances() -> tuple[Utterance, ...]:
    """All of them, in the order of the file."""
    text = (files("calipers.evals.tool_choice") / "utterances.jsonl").read_text(encoding="utf-8")
    return tuple(_utterance(json.loads(line)) for line in text.splitlines())


def _utterance(row: dict[str, object]) -> Utterance:
    expected, before = row["expected"], row.get("before", [])
    if not isinstance(expected, list) or not isinstance(before, list):
        raise TypeError(f"found {row}; needed lists under `expected` and `before`")
    return Utterance(
        str(row["text"]),
        tuple(parse(line) for line in expected),
        tuple(Exchange(question, parse(line)) for question, line in before),
    )
