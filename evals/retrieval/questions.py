"""The questions, and which half each belongs to."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

import yaml

from calipers.errors import UsageError
from calipers.knowledge.guidelines import passages

Half = Literal["training", "validation"]


class Question(NamedTuple):
    """A question as a clinician would type it, and the ids of every passage that answers it; none for some."""

    text: str
    answers: frozenset[str]

    @property
    def half(self) -> Half:
        """By a hash of the text: thresholds were chosen on the first half, the second was held out."""
        return "training" if hashlib.sha256(self.text.encode()).digest()[-1] % 2 == 0 else "validation"


@cache
def questions() -> tuple[Question, ...]:
    """All of them, in the order of the file.

    Raises:
        UsageError: a question names a passage that the corpus does not hold.
    """
    text = (files("calipers.evals.retrieval") / "questions.yaml").read_text(encoding="utf-8")
    known = passages()
    found = []
    for asked, names in yaml.safe_load(text):
        answers = frozenset(f"guide:{name}" for name in names)
        if unknown := sorted(answers - known.keys()):
            raise UsageError(f"found passage `{unknown[0]}` under `{asked}`; needed one of the corpus")
        found.append(Question(asked, answers))
    return tuple(found)
