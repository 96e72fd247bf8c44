"""One thing wrong with a claim, before it is known whose claim it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal[
    "unknown_id",
    "foreign_record",
    "number",
    "unit",
    "slot",
    "text",
    "lead",
    "criteria",
    "absence",
    "quotation",
    "scope",
    "measurement",
    "report",
]


class Flaw(NamedTuple):
    """What is wrong, as a kind and as a sentence that says what was found and what was needed."""

    kind: Kind
    detail: str


Flaws = Iterator[Flaw]
