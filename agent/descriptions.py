"""Sentences that code writes around measurements, to the letter known to the verifier: descriptions and denials."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from calipers.leads import LEADS
from calipers.parameters import PARAMETERS
from calipers.printing import SLOT

RATE: Final = "Ventricular rate {hr}."
INTERVALS: Final = "PR interval {pr}, QRS duration {qrs}, QT interval {qt}."
QTC: Final = "QTc (Bazett) {qtc_bazett}."
QTC_BOTH: Final = "QTc (Bazett) {qtc_bazett}, QTc (Fridericia) {qtc_fridericia}."
JTC: Final = "The wide QRS lengthens QTc: JTc {jtc} with QRS duration {qrs}."
AXES: Final = "P axis {p_axis}, QRS axis {qrs_axis}, T axis {t_axis}."
#: Names of people that a statement's label begins with.
_EPONYMS: Final = frozenset({"Brugada", "De", "Sgarbossa", "Wellens"})
_WHOLE: Final = frozenset({RATE, INTERVALS, QTC, QTC_BOTH, JTC, AXES})
_ID: Final = re.compile(rf"(?:({'|'.join(sorted(LEADS, key=len, reverse=True))})\.)?([a-z][a-z0-9_]*)(?:#(\d+))?")


def describing(key: str) -> str:
    """The sentence for one measurement id: `ST level at the J point in lead V3 {V3.st_j}.`"""
    match = _ID.fullmatch(key)
    if match is None or match[2] not in PARAMETERS:
        raise ValueError(f"found id `{key}`; needed a measurement id")
    where = f" in lead {match[1]}" if match[1] else ""
    when = " of one beat" if match[3] else ""
    return f"{PARAMETERS[match[2]].phrase}{where}{when} {{{key}}}."


def listing(name: str, keys: dict[str, str]) -> str:
    """One sentence for the same measurement in several leads; `keys` maps lead to id."""
    return f"{PARAMETERS[name].phrase}: {', '.join(f'{lead} {{{key}}}' for lead, key in keys.items())}."


def denying(label: str, keys: Iterable[str]) -> str:
    """The sentence that a statement's criteria are not met, with the values that do not meet them."""
    values = ", ".join(_within(key) for key in keys)
    return f"Criteria for {_lowered(label)} are not met" + (f": {values}." if values else ".")


def is_denial(template: str, label: str) -> bool:
    """Whether a template is that sentence for this statement and the ids it prints, to the letter."""
    keys = SLOT.findall(template)
    known = all((match := _ID.fullmatch(key)) is not None and match[2] in PARAMETERS for key in keys)
    return known and template == denying(label, keys)


def _within(key: str) -> str:
    """How a value stands inside a sentence: `number of paced beats {paced_count}`."""
    return _lowered(describing(key).removesuffix("."))


def _lowered(words: str) -> str:
    """The words as they stand inside a sentence; `QRS`, `P-wave` and `Wellens` keep their capitals."""
    kept = words[:2].isupper() or words[1:2] in "- " or words.split()[0] in _EPONYMS
    return words if kept else words[0].lower() + words[1:]


def is_description(template: str) -> bool:
    """Whether a template is one of these sentences, to the letter."""
    if template in _WHOLE:
        return True
    keys = SLOT.findall(template)
    matches = [_ID.fullmatch(key) for key in keys]
    if not keys or any(match is None or match[2] not in PARAMETERS for match in matches):
        return False
    if len(keys) == 1:
        return template == describing(keys[0])
    names = {match[2] for match in matches if match}
    by_lead = {match[1]: key for match, key in zip(matches, keys, strict=True) if match and match[1]}
    return len(names) == 1 and len(by_lead) == len(keys) and template == listing(names.pop(), by_lead)
