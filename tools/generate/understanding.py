"""From words to a request, by rule: statements, negations, and the numbers that `spoken_numbers` finds."""

from __future__ import annotations

import re
from typing import Any, Final

from calipers.ecg import Sex
from calipers.errors import UsageError
from calipers.knowledge import statements
from calipers.tools.generate.consistency import complete
from calipers.tools.generate.request import Request
from calipers.tools.generate.sayings import SAID, response_rate, written_out
from calipers.tools.generate.spoken_numbers import take_levels, take_numbers, take_patient

_NEGATION: Final = re.compile(
    r"\b(?:no|not|without|nor|free of|absence of|lacking|don't|do not|neither|minus|never|rather than|instead of)\b"
    r"(?P<what>[^,;.]*?)(?=$|[,;.]|\b(?:but|with|and (?:a|an|with|the)|please)\b)",
    re.I,
)
_RATIO: Final = re.compile(r"\b([2-6])(?::| to )(?:1|one)\b(?: (?:av )?(?:block|conduction|conducted))?", re.I)
_FLUTTER_RATE: Final = 296.0
_ONLY_IN_FULL: Final = frozenset({"normal_ecg", "sinus_rhythm"})


def understand_request(text: str, *, age: float | None = None, sex: Sex | None = None) -> Request:
    """The request that a text makes.

    Args:
        text: such as `AF with RBBB, rate about 110, 70-year-old woman`.
        age: of the patient; wins over the text.
        sex: likewise.

    Raises:
        UsageError: nothing was understood, wishes exclude one another, or something cannot be made.
    """
    rest, absent = _negated(written_out(" ".join(text.split())))
    found: dict[str, Any] = {}
    rest = _flutter_ratio(take_patient(rest, found), found)
    levels, rest = take_levels(rest)
    rest = take_numbers(rest, found)
    if "hr" not in found and (rate := response_rate(rest)) is not None:
        found["hr"] = rate
    _corrected(found)
    keys = tuple(dict.fromkeys(_named(rest)))
    request = Request(
        statements=keys, absent=absent, levels=levels, text=text,
        **{name: value for name, value in found.items() if name not in ("age", "sex")},
        age=age if age is not None else found.get("age"), sex=sex or found.get("sex"),
    )  # fmt: skip
    if request.is_empty:
        raise UsageError(
            f"found nothing to generate in `{text}`; needed a rhythm, a statement, or a number such as `PR 220`"
        )
    return complete(request)


def _corrected(found: dict[str, Any]) -> None:
    """A QT in `found` becomes Bazett's QTc at the rate asked for.

    Raises:
        UsageError: a QT without a rate or a QTc beside it.
    """
    qt = found.pop("qt", None)
    if qt is None or "qtc" in found:
        return
    if "hr" not in found:
        raise UsageError(f"found a QT of {qt:g} ms without a rate; needed the rate beside it, or a QTc")
    found["qtc"] = round(qt / float(60.0 / found["hr"]) ** 0.5)


def _flutter_ratio(text: str, found: dict[str, Any]) -> str:
    """Of flutter conducted N to one the rate, unless it is said; the text without the ratio."""
    match = _RATIO.search(text)
    if match is None or not re.search(r"flutter|\bafl\b", text, re.I):
        return text
    rest = text.replace(match[0], " ")
    said: dict[str, Any] = {}
    take_numbers(rest, said)
    if "hr" not in said:
        found["hr"] = round(_FLUTTER_RATE / float(match[1]))
    return rest


def _negated(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without what it does not want, and the keys of that."""
    absent: dict[str, None] = {}
    for match in _NEGATION.finditer(text):
        for part in re.split(r"\bor\b|\band\b", match["what"]):
            absent |= dict.fromkeys(_named(part))
    return _NEGATION.sub(" ", text), tuple(absent)


def _named(text: str) -> list[str]:
    """Keys of the statements that a text names: our own ways of saying them, then the table's names."""
    keys: list[str] = []
    for pattern, several in SAID:
        text, count = re.subn(rf"(?<!\w)(?:{pattern})(?!\w)", " | ", text, flags=re.I)
        if count:
            keys += several.split()
    # A loose "normal" or "rhythm" is part of many a phrase; as a wish it is said in full, and found above.
    loose = [row.key for row in statements().mentioned(text) if row.key not in _ONLY_IN_FULL]
    return keys + loose
