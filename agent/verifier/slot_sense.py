"""Whether a slot is used for what it is: whose word, one beat or all, a limit, a rise or a fall."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.slot_uses import Use
from calipers.agent.verifier.terms import terms_in
from calipers.evidence import (
    CriterionEvidence,
    DeviceEvidence,
    Evidence,
    Measurement,
    ModelProbability,
    PriorEvidence,
)
from calipers.printing import SLOT

_LIMIT_WORD: Final = re.compile(
    r"\b(limits?|thresholds?|cut-?off|than|least|most|above|below|beyond|over|under|exceed\w*|reach\w*)\b", re.I
)
_MORE: Final = re.compile(
    r"\b(longer|more|greater|higher|taller|above|over|beyond|exceed\w*|at least|reach\w*)\b", re.I
)
_LESS: Final = re.compile(r"\b(shorter|less|lower|smaller|below|under|at most)\b", re.I)
#: `the QRS {qrs} exceeds the PR {pr}`: a comparison that ends at a value, not at a limit.
_COMPARED: Final = re.compile(rf"(?:{_MORE.pattern}|{_LESS.pattern})(?:(?!limit|threshold)[\w\s-]){{0,24}}$", re.I)
_WHOSE: Final[dict[type, re.Pattern[str]]] = {
    DeviceEvidence: re.compile(r"\b(device|recorder|machine|cart)\b", re.I),
    PriorEvidence: re.compile(r"\b(prior|previous|earlier)\b", re.I),
    ModelProbability: re.compile(r"\bmodel\b", re.I),
}
#: What takes the word back from another: `the recorder stated {device:pr}, measured here {pr}`.
_OURS: Final = re.compile(r"\b(now|here|today|calipers)\b", re.I)
_RISES: Final = re.compile(r"\b(elevation|raised|upright)\b", re.I)
_FALLS: Final = re.compile(r"\b(depression|depressed|inversion|inverted)\b", re.I)


def sense_flaws(use: Use, item: Evidence, template: str, evidence: Mapping[str, Evidence], *, asserting: bool) -> Flaws:
    """Everything that the words around a slot say of its item and that is not so."""
    if isinstance(item, CriterionEvidence):
        yield from _limit_flaws(use, item, template, evidence)
        return
    yield from _whose_flaws(use, item)
    measured = item.measurement if isinstance(item, PriorEvidence) else item
    if not isinstance(measured, Measurement):
        return
    if (measured.beat is not None) != bool(re.search(r"\bbeat\b", f"{use.clause} {use.breath}", re.I)):
        yield Flaw("slot", f"`{use.key}` and the words around it differ on whether one beat is meant")
    if asserting:
        yield from _direction_flaws(measured, use.before if terms_in(use.before) else use.clause)
    if asserting and use.start > len(use.before) and _COMPARED.search(use.before):
        yield Flaw("criteria", f"found `{use.key}` compared with another value; needed the limit of a criterion")


def _whose_flaws(use: Use, item: Evidence) -> Flaws:
    """Another's word says whose it is; our own is nobody else's."""
    since = max((match.end() for match in _OURS.finditer(use.clause)), default=0)
    for kind, pattern in _WHOSE.items():
        attributed = pattern.search(use.clause, since) is not None
        if isinstance(item, kind) and not (attributed or pattern.search(use.breath)):
            yield Flaw("slot", f"found `{{{use.key}}}` given as measured here; needed to say whose word it is")
        if isinstance(item, Measurement) and attributed:
            yield Flaw("slot", f"found `{{{use.key}}}`, measured here, given as another's word")


def _limit_flaws(use: Use, item: CriterionEvidence, template: str, evidence: Mapping[str, Evidence]) -> Flaws:
    """A limit is called one, stands beside what it limits, and on the side that the words say."""
    if not _LIMIT_WORD.search(_phrase(use.before)):
        yield Flaw("slot", f"found the limit `{{{use.key}}}` given as a value; needed to call it a limit")
        return
    earlier = [evidence.get(key) for key in SLOT.findall(template[: use.start])]
    values = [value for value in earlier if isinstance(value, Measurement) and value.unit == item.unit]
    if not values:
        return
    value = values[-1]
    if value.id not in item.measurements:
        yield Flaw("slot", f"found the limit `{{{use.key}}}` beside `{value.id}`, which it does not limit")
    elif len(item.measurements) == 1 and value.number is not None and (item.threshold or 0.0) > 0.0:
        said = _comparison(use.before)
        above = value.number - (item.threshold or 0.0)
        if (said == "more" and above < 0.0) or (said == "less" and above > 0.0):
            yield Flaw("criteria", f"found `{value.id}` on the wrong side of its limit")


def _phrase(words: str) -> str:
    """The last phrase before a slot: `limit ` of `PR interval, limit `."""
    phrases = [phrase for phrase in re.split(r"[,;:(]", words) if phrase.strip()]
    return phrases[-1] if phrases else ""


def _comparison(words: str) -> str | None:
    """Whether the words before a limit say that the value is `more` or `less`; None where they say neither."""
    more, less = _MORE.search(words), _LESS.search(words)
    found = more or less
    if found is None or (more and less):
        return None
    turned = re.search(r"\bnot\s+(?:\w+\s+)?$", words[: found.start()], re.I) is not None
    return "more" if bool(more) != turned else "less"


def _direction_flaws(item: Measurement, words: str) -> Flaws:
    """`elevation` of a negative level, `inversion` of an upright wave."""
    if item.number is None or item.unit != "mV" or item.name[:2] not in ("st", "t_", "p_"):
        return
    rises, falls = _RISES.search(words), _FALLS.search(words)
    if rises and not falls and item.number <= 0:
        yield Flaw("criteria", f"found `{rises.group()}` for `{item.id}`, whose value is not positive")
    if falls and not rises and item.number >= 0:
        yield Flaw("criteria", f"found `{falls.group()}` for `{item.id}`, whose value is not negative")
