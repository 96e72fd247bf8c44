"""The sentences of the statement table: what a slot may hold, and how lists of leads and criteria expand.

`{pr}` and `{V3.st_j}` are measurements, `{crit:KEY.CRITERION}` a threshold; code prints them with units.
`[[leads:st_j]]` becomes `II {II.st_j}, III {III.st_j}` over the leads that met; `[[met]]` the phrases of
the criteria that met.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

from calipers.evidence import CriterionEvidence
from calipers.knowledge.nodes import Compare, InLeads, Named, criteria_in
from calipers.knowledge.schema import Row
from calipers.leads import LEADS, Lead
from calipers.parameters import GLOBAL_UNITS, LEAD_UNITS

SLOT: Final = re.compile(r"\{([^{}]+)\}")
_LIST: Final = re.compile(r"\[\[leads:(\w+)\]\]")
#: Digits that are names, not values: leads on the chest, further recording sites, the record's kind, ratios.
FIXED_TERM: Final = re.compile(r"\bV[1-9]R?\b|\b12-lead\b|\b[23]:1\b")


def expand(template: str, leads: Sequence[Lead], row: Row, supporting: Mapping[str, tuple[Lead, ...]]) -> str:
    """Write out the lists of a template; the slots stay. `supporting` maps criteria to their leads."""
    phrases = [
        _leads(criterion.phrase, supporting[f"{row.key}.{criterion.id}"] or leads)
        for criterion in criteria_in(row.criteria)
        if criterion.phrase and f"{row.key}.{criterion.id}" in supporting
    ]
    return _leads(template.replace("[[met]]", "; ".join(phrases)), leads)


def measurement_slots(template: str) -> tuple[str, ...]:
    """The measurement ids that a template prints."""
    return tuple(dict.fromkeys(slot for slot in SLOT.findall(template) if not slot.startswith("crit:")))


def criterion_slots(template: str) -> tuple[str, ...]:
    """The criteria whose thresholds a template prints, without their prefix."""
    return tuple(dict.fromkeys(slot[5:] for slot in SLOT.findall(template) if slot.startswith("crit:")))


def printable(template: str, steps: Mapping[str, CriterionEvidence]) -> bool:
    """Whether every threshold the template prints was applied as one number."""
    return all(id_ in steps and steps[id_].threshold is not None for id_ in criterion_slots(template))


def faults(row: Row) -> list[str]:
    """What is wrong with the sentences of one row, in words."""
    found = []
    criteria = {criterion.id: criterion for criterion in criteria_in(row.criteria)}
    for template in templates_of(row):
        bare = FIXED_TERM.sub("", SLOT.sub("", re.sub(r"\[\[.*?\]\]", "", template)))
        if re.search(r"\d|[{}\[\]]", bare):
            found.append(f"digit or bracket outside a slot in `{template}`")
        found += [f"unknown measurement `{{{slot}}}`" for slot in measurement_slots(template) if not known(slot)]
        found += [f"unknown list `{name}`" for name in _LIST.findall(template) if name not in LEAD_UNITS]
        for slot in criterion_slots(template):
            key, _, name = slot.partition(".")
            if key != row.key or name not in criteria or not _single_limit(criteria[name]):
                found.append(f"`{{crit:{slot}}}` is no criterion of this statement with one limit")
    found += [f"unknown measurement `{id_}` cited" for id_ in cited_ids(row) if not known(id_)]
    return found


def templates_of(row: Row) -> tuple[str, ...]:
    """Every sentence and phrase of a row, as written."""
    says = (row.says.definite, row.says.probable, row.says.possible) if row.says else ()
    phrases = (criterion.phrase for criterion in criteria_in(row.criteria))
    absent = (row.absent.says,) if row.absent else ()
    return tuple(text for text in chain(says, phrases, (cap.says for cap in row.caps), absent) if text)


def cited_ids(row: Row) -> tuple[str, ...]:
    """The ids a row cites beyond its slots."""
    return (*(row.says.cites if row.says else ()), *(row.absent.cites if row.absent else ()))


def known(id_: str) -> bool:
    """Whether an id is a measurement of the whole ECG or of one lead."""
    lead, _, name = id_.rpartition(".")
    return (lead in LEADS and name in LEAD_UNITS) if lead else name in GLOBAL_UNITS


def _leads(template: str, leads: Sequence[Lead]) -> str:
    return _LIST.sub(lambda match: ", ".join(f"{lead} {{{lead}.{match[1]}}}" for lead in leads), template)


def _single_limit(criterion: Named) -> bool:
    asked = criterion.where if isinstance(criterion, InLeads) else criterion
    return isinstance(asked, Compare) and bool(asked.limits) and not any(row.leads for row in asked.limits)
