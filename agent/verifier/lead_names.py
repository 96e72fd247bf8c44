"""Lead names in a text: single, in ranges, and which of them a value has used up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.leads import LEADS, Lead
from calipers.printing import SLOT

_ANY: Final = r"(?<![\w'.{])(?:aV[RLF]|V[1-6]|III|II|I)(?![\w'])"
_LEAD: Final = re.compile(_ANY)
#: `V1–V4`, `V1 to V4`, `I - III`: only chest leads stand in a row.
_RANGE: Final = re.compile(rf"({_ANY})\s*(?:–|-|to|through|until|up to)\s*({_ANY}|[1-6](?!\w))")
#: `avl`, `v5`: spelled as no lead is, so that no rule would take it for one.
_MISSPELT: Final = re.compile(r"(?<!\w)(?!aV[RLF]|V[1-6])(?:av[rlf]|v[1-6])(?!\w)", re.I)
_FURTHER: Final = re.compile(r"(?<!\w)(?:V[7-9]R?|V[1-6]R)(?!\w)")
_BY_NAME: Final[dict[str, Lead]] = {str(lead): lead for lead in LEADS}


@dataclass
class Mention:
    """One lead named in a text; `bound` once a value has used it."""

    lead: Lead
    start: int
    bound: bool = False


def lead_mentions(template: str) -> list[Mention]:
    """The leads that the words name, ranges of chest leads spelled out, in order; slots name none."""
    text = SLOT.sub(lambda match: "\0" * len(match.group()), template)
    found = []
    for match in _RANGE.finditer(text):
        found += [Mention(lead, match.start()) for lead in _between(match[1], match[2])]
    single = _RANGE.sub(lambda match: " " * len(match.group()), text)
    found += [Mention(_BY_NAME[match.group()], match.start()) for match in _LEAD.finditer(single)]
    return sorted(found, key=lambda mention: mention.start)


def without_leads(text: str) -> str:
    """The text less its lead names."""
    return _LEAD.sub(" ", text)


def leads_of_ids(keys: Iterable[str]) -> frozenset[Lead]:
    """The leads that measurement ids speak of; an id of another form speaks of none."""
    return frozenset(_BY_NAME[key.partition(".")[0]] for key in keys if key.partition(".")[0] in _BY_NAME)


def spelling_flaws(template: str, spoken: str = "") -> Flaws:
    """Ranges that are none, leads in no known spelling, and sites beyond the twelve leads.

    Args:
        template: the claim's template.
        spoken: what the table itself says of the statement: `record V7–V9` may be repeated.
    """
    text = SLOT.sub(" ", template)
    for match in _RANGE.finditer(text):
        if not _between(match[1], match[2]):
            yield Flaw("lead", f"found `{match.group()}`; needed a range of chest leads such as `V1–V4`")
    if wrong := _MISSPELT.search(text):
        yield Flaw("lead", f"found `{wrong.group()}`; needed a lead spelled as `aVL` or `V5`")
    if (further := _FURTHER.search(text)) and further.group() not in spoken:
        yield Flaw("lead", f"found `{further.group()}`, which a 12-lead ECG does not hold")


def _between(first: str, last: str) -> tuple[Lead, ...]:
    last = last if last[0] in "VIa" else f"V{last}"
    if not (first.startswith("V") and last.startswith("V") and first < last):
        return ()
    return LEADS[LEADS.index(_BY_NAME[first]) : LEADS.index(_BY_NAME[last]) + 1]
