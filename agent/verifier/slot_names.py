"""Whether each slot holds what the words around it announce: the parameter, and the lead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from calipers.agent.verifier.flaw import Flaw
from calipers.agent.verifier.lead_names import Mention, lead_mentions, without_leads
from calipers.agent.verifier.slot_sense import sense_flaws
from calipers.agent.verifier.slot_uses import Use, last_break, slot_uses
from calipers.agent.verifier.terms import Term, formula_after, narrowed, terms_in
from calipers.evidence import DeviceEvidence, Evidence, Measurement, PriorEvidence

#: Words that may stand between the values of one list without naming anything anew.
_LIGHT: Final = re.compile(
    r"(?:[\s,:;()]|\b(?:and|or|in|of|on|to|at|is|was|as|with|while|for|from|the|a|an|this|leads?|respectively|it|"
    r"measures|measured|here|now|today|compared|recorder|device|machine|cart|states|stated|prints|printed|"
    r"reports|reported|earlier|previous|prior|ECG|recording)\b)+",
    re.I,
)
#: What belongs to a value right after it: `{V3.st_j} in lead V3`, `{V3.st_j} (V3)`.
_SAME_BREATH: Final = re.compile(r"\s*\(?[^.,;:()]*")
#: Between two names that share one value: `the QRS and PR {pr}`.
_JOINED: Final = re.compile(r"[\s,/(–-]*(?:and |or |by )?")
#: After a value: `{pr} of the …`.
_OF: Final = re.compile(r"\s*of\s+(?:the\s+|a\s+)?")


class Reading(NamedTuple):
    """What reading the slots in order found: flaws, and every lead named, those `bound` that a value used up."""

    flaws: tuple[Flaw, ...]
    mentions: tuple[Mention, ...]


class _Named(NamedTuple):
    """The names announced from here on, up to where the text is used up, and what is wrong."""

    announced: frozenset[str]
    taken: int
    flaws: tuple[Flaw, ...] = ()


def read_slots(template: str, evidence: Mapping[str, Evidence], *, asserting: bool) -> Reading:
    """Read a template from left to right, as a clinician would, and compare each slot with its words.

    Args:
        template: the claim's template.
        evidence: id → item for everything the claim cites.
        asserting: whether the words assert a finding, so that `elevation` needs a positive value.
    """
    flaws: list[Flaw] = []
    mentions = lead_mentions(template)
    announced: frozenset[str] = frozenset()
    taken = 0
    for use in slot_uses(template):
        item = evidence.get(use.key)
        if item is None:
            continue
        flaws += sense_flaws(use, item, template, evidence, asserting=asserting)
        measured = item.measurement if isinstance(item, PriorEvidence) else item
        if not isinstance(measured, Measurement | DeviceEvidence):
            continue
        before = template[max(taken, use.start - len(use.before)) : use.start]
        announced, taken, found = _named(measured.name, use, before, announced)
        flaws += found
        if isinstance(measured, Measurement) and measured.lead is not None:
            flaws += _bind_lead(measured, use, mentions)
    return Reading(tuple(flaws), tuple(mentions))


def _named(name: str, use: Use, before: str, announced: frozenset[str]) -> _Named:
    """The parameter is named before its value, or right after it, or carried on in a list."""
    own = before[last_break(before) :]
    formula = formula_after(use.after)
    taken = use.end + (formula[1] if formula else 0)
    if terms := terms_in(own):
        said = own[terms[-1].start : terms[-1].end].strip()
        if name not in narrowed(terms[-1].names, own, use.after):
            flaw = Flaw("slot", f"found `{said}` filled by `{use.key}`; needed the value of that name")
            return _Named(terms[-1].names, taken, (flaw,))
        return _Named(terms[-1].names, taken, (*_shared(terms, own, use), *_trailing(name, use)))
    continues = _LIGHT.fullmatch(without_leads(before)) is not None
    if continues and name in narrowed(announced, own, use.after):
        return _Named(announced, taken)
    following = terms_in(use.breath)
    if following and name in narrowed(following[0].names, "", use.after):
        return _Named(following[0].names, use.end + following[0].end)
    return _Named(frozenset(), taken, (Flaw("slot", f"found `{{{use.key}}}` without the name of what it measures"),))


def _shared(terms: list[Term], own: str, use: Use) -> tuple[Flaw, ...]:
    """Two parameters joined before one value: which of them it is, nobody knows."""
    if len(terms) < 2:
        return ()
    former, latter = terms[-2:]
    joined = _JOINED.fullmatch(own[former.end : latter.start]) is not None
    if joined and not former.finding and not _related(former.names, latter.names):
        return (Flaw("slot", f"found `{own[former.start : latter.end]}` before the one value of `{use.key}`"),)
    return ()


def _trailing(name: str, use: Use) -> tuple[Flaw, ...]:
    """A parameter that a value is said to be of is the value's own: not `{pr} of the QT`."""
    terms = terms_in(use.breath)
    if not terms or _OF.fullmatch(use.breath[: terms[0].start]) is None or _related(terms[0].names, frozenset({name})):
        return ()
    said = use.breath[terms[0].start : terms[0].end].strip()
    return (Flaw("slot", f"found `{use.key}` said to be of `{said}`; needed the value of that name"),)


def _related(some: frozenset[str], others: frozenset[str]) -> bool:
    """Whether two names may speak of one value: QT and its corrections, RR and what is made of it."""
    return bool(some & others) or bool({name[:2] for name in some} & {name[:2] for name in others} & {"qt", "rr"})


def _bind_lead(item: Measurement, use: Use, mentions: list[Mention]) -> list[Flaw]:
    """The lead is named right before the value, or right after it: `V3 {V3.st_j}`, `{V3.st_j} in lead V3`."""
    free = [mention for mention in mentions if not mention.bound]
    near = [mention for mention in free if use.start - len(use.before) <= mention.start < use.start]
    if not near:
        breath = _SAME_BREATH.match(use.after)
        reach = use.end + (breath.end() if breath else 0)
        near = [mention for mention in free if use.end <= mention.start < reach][:1]
    if not near:
        return [Flaw("lead", f"found `{{{item.id}}}` without the name of its lead")]
    near[-1].bound = True
    if near[-1].lead != item.lead:
        return [Flaw("lead", f"found lead {near[-1].lead} beside the value of `{item.id}`")]
    return []
