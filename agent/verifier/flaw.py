"""One thing wrong with a claim, before it is known whose claim it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from calipers.report import FaultKind


class Flaw(NamedTuple):
    """What is wrong, as a kind and as a sentence that says what was found and what was needed."""

    kind: FaultKind
    detail: str


Flaws = Iterator[Flaw]
