"""The last look: whether anything that the old files say of the patient stands in the new bytes, in any encoding."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Final

#: Shorter words, and shorter numbers, turn up in any file by chance.
_SHORTEST_WORD: Final = 5
_SHORTEST_NUMBER: Final = 9


def leaked(content: bytes, words: Iterable[str]) -> bool:
    """Whether one of the words stands in the bytes: as UTF-8, Latin-1, UTF-16 or base64, whatever its case."""
    folded = content.lower()
    return any(
        form in (content if exact else folded) for word in words if _telling(word) for form, exact in _forms(word)
    )


def known_words(texts: Iterable[object]) -> set[str]:
    """The words to look for: each text as a whole, and each of its parts that says something alone."""
    found: set[str] = set()
    for text in texts:
        whole = " ".join(str(text).split())
        found |= {whole, *whole.replace("^", " ").replace(",", " ").replace("_", " ").split()}
    return {word for word in found if _telling(word)}


def _telling(word: str) -> bool:
    digits = sum(letter.isdigit() for letter in word)
    if digits == len(word.strip(".-/: ")):
        return len(word) >= _SHORTEST_NUMBER
    return len(word) >= _SHORTEST_WORD


def _forms(word: str) -> Iterable[tuple[bytes, bool]]:
    """(bytes, whether their case counts)."""
    for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
        try:
            yield word.lower().encode(encoding), False
        except UnicodeEncodeError:
            continue
    raw = word.encode()
    for shift in range(3):
        # What base64 makes of the word depends on where it begins; the first and last letters on what is beside it.
        text = base64.b64encode(b"\0" * shift + raw).rstrip(b"=")
        inner = text[(0, 2, 3)[shift] : len(text) - (0 if (shift + len(raw)) % 3 == 0 else 1)]
        if len(inner) >= _SHORTEST_WORD:
            yield inner, True
