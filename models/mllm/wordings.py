"""PTB-XL's statements as clinicians say them: what free text is trained on, and what judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import yaml

WORDINGS: Final = Path(__file__).with_name("statement_wordings.yaml")


class Wording(NamedTuple):
    """A sentence that is true of the records that have the statement of that place."""

    text: str
    statement: int


def read_wordings(
    codes: Sequence[str], descriptions: Mapping[str, Sequence[str]]
) -> tuple[list[Wording], list[Wording]]:
    """Sentences to train on, and those held out.

    Args:
        codes: the statements in the encoder's order.
        descriptions: the standard's words for each.
    """
    stored = yaml.safe_load(WORDINGS.read_text(encoding="utf-8"))
    said, held = [], []
    for place, code in enumerate(codes):
        phrases = list(dict.fromkeys([*descriptions[code], *stored[code]["said"]]))
        said += [Wording(phrase, place) for phrase in phrases]
        held += [Wording(phrase, place) for phrase in stored[code]["held"]]
    return said, held
