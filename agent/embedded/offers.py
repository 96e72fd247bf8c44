"""What a tool gave, as the embedded model reads it and as it may be drafted.

A tool's text holds values; the model reads names alone. Which claim says what it chose is written by code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from langchain_core.messages import ToolMessage

from calipers.agent.suggestions import row_of
from calipers.agent.toolbox import CHOOSE
from calipers.models.mllm.language.actions import Item

#: The measurements that stand beside the findings of a full read.
_READ_WITH_FINDINGS: Final = ("hr", "pr", "qrs", "qt", "qtc_bazett", "qrs_axis")
#: How many names of one tool the prompt holds.
_SHOWN: Final = 6
_VERDICT: Final = re.compile(
    r"^(?P<key>\w+) \(.*\): (?P<result>met|not_met|indeterminate|not_applicable)(?:, certainty (?P<certainty>\w+))?"
)
_CHANGE: Final = re.compile(
    r"^(?P<template>.*) \[certainty (?P<certainty>\w+)(?:; statement (?P<statement>\w+), (?P<polarity>\w+))?"
    r"; evidence (?P<evidence>[^;\]]*)(?:; criteria (?P<criteria>[^\]]*))?\]$"
)
_CHOOSE: Final = re.compile(rf"{CHOOSE} (\w+)$")
_SUGGESTS: Final = "The model suggests "
_LOOKED_UP: Final = frozenset(("search_guidelines", "search_history", "similar_cases"))
_SHORT: Final = {"render": "shown"}


class Offer(NamedTuple):
    """One thing that may be drafted: the name it goes by in an action, and the claim (arguments of `DraftClaim`)."""

    name: str
    claim: dict[str, Any]


class Given(NamedTuple):
    """What one tool gave: the words for the prompt, what may be drafted of it, the sentence that says it was nothing."""

    words: str
    offers: tuple[Offer, ...]
    sentences: tuple[str, ...] = ()


def given_by(message: ToolMessage) -> Given:
    """Read one tool's answer."""
    text = str(message.content)
    if message.status == "error":
        return Given("none", ())
    if chosen := _CHOOSE.search(text):
        return Given("none", (), (chosen[1],))
    if message.name == "measure":
        ids = tuple(message.artifact or ())
        return Given(_some(ids) or "none", tuple(Offer(key, {"evidence": [key]}) for key in ids))
    if message.name == "explain":
        return _verdicts(text.splitlines()[:1])
    if message.name == "interpret":
        read = _verdicts(text.splitlines())
        words = " ".join([*(offer.name for offer in read.offers), *_READ_WITH_FINDINGS[:5]])
        suggested = (offer for line in text.splitlines() if line.startswith(_SUGGESTS) and (offer := _change(line)))
        return Given(words, (*read.offers, *suggested, Offer("hr", {"evidence": list(_READ_WITH_FINDINGS)})))
    if message.name == "classify":
        return _probabilities(text.splitlines())
    if message.name == "compare":
        changes = tuple(_change(line) for line in text.splitlines())
        offers = tuple(offer for offer in changes if offer)
        return Given(" ".join(dict.fromkeys(offer.name for offer in offers)) or "none", offers)
    if message.name in _LOOKED_UP:
        offers = tuple(_repeated(line) for line in text.splitlines() if ": " in line and message.artifact)
        return Given("found" if offers else "none", offers)
    return Given(_SHORT.get(message.name or "", "found"), ())


def drafted(items: Sequence[Item], offers: Sequence[Offer]) -> list[dict[str, Any]]:
    """The claims of the items that the model named, with its polarity and certainty where it gave them."""
    claims = []
    for item in items:
        for offer in offers:
            if offer.name != item.key:
                continue
            said = dict(offer.claim)
            if item.standing in ("present", "absent") and not said.get("template"):
                said["polarity"] = item.standing
                said["certainty"] = item.certainty or "definite"
            claims.append(said)
    return claims


def _verdicts(lines: Sequence[str]) -> Given:
    """Statement by statement: `lbbb present probable`, `lbbb absent`, `lbbb undecided`."""
    words, offers = [], []
    for line in lines:
        found = _VERDICT.match(line)
        if found is None:
            continue
        key, certainty = found["key"], found["certainty"]
        standing = "present" if certainty else "absent" if found["result"] == "not_met" else "undecided"
        words.append(" ".join(filter(None, (key, standing, certainty))))
        polarity = "absent" if standing == "absent" else "present"
        offers.append(Offer(key, {"statement": key, "polarity": polarity, "certainty": certainty or "definite"}))
    return Given("\n".join(words) or "none", tuple(offers))


def _probabilities(lines: Sequence[str]) -> Given:
    """Statement by statement: `model lbbb suggested`, `model lvh unlikely`."""
    words, offers = [], []
    for line in lines:
        found = _CHANGE.match(line)
        if found is None:
            continue
        code = found["evidence"].removeprefix("model:")
        row = row_of(code)
        name = found["statement"] or (row.key if row else code)
        words.append(f"model {name} {'suggested' if found['statement'] else 'unlikely'}")
        if offer := _change(line):
            offers.append(Offer(name, offer.claim))
    return Given("\n".join(words[:_SHOWN]) or "none", tuple(offers))


def _change(line: str) -> Offer | None:
    found = _CHANGE.match(line)
    if found is None:
        return None
    evidence = found["evidence"].split()
    measured = next((key for key in evidence if not key.startswith("prior:")), "hr")
    claim = {
        "template": found["template"],
        "evidence": evidence,
        "statement": found["statement"],
        "polarity": found["polarity"] or "present",
        "certainty": found["certainty"],
        "criteria": (found["criteria"] or "").split(),
    }
    return Offer(found["statement"] or measured.split(".")[-1], claim)


def _repeated(line: str) -> Offer:
    key, _, sentence = line.partition(": ")
    return Offer(key, {"template": sentence, "evidence": [key]})


def _some(names: Sequence[str]) -> str:
    return " ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
