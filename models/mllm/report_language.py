"""PTB-XL's reports in English: formulaic German and Swedish, put into English by a small table of our own.

The reports were written or confirmed by cardiologists (Wagner 2020), most as a cart's sentences in German, some
in Swedish or English. Their words are few: `report_terms.tsv` knows them. This is no translator for other texts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TERMS: Final = Path(__file__).with_name("report_terms.tsv")
#: Words of the reports that are English as they stand.
PLAIN: Final = Path(__file__).with_name("report_english.txt")
_WORD: Final = re.compile(r"v\d(?:[-,]\d)*|[a-zäöüßåé]+(?:\([a-zä]+\))?|\d+(?:[.,]\d+)*|[^\sa-z0-9äöüßåé]")
#: Corrections by the data set's authors, which name the labels.
_EDIT: Final = re.compile(r"\b(?:edit|consensus)\s*:.*", re.IGNORECASE | re.DOTALL)
_PLURAL: Final = re.compile(r"\((?:n|a|s|r|er)\)")
#: Endings of adjectives and of the plural in brackets, longest first.
_ENDINGS: Final = ("ischer", "eren", "eres", "erer", "ere", "er", "es", "en", "em", "e", "t")
_LONGEST: Final = 6
_NAMES: Final = re.compile(r"\b(ecg|qrs|qt|pr|st|t|p|r|q|s|av|lv|i|ii|iii|v[1-6](?:[-,][1-6])*|wpw)\b")


def in_english(report: str) -> str:
    """A report as English sentences; empty where nothing is said of the heart."""
    words = _words(report)
    said = [word for word, _ in _translated(words) if word]
    text = " ".join(said)
    text = re.sub(r"\s+([.,;:)!/])", r"\1", text)
    text = re.sub(r"([(/])\s+", r"\1", text)
    text = re.sub(r"(?:[.,:\-]\s*){2,}", ". ", text).strip(" .,-:;")
    text = re.sub(r"\s*-\s*", "-", text)
    text = re.sub(r"\bav([lfr])\b", lambda found: "aV" + found[1].upper(), text)
    return _NAMES.sub(lambda found: found[1].upper(), text)


def known_share(reports: list[str]) -> float:
    """The share of all words, numbers and leads left aside, that the table or the English of its sentences knows."""
    counted = known = 0
    for report in reports:
        for word, found in _translated(_words(report)):
            if not found and not re.search(r"[a-zäöüßåé]{2}", word):
                continue
            counted += 1
            known += found or word in _english()
    return known / max(counted, 1)


def _words(report: str) -> list[str]:
    return _WORD.findall(_PLURAL.sub("", _EDIT.sub("", report).lower()))


def _translated(words: list[str]) -> Iterator[tuple[str, bool]]:
    """Each stretch in English, and whether the table knew it."""
    terms = _terms()
    place = 0
    while place < len(words):
        for length in range(min(_LONGEST, len(words) - place), 0, -1):
            stretch = tuple(words[place : place + length])
            found = terms.get(stretch)
            if found is None and length == 1:
                found = next((terms[stem] for stem in _stems(stretch[0]) if stem in terms), None)
            if found is not None:
                yield found, True
                place += length
                break
        else:
            yield words[place], False
            place += 1


def _stems(word: str) -> Iterator[tuple[str]]:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            yield (word.removesuffix(ending),)


@functools.cache
def _terms() -> dict[tuple[str, ...], str]:
    terms = {}
    for line in TERMS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            written, said = line.split("\t")
            terms[tuple(_WORD.findall(written))] = "" if said == "-" else said
    return terms


@functools.cache
def _english() -> frozenset[str]:
    """Words of the reports that are English as they stand, and every word of the table's English side."""
    spoken = " ".join(_terms().values()).lower()
    return frozenset(re.findall(r"[a-z]+", spoken)) | frozenset(PLAIN.read_text(encoding="utf-8").split())
