"""Age and sex, from the many ways files write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from calipers.ecg import Sex

#: PTB-XL and others write 300 for "over 89", to protect the oldest; we read it as 90.
OVER_89_CODE: Final = 300.0
OVER_89_READ_AS: Final = 90.0
_OLDEST: Final = 130.0

_SEXES: Final[dict[str, Sex]] = {"m": "male", "male": "male", "f": "female", "female": "female"}

#: MIT-BIH writes `69 M 1085 1629 x1`.
_MIT_BIH: Final = re.compile(r"^(?P<age>-?\d{1,3})\s+(?P<sex>[MF])\b")
_OVER_89: Final = re.compile(r"^\s*>\s*89\b")
_NUMBER: Final = re.compile(r"^\s*(\d{1,3}(?:\.\d+)?)\s*(?:y|yr|yrs|years?)?\s*$", re.IGNORECASE)


class Demographics(NamedTuple):
    """Years and sex; None where the file does not say."""

    age: float | None = None
    sex: Sex | None = None


def age_in_years(value: object) -> float | None:
    """Years from a number or text; None for placeholders such as `NaN`, `-1` or `999`."""
    if _OVER_89.match(str(value)):
        return OVER_89_READ_AS
    found = _NUMBER.match(str(value)) if value is not None else None
    if found is None:
        return None
    years = float(found.group(1))
    if years == OVER_89_CODE:
        return OVER_89_READ_AS
    return years if years <= _OLDEST else None


def sex_of(value: object) -> Sex | None:
    """`"male"` or `"female"` from `M`, `F`, `Male`, …; None for anything else."""
    return _SEXES.get(str(value).strip().casefold()) if value is not None else None


def keyed(comment: str) -> tuple[str, str] | None:
    """`(key, value)` of a comment such as `<age>: 51`, the key folded; None when it is free text."""
    key, colon, value = comment.partition(":")
    return (key.strip("<> \t").casefold(), value.strip()) if colon else None


def from_comments(comments: Iterable[str]) -> Demographics:
    """Age and sex from the comment lines of a WFDB header; the first mention of each counts."""
    age: float | None = None
    sex: Sex | None = None
    for comment in comments:
        pair = keyed(comment)
        if pair is not None:
            key, value = pair
            age = age_in_years(value) if age is None and key == "age" else age
            sex = sex_of(value) if sex is None and key in ("sex", "gender") else sex
            continue
        bih = _MIT_BIH.match(comment.strip())
        if bih is not None:
            age = age_in_years(bih["age"]) if age is None else age
            sex = sex_of(bih["sex"]) if sex is None else sex
    return Demographics(age, sex)


def says_synthetic(comments: Iterable[str]) -> bool:
    """Whether a comment line says that nobody was recorded: `synthetic: true`."""
    return _says("synthetic", comments)


def says_digitised(comments: Iterable[str]) -> bool:
    """Whether a comment line says that the signal was read from a picture: `digitised: true`."""
    return _says("digitised", comments)


def _says(what: str, comments: Iterable[str]) -> bool:
    pairs = (keyed(comment) for comment in comments)
    return any(pair is not None and pair[0] == what and pair[1].casefold() in ("true", "yes") for pair in pairs)
