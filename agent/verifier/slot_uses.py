"""A template as a reader meets it: each slot with the words before and after it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from calipers.printing import SLOT

_BREAK: Final = re.compile(r"[.;](?=\s|$)")


class Use(NamedTuple):
    """One slot in its place.

    Attributes:
        key: the id in the slot.
        start, end: where the slot stands in the template.
        before: the words since the slot before it.
        after: the words up to the next slot.
        clause: all words from the last full stop or semicolon up to the slot.
    """

    key: str
    start: int
    end: int
    before: str
    after: str
    clause: str

    @property
    def breath(self) -> str:
        """The words that still belong to the value: `{V3.st_j} in lead V3, …`."""
        return re.split(r"[.,;:(]", self.after, maxsplit=1)[0]


def slot_uses(template: str) -> list[Use]:
    """Every slot of a template in order."""
    matches = list(SLOT.finditer(template))
    ends = [0, *(match.end() for match in matches)]
    starts = [*(match.start() for match in matches), len(template)]
    uses = []
    for k, match in enumerate(matches):
        said = SLOT.sub(" ", template[: match.start()])
        uses.append(
            Use(
                match[1],
                match.start(),
                match.end(),
                template[ends[k] : match.start()],
                template[match.end() : starts[k + 1]],
                said[last_break(said) :],
            )
        )
    return uses


def last_break(text: str) -> int:
    """Where the last clause of a text begins."""
    return max((match.end() for match in _BREAK.finditer(text)), default=0)
