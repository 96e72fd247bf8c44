"""Whether each slot holds what the words around it announce: the parameter, the lead, the limit, whose word it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.lead_names import Mention, lead_mentions
from calipers.agent.verifier.terms import formula_after, narrowed, terms_in
from calipers.evidence import CriterionEvidence, DeviceEvidence, Evidence, Measurement, ModelProbability, PriorEvidence
from calipers.printing import SLOT

_BREAK: Final = re.compile(r"[.;](?=\s|$)")
#: Words that may stand between the values of one list without naming anything anew.
_LIGHT: Final = re.compile(r"(?:[\s,:()\0]|\b(?:and|or|in|of|to|at|is|was|with|while|for|the|a|an|lead|leads|respectively|it|measures)\b)*", re.I)
#: What belongs to a value right before it: `{V3.st_j} in lead V3`, `{V3.st_j} (V3)`.
_SAME_BREATH: Final = re.compile(r"\s*\(?[^.,;:()]*")
_LIMIT_WORD: Final = re.compile(
    r"\b(limits?|thresholds?|cut-?off|than|least|most|above|below|beyond|over|under|exceed\w*|reach\w*|within|of at)\b", re.I
)
_MORE: Final = re.compile(r"\b(longer|more|greater|higher|taller|above|over|beyond|exceed\w*|at least|reach\w*)\b", re.I)
_LESS: Final = re.compile(r"\b(shorter|less|lower|smaller|below|under|at most)\b", re.I)
_WHOSE: Final[dict[type, re.Pattern[str]]] = {
    DeviceEvidence: re.compile(r"\b(device|recorder|machine|cart)\b", re.I),
    PriorEvidence: re.compile(r"\b(prior|previous|earlier)\b", re.I),
    ModelProbability: re.compile(r"\bmodel\b", re.I),
}
_RISES: Final = re.compile(r"\b(elevation|raised|upright)\b", re.I)
_FALLS: Final = re.compile(r"\b(depression|depressed|inversion|inverted)\b", re.I)


class Use(NamedTuple):
    """One slot in its place: its id, the words since the slot before, the words up to the next."""

    key: str
    start: int
    before: str
    after: str


class Reading(NamedTuple):
    """What reading the slots in order found: flaws, and every lead named, those `bound` that a value used up."""

    flaws: tuple[Flaw, ...]
    mentions: tuple[Mention, ...]


def read_slots(template: str, evidence: Mapping[str, Evidence], *, asserting: bool) -> Reading:
    """Read a template from left to right, as a clinician would, and compare each slot with its words.

    Args:
        template: the claim's template.
        evidence: id → item for everything the claim cites.
        asserting: whether the words assert a finding, so that `elevation` needs a positive value.
    """
    flaws: list[Flaw] = []
    mentions = lead_mentions(template)
    carried: frozenset[str] = frozenset()
    taken = 0
    for use in _uses(template):
        before = template[max(taken, use.start - len(use.before)) : use.start]
        whole = SLOT.sub(" ", template[: use.start])
        clause = whole[_last_break(whole) :]
        item = evidence.get(use.key)
        end_of_slot = use.start + len(use.key) + 2
        match item:
            case CriterionEvidence():
                flaws += _limit_flaws(use, item, template, evidence)
                continue
            case None:
                continue
        flaws += _whose_flaws(use, item, clause)
        measured = item.measurement if isinstance(item, PriorEvidence) else item
        name = measured.name if isinstance(measured, Measurement | DeviceEvidence) else None
        if name is None:
            continue
        carried, taken, flaw = _named(name, use, before, carried, end_of_slot)
        flaws += flaw
        if isinstance(measured, Measurement):
            if measured.lead is not None:
                flaws += _bind_lead(measured, use, mentions, end_of_slot)
            if (measured.beat is not None) != bool(re.search(r"\bbeat\b", f"{clause} {_first_clause(use.after)}", re.I)):
                flaws.append(Flaw("slot", f"`{use.key}` and the words around it differ on whether one beat is meant"))
            if asserting:
                flaws += _direction_flaws(measured, before if terms_in(before) else clause)
    return Reading(tuple(flaws), tuple(mentions))


def _uses(template: str) -> list[Use]:
    matches = list(SLOT.finditer(template))
    ends = [0, *(match.end() for match in matches)]
    starts = [*(match.start() for match in matches), len(template)]
    return [
        Use(match[1], match.start(), template[ends[k] : match.start()], template[match.end() : starts[k + 1]])
        for k, match in enumerate(matches)
    ]


def _last_break(text: str) -> int:
    return max((match.end() for match in _BREAK.finditer(text)), default=0)


def _first_clause(text: str) -> str:
    return re.split(r"[.,;:(]", text, maxsplit=1)[0]


def _named(
    name: str, use: Use, before: str, carried: frozenset[str], end_of_slot: int
) -> tuple[frozenset[str], int, list[Flaw]]:
    """The names announced from here on, how far the text is used up, and what is wrong."""
    own = before[_last_break(before) :]
    formula = formula_after(use.after)
    taken = end_of_slot + (formula[1] if formula else 0)
    terms = terms_in(own)
    if terms:
        announced = terms[-1].names
        if name in narrowed(announced, own, use.after):
            return announced, taken, []
        words = own[terms[-1].start : terms[-1].end].strip()
        return announced, taken, [Flaw("slot", f"found `{words}` filled by `{use.key}`; needed the value of that name")]
    continues = own == before and bool(own.strip()) and _LIGHT.fullmatch(_less_leads(own)) is not None
    if continues and name in narrowed(carried, own, use.after):
        return carried, taken, []
    following = terms_in(_first_clause(use.after))
    if following and name in narrowed(following[0].names, "", use.after):
        return following[0].names, end_of_slot + following[0].end, []
    return frozenset(), taken, [Flaw("slot", f"found `{{{use.key}}}` without the name of what it measures")]


def _less_leads(text: str) -> str:
    return re.sub(r"(?<!\w)(?:aVR|aVL|aVF|V[1-6]|III|II|I)(?!\w)", " ", text)


def _bind_lead(item: Measurement, use: Use, mentions: list[Mention], end_of_slot: int) -> list[Flaw]:
    """The lead is named right before the value, or right after it: `V3 {V3.st_j}`, `{V3.st_j} in lead V3`."""
    opened = use.start - len(use.before)
    free = [mention for mention in mentions if not mention.bound]
    near = [mention for mention in free if opened <= mention.start < use.start]
    if not near:
        reach = end_of_slot + len(_SAME_BREATH.match(use.after)[0])  # type: ignore[index]
        near = [mention for mention in free if end_of_slot <= mention.start < reach][:1]
    if not near:
        return [Flaw("lead", f"found `{{{item.id}}}` without the name of its lead")]
    near[-1].bound = True
    if near[-1].lead != item.lead:
        return [Flaw("lead", f"found lead {near[-1].lead} beside the value of `{item.id}`")]
    return []


def _whose_flaws(use: Use, item: Evidence, clause: str) -> Flaws:
    """Another's word says whose it is; our own is nobody else's."""
    for kind, pattern in _WHOSE.items():
        attributed = pattern.search(clause) is not None
        if isinstance(item, kind) and not attributed:
            yield Flaw("slot", f"found `{{{use.key}}}` given as measured here; needed to say whose word it is")
        if isinstance(item, Measurement) and attributed:
            yield Flaw("slot", f"found `{{{use.key}}}`, measured here, given as another's word")


def _limit_flaws(use: Use, item: CriterionEvidence, template: str, evidence: Mapping[str, Evidence]) -> Flaws:
    """A limit is called one, stands beside what it limits, and on the side that the words say."""
    if not _LIMIT_WORD.search(use.before):
        yield Flaw("slot", f"found the limit `{{{use.key}}}` given as a value; needed to call it a limit")
        return
    earlier = [evidence.get(key) for key in SLOT.findall(template[: use.start])]
    values = [value for value in earlier if isinstance(value, Measurement) and value.unit == item.unit]
    if not values:
        return
    value = values[-1]
    if value.id not in item.measurements:
        yield Flaw("slot", f"found the limit `{{{use.key}}}` beside `{value.id}`, which it does not limit")
    elif len(item.measurements) == 1 and value.number is not None and item.threshold is not None:
        more, less = _MORE.search(use.before), _LESS.search(use.before)
        if (more and not less and value.number < item.threshold) or (less and not more and value.number > item.threshold):
            word = (more or less or [""])[0]
            yield Flaw("criteria", f"found `{word}` between `{value.id}` and its limit; the values say otherwise")


def _direction_flaws(item: Measurement, words: str) -> Flaws:
    """`elevation` of a negative level, `inversion` of an upright wave."""
    if item.number is None or item.unit != "mV" or item.name[:2] not in ("st", "t_", "p_"):
        return
    rises, falls = _RISES.search(words), _FALLS.search(words)
    if rises and not falls and item.number <= 0:
        yield Flaw("criteria", f"found `{rises.group()}` for `{item.id}`, whose value is not positive")
    if falls and not rises and item.number >= 0:
        yield Flaw("criteria", f"found `{falls.group()}` for `{item.id}`, whose value is not negative")
