"""The words of a question as the index knows them: abbreviations spelled out, misspellings mended, stems."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

_TOKEN: Final = re.compile(r"[a-z]+[0-9]+[a-z]*|[a-z]+|[0-9]+(?:[.:/][0-9]+)*")
_FUNCTION_WORDS: Final = frozenset(
    [
        "a",
        "about",
        "according",
        "after",
        "all",
        "also",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "before",
        "between",
        "but",
        "by",
        "call",
        "called",
        "can",
        "could",
        "count",
        "counts",
        "did",
        "do",
        "does",
        "each",
        "else",
        "for",
        "from",
        "get",
        "give",
        "given",
        "go",
        "has",
        "have",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "let",
        "like",
        "list",
        "look",
        "looks",
        "make",
        "many",
        "me",
        "mean",
        "meaning",
        "means",
        "much",
        "must",
        "my",
        "need",
        "needs",
        "no",
        "not",
        "now",
        "of",
        "ok",
        "on",
        "or",
        "our",
        "out",
        "over",
        "patient",
        "please",
        "recognise",
        "say",
        "says",
        "shall",
        "should",
        "show",
        "so",
        "some",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "thing",
        "think",
        "this",
        "those",
        "to",
        "too",
        "up",
        "us",
        "use",
        "used",
        "useful",
        "using",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "whether",
        "which",
        "who",
        "whom",
        "why",
        "will",
        "with",
        "would",
        "write",
        "you",
        "your",
        "yours",
        "criteria",
        "criterion",
        "definition",
        "define",
        "defined",
        "guideline",
        "guidelines",
        "ecg",
        "sign",
        "signs",
        "finding",
        "findings",
        "according",
        "matter",
        "matters",
        "threshold",
        "thresholds",
        "cutoff",
        "limit",
        "limits",
        "still",
        "exactly",
    ]
)
#: British to American, Greek to plain, Latin plurals: so that both spellings meet.
_SPELLINGS: Final = (("aemi", "emi"), ("oed", "ed"), ("isation", "ization"), ("ise", "ize"), ("our", "or"), ("ae", "e"))
_ENDINGS: Final = (
    "ically",
    "ements",
    "ement",
    "ments",
    "ment",
    "ations",
    "ation",
    "ings",
    "ing",
    "edly",
    "ed",
    "ies",
    "es",
    "s",
    "al",
    "ly",
    "ic",
)
#: Shorter words have too many neighbours for a misspelling to be told from another word.
_MENDABLE: Final = 5


@cache
def shorthand() -> dict[str, str]:
    """Abbreviation → words, as clinicians write them."""
    text = (files("calipers.knowledge.store") / "shorthand.yaml").read_text(encoding="utf-8")
    return {str(short): str(words) for short, words in yaml.safe_load(text).items()}


def spelled_out(text: str) -> str:
    """The text with the words of its abbreviations added: `WPW` gains `wolff-parkinson-white pre-excitation`."""
    known = shorthand()
    added = [known[token] for token in dict.fromkeys(_TOKEN.findall(text.lower())) if token in known]
    return " ".join([text, *added])


def words(text: str) -> list[str]:
    """Content words in order, lower case, without function words; abbreviations give way to what they stand for."""
    found = []
    for token in _TOKEN.findall(text.lower().replace("′", "").replace("'", "")):
        found += [word for word in _TOKEN.findall(shorthand().get(token, token)) if _content(word)]
    return found


def stem(word: str) -> str:
    """A crude stem on which British and American spellings, plurals and derived forms agree."""
    for british, american in _SPELLINGS:
        word = word.replace(british, american)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def stems(text: str) -> list[str]:
    """Stems of the content words."""
    return [stem(word) for word in words(text)]


def mended(text: str, known: Collection[str], ordinary: Callable[[str], bool]) -> str:
    """The text with words that nobody knows replaced by their single nearest known word.

    Args:
        text: as typed.
        known: whole words of the corpus.
        ordinary: whether a word is common English, and so not a misspelling.
    """

    def mend(match: re.Match[str]) -> str:
        word = match.group().lower()
        if len(word) < _MENDABLE or word in known or word in _FUNCTION_WORDS or word in shorthand() or ordinary(word):
            return match.group()
        near = [other for other in known if abs(len(other) - len(word)) <= 1 and _one_slip(word, other)]
        return near[0] if len(near) == 1 else match.group()

    return re.sub(r"[A-Za-z]+", mend, text)


def _content(token: str) -> bool:
    return token not in _FUNCTION_WORDS and (len(token) > 1 or token.isdigit() or token in "pqrstuj")


def _one_slip(typed: str, meant: str) -> bool:
    """Whether one letter was dropped, added, changed, or exchanged with its neighbour; the first one is right."""
    if typed[0] != meant[0] or len(meant) < _MENDABLE or typed.startswith(meant) or meant.startswith(typed):
        return False
    head = 0
    while head < min(len(typed), len(meant)) and typed[head] == meant[head]:
        head += 1
    a, b = typed[head:], meant[head:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
