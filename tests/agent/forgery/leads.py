"""Wrong leads: named, cited or entered as another, added, or stretched to a range."""

from __future__ import annotations

import re
from collections.abc import Iterator

from calipers import Measurement
from calipers.evidence import measurement_id
from calipers.leads import LEADS
from calipers.printing import SLOT, fill
from tests.agent.forgery.target import Forged, Target, trick, with_measurement

_LEAD = re.compile(r"(?<![\w'.{])(?:aV[RLF]|V[1-6]|III|II|I)(?![\w'.])")


def _named(text: str) -> list[re.Match[str]]:
    """Lead names outside slots."""
    hidden = SLOT.sub(lambda match: "\0" * len(match[0]), text)
    return list(_LEAD.finditer(hidden))


def _other(target: Target, lead: str) -> str:
    return target.rng.choice([other for other in LEADS if other != lead])


def _renamed(text: str, match: re.Match[str], other: str) -> str:
    return text[: match.start()] + other + text[match.end() :]


@trick("lead", "text")
def name_in_text(target: Target) -> Iterator[Forged]:
    if found := _named(target.claim.text):
        match = target.rng.choice(found)
        other = _other(target, match[0])
        yield Forged(
            f"{match[0]} in the text becomes {other}", target.retext(_renamed(target.claim.text, match, other))
        )


@trick("lead", "template")
def name_in_template(target: Target) -> Iterator[Forged]:
    if found := _named(target.claim.template):
        match = target.rng.choice(found)
        other = _other(target, match[0])
        yield Forged(
            f"{match[0]} in the template becomes {other}",
            target.forge(template=_renamed(target.claim.template, match, other)),
        )


@trick("lead", "both")
def name_in_both(target: Target) -> Iterator[Forged]:
    if found := _named(target.claim.template):
        match = target.rng.choice(found)
        other = _other(target, match[0])
        template = _renamed(target.claim.template, match, other)
        yield Forged(
            f"{match[0]} becomes {other}, its value stays",
            target.forge(template=template, text=fill(template, target.printed)),
        )


@trick("lead", "both")
def value_of_another_lead(target: Target) -> Iterator[Forged]:
    held = [key for key in target.value_slots if "." in key]
    if held:
        key = target.rng.choice(held)
        lead, name = key.split(".")
        other = f"{_other(target, lead)}.{name}"
        if other in target.items:
            yield Forged(
                f"{{{key}}} becomes {{{other}}}, its name stays", target.with_claim(target.swap_slot(key, other))
            )


@trick("lead", "both")
def two_leads_change_places(target: Target) -> Iterator[Forged]:
    found = _named(target.claim.template)
    if len({match[0] for match in found}) >= 2:
        first = found[0]
        second = next(match for match in found if match[0] != first[0])
        template = _renamed(_renamed(target.claim.template, second, first[0]), first, second[0])
        yield Forged(
            f"{first[0]} and {second[0]} change places",
            target.forge(template=template, text=fill(template, target.printed)),
        )


@trick("lead", "both")
def one_more_lead(target: Target) -> Iterator[Forged]:
    found = {match[0] for match in _named(target.claim.template)} | {item.lead for item in target.cited}
    other = target.rng.choice([lead for lead in LEADS if lead not in found] or ["V4R"])
    template = f"{target.claim.template[:-1]} and in {other}."
    yield Forged(f"`and in {other}` is added", target.forge(template=template, text=fill(template, target.printed)))


@trick("lead", "both")
def a_range_of_leads(target: Target) -> Iterator[Forged]:
    if found := _named(target.claim.template):
        match = target.rng.choice(found)
        span = target.rng.choice(["V1–V6", "V1 to V6", "I–III", "V2-V5", "I to aVF"])
        template = _renamed(target.claim.template, match, span)
        yield Forged(f"{match[0]} becomes {span}", target.forge(template=template, text=fill(template, target.printed)))


@trick("lead", "evidence")
def entered_for_another_lead(target: Target) -> Iterator[Forged]:
    held = [item for item in target.cited if item.lead]
    if held:
        item = target.rng.choice(held)
        other = _other(target, str(item.lead))
        yield Forged(f"{item.id} is entered for {other}", with_measurement(target.report, item.id, lead=other))


@trick("lead", "evidence")
def renamed_in_the_table(target: Target) -> Iterator[Forged]:
    """Lead, id, template, evidence and text alike: the value of one lead under the name of another."""
    held = [key for key in target.value_slots if "." in key]
    if held:
        key = target.rng.choice(held)
        item = target.items[key]
        assert isinstance(item, Measurement)
        other = next(lead for lead in reversed(LEADS) if lead != item.lead)
        forged_id = measurement_id(item.name, other)
        report = with_measurement(target.report, key, id=forged_id, lead=other)
        items = {measured.id: measured for measured in report.measurements} | {
            entry.id: entry for entry in report.evidence_table
        }
        yield Forged(
            f"{key} is renamed {forged_id} everywhere",
            target.with_claim(target.swap_slot(key, forged_id, items=items), report),
        )
