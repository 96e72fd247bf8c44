"""Understanding a closed question: what it asks about, in which lead, and in which direction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple

import yaml

from calipers.knowledge import statements
from calipers.leads import LEADS, Lead

Kind = Literal["noise", "range", "axis", "stage", "extrasystole", "statement"]
Direction = Literal["above", "below", "within"]
Turned = Literal["normal", "abnormal", "still_abnormal"]

_SECTIONS: Final[dict[str, Kind]] = {
    "noise": "noise", "ranges": "range", "axes": "axis", "stages": "stage", "extrasystoles": "extrasystole",
    "codes": "statement",
}  # fmt: skip
_LEAD: Final = re.compile(r"\blead (i{1,3}|av[rlf]|v[1-6])\b|\b(av[rlf]|v[1-6])\b", re.I)
_DIRECTIONS: Final[tuple[tuple[Direction, str], ...]] = (
    ("above", r"above|higher|exceed\w*|over|too long|prolonged|increased|elevated|beyond"),
    ("below", r"below|lower|under|less|too short|shortened|short|decreased|reduced"),
    ("within", r"within|inside|normal|fall|fit"),
)
_TWO_ECGS: Final = re.compile(r"\b(?:second|first|two|both|previous|prior|other)\b", re.I)
_NUMERIC: Final = re.compile(
    r"\bnumer\w*\b.*\b(?:features?|values?|measurements?|attributes?|factors?)\b|\bintervals?\b", re.I
)
_STILL: Final = re.compile(r"\b(?:still|remain\w*|persist\w*|continu\w*)\b", re.I)
_BACK: Final = re.compile(r"\b(?:abnormal to normal|return\w*|become normal|no longer abnormal)\b", re.I)
_ABNORMAL: Final = re.compile(r"\b(?:abnormal\w*|irregular|unusual|atypical|deviat\w*|not (?:still )?normal)\b", re.I)
_NORMAL: Final = re.compile(r"\b(?:normal|stable|standard|typical|usual|regular)\b", re.I)


@dataclass(frozen=True)
class Asked:
    """What a closed question asks.

    Attributes:
        kind: which sort of thing it is about.
        about: a kind of noise, a measurement's name, an axis, a stage, a kind of extrasystole, or its name.
        lead: the lead it is asked of; None for the whole ECG.
        direction: of a value against its normal range; None where the question names none.
        codes: SCP-ECG codes of a statement, any of which makes it true.
        statements: keys of the statement table that stand for them.
    """

    kind: Kind
    about: str
    lead: Lead | None = None
    direction: Direction | None = None
    codes: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()


class ComparedRanges(NamedTuple):
    """Which values are asked for of a second ECG: those that turned normal, or abnormal, or still are."""

    turned: Turned


class _Name(NamedTuple):
    kind: Kind
    about: str
    codes: tuple[str, ...]


def read_question(question: str) -> Asked | None:
    """What a question about one ECG asks; None where nothing in it is known.

    Names of this package's vocabulary come first, the longest of them; then whatever the statement table knows.
    """
    folded = _folded(question)
    name = next((spelt for spelt in _names() if _stands_in(spelt, folded)), None)
    lead = _lead(question)
    if name is None or _table_knows_longer(question, name):
        return _from_table(question, lead)
    found = _names()[name]
    if found.kind == "range":
        return Asked("range", found.about, lead, _direction(folded))
    keys = tuple(dict.fromkeys(row.key for code in found.codes for row in statements().by_scp(code)))
    return Asked(found.kind, found.about, lead, codes=found.codes, statements=keys)


def read_comparison(question: str) -> ComparedRanges | None:
    """What a question about the numbers of two ECGs asks; None where it is no such question."""
    if not (_TWO_ECGS.search(question) and _NUMERIC.search(question)):
        return None
    if _STILL.search(question):
        return ComparedRanges("still_abnormal")
    if _BACK.search(question):
        return ComparedRanges("normal")
    if _ABNORMAL.search(question):
        return ComparedRanges("abnormal")
    return ComparedRanges("normal") if _NORMAL.search(question) else None


def range_names() -> Mapping[str, str]:
    """Measurement name → how a question calls it: `rr_mean` → `rr interval`."""
    return {about: names[0] for about, names in _vocabulary()["ranges"].items()}


def _from_table(question: str, lead: Lead | None) -> Asked | None:
    rows = statements().mentioned(question)
    if not rows:
        return None
    row = rows[0]
    return Asked("statement", row.label, lead, codes=row.scp, statements=(row.key,))


def _table_knows_longer(question: str, name: str) -> bool:
    """Whether a statement's name holds `name` and more: `anterior myocardial infarction`."""
    rows = (statements()[key] for key in statements().named_in(question))
    spelt = (other.lower() for row in rows for other in (row.label, *row.synonyms))
    return any(name in other and len(other) > len(name) and other in _folded(question) for other in spelt)


def _lead(question: str) -> Lead | None:
    found = _LEAD.search(question)
    spelt = "" if found is None else (found[1] or found[2]).upper()
    return next((lead for lead in LEADS if lead.upper() == spelt), None)


def _direction(folded: str) -> Direction | None:
    for direction, words in _DIRECTIONS:
        if re.search(rf"\b(?:{words})\b", folded):
            return direction
    return None


def _stands_in(name: str, folded: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded) is not None


def _folded(text: str) -> str:
    return " ".join(text.lower().replace("?", " ").split())


@cache
def _names() -> dict[str, _Name]:
    """Every name, the longest first; noise of any kind after every other, for `interference from burst noise`."""
    found: dict[str, _Name] = {}
    for section, kind in _SECTIONS.items():
        for about, listed in _vocabulary()[section].items():
            for name in [about] if kind == "statement" else listed:
                found[name] = _Name(kind, about, tuple(listed) if kind == "statement" else ())
    return dict(sorted(found.items(), key=lambda item: (item[1][:2] == ("noise", "any"), -len(item[0]))))


@cache
def _vocabulary() -> dict[str, dict[str, list[str]]]:
    text = (files("calipers.tools.closed_question") / "vocabulary.yaml").read_text("utf-8")
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return loaded
