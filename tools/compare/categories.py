"""Which of the comparison statements a diagnostic statement counts for when it is new or gone."""

from __future__ import annotations

from typing import Final, Literal

from calipers.knowledge import statements

Category = Literal["rhythm", "conduction", "ischaemia", "repolarisation", "structure", "other"]

#: First and last primary code of AHA/ACC/HRS 2007 part II → category. T waves and ST deviation (145 to 147)
#: count as ischaemia, because the limits used here are those of the universal definition of infarction.
_BY_CODE: Final[tuple[tuple[int, int, Category], ...]] = (
    (20, 76, "rhythm"),
    (80, 89, "conduction"),
    (100, 109, "conduction"),
    (120, 128, "structure"),
    (140, 143, "structure"),
    (145, 147, "ischaemia"),
    (148, 156, "repolarisation"),
    (160, 176, "ischaemia"),
    (180, 187, "rhythm"),
)
#: Family of the criteria → category, where a statement has no primary code of its own.
_BY_FAMILY: Final[dict[str, Category]] = {
    "Rhythm and rate": "rhythm",
    "Atrioventricular conduction": "conduction",
    "Intraventricular conduction and axis": "conduction",
    "Hypertrophy and voltage": "structure",
    "ST segment, T wave and Q wave": "ischaemia",
    "QT interval": "repolarisation",
}


def category(key: str) -> Category:
    """The category of a statement; `other` where no comparison statement asks for it."""
    row = statements()[key]
    if not row.abnormal and "axis" in key:
        return "other"
    for code in row.aha:
        for first, last, name in _BY_CODE:
            if code.isdecimal() and first <= int(code) <= last:
                return name
    return _BY_FAMILY.get(statements().families[key], "other")
