"""Which statements a model's prose asserts: names, read sentence by sentence, with what is denied left out.

Nothing else of the prose is used: no number, no lead, no sentence. Where a denial's reach is not plain, it is taken
to reach further: a name that is missed says nothing, one that was denied and taken would say the contrary.
"""

from __future__ import annotations

import re
from typing import Final

from calipers.knowledge import statements

#: What a model says when it has thought: ECG-R1 thinks within `<think>` and ends with `<answer>`.
_ANSWER: Final = re.compile(r"<answer>(.*?)(?:</answer>|\Z)", re.S | re.I)
_THOUGHT: Final = re.compile(r"<think>.*?(?:</think>|\Z)", re.S | re.I)
_SENTENCE: Final = re.compile(r"(?<!\d)\.|\.(?!\d)|[;:!?\n]+|\*\*")
_CONTRAST: Final = re.compile(r"\b(?:but|however|although|though|whereas|while|except|apart from|instead)\b", re.I)
#: A doubt is no denial: what cannot be excluded is suggested.
_DOUBT: Final = re.compile(
    r"\b(?:can\s*not|can't|could not|may not)\s+(?:be\s+)?(?:entirely\s+|completely\s+)?(?:ruled? out|excluded?)\b"
    r"|\bnot\s+(?:be\s+)?(?:excluded|ruled out)\b|\bnot\s+only\b",
    re.I,
)
#: Denies the rest of its clause.
_DENIAL: Final = re.compile(
    r"\b(?:no|not|without|neither|nor|never|none|negative for|absence of|absent|lacks?|lacking|free of|rul(?:es?|ed|ing) out"
    r"|exclud(?:es?|ed|ing)|unlikely|rather than|denies|dismisses|against|history of|previous ecg)\b|n't\b",
    re.I,
)
#: Denies what stands before it in its clause.
_DENIED_BEFORE: Final = re.compile(
    r"\b(?:is|are|was|were|be|been|seems?|appears?)\s+(?:\w+ly\s+)?(?:not|absent|excluded|unlikely|ruled out|normal)\b"
    r"|\b(?:isn't|aren't|wasn't|weren't)\b|\b(?:criteria|thresholds?)\b[^,]*\bnot\b|\bnot (?:met|seen|present|found)\b",
    re.I,
)


def conclusion(prose: str) -> str:
    """What of the prose is the model's conclusion: its answer where it marks one, else all but its thinking."""
    answers = _ANSWER.findall(prose)
    return answers[-1] if answers else _THOUGHT.sub(" ", prose)


def asserted_in(prose: str) -> tuple[str, ...]:
    """The keys of the abnormal statements that the conclusion asserts, in the order of the table."""
    kept = " . ".join(
        _affirmed(clause) for sentence in _SENTENCE.split(conclusion(prose)) for clause in _clauses(sentence)
    )
    named = set(statements().named_in(kept))
    return tuple(key for key in statements() if key in named and statements()[key].abnormal)


def _clauses(sentence: str) -> list[str]:
    return _CONTRAST.split(_DOUBT.sub(" possibly ", sentence))


def _affirmed(clause: str) -> str:
    """What of a clause no denial reaches."""
    if _DENIED_BEFORE.search(clause):
        return ""
    denial = _DENIAL.search(clause)
    return clause[: denial.start()] if denial else clause
