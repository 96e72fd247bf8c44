"""What a word, a mark or a stretch of a page may be, as the network's coarse classes."""

from __future__ import annotations

from typing import Final

from calipers.leads import LEADS, Lead

OTHER: Final = "other"
#: -aVR is Cabrera's; the rest of a lead's names differ in letters only.
INVERTED_AVR: Final = "-aVR"
SPEEDS: Final[dict[str, float]] = {"25 mm/s": 25.0, "50 mm/s": 50.0}
GAINS: Final[dict[str, float]] = {"5 mm/mV": 5.0, "10 mm/mV": 10.0, "20 mm/mV": 20.0}

#: In the order of the network's channels; the first is a place without words.
WORDS: Final[tuple[str, ...]] = ("", *LEADS, INVERTED_AVR, *SPEEDS, *GAINS, OTHER)
WORD: Final[dict[str, int]] = {word: number for number, word in enumerate(WORDS)}


def lead_of(word: str) -> Lead | None:
    """The lead that a word names, -aVR being aVR; None for other words."""
    if word == INVERTED_AVR:
        return "aVR"
    return next((lead for lead in LEADS if lead == word), None)
