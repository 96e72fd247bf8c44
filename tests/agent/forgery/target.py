"""One claim of one real report, and the tools to forge it: refilling, replacing, and the reports of strangers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from calipers import Claim, Measurement, Report
from calipers.evidence import CriterionEvidence, Evidence
from calipers.printing import SLOT, fill, printed, slots

Kind = Literal["number", "unit", "lead", "id", "patient", "criteria", "wording"]
#: Where the fault lies: in the text alone, the template alone, both in step, the claim's other fields, the
#: evidence, or the evidence and every text alike (which only the ECG itself can show).
Place = Literal["text", "template", "both", "claim", "evidence", "forged"]


class PlantedFault(NamedTuple):
    """A report with one fault, and the claim on which the verifier must find it."""

    kind: Kind
    place: Place
    description: str
    report: Report
    claim_id: str


class Forged(NamedTuple):
    """What a forger made of a report."""

    description: str
    report: Report


@dataclass(frozen=True)
class Target:
    """A claim to be forged, in its report; `strangers` are reports of other patients."""

    report: Report
    claim: Claim
    strangers: tuple[Report, ...]
    rng: random.Random

    @cached_property
    def items(self) -> dict[str, Evidence]:
        """Everything the report holds, by id."""
        return {item.id: item for item in (*self.report.measurements, *self.report.evidence_table)}

    @cached_property
    def value_slots(self) -> tuple[str, ...]:
        """The claim's slots that print a measured number."""
        found = dict.fromkeys(slots(self.claim.template))
        return tuple(
            key for key in found if isinstance(item := self.items[key], Measurement) and item.number is not None
        )

    @cached_property
    def cited(self) -> tuple[Measurement, ...]:
        """The measurements that the claim cites."""
        return tuple(item for key in self.claim.evidence if isinstance(item := self.items[key], Measurement))

    @cached_property
    def stranger(self) -> Report:
        """Another patient's report."""
        return self.rng.choice([other for other in self.strangers if other.record != self.report.record])

    def printed(self, key: str) -> str:
        """What a slot prints."""
        return printed(self.items[key])

    def forge(self, **changes: Any) -> Report:
        """The report with fields of the claim changed, and the impression composed anew."""
        return self.with_claim(self.claim.model_copy(update=changes))

    def with_claim(self, forged: Claim, report: Report | None = None) -> Report:
        """The report with the claim replaced, and the impression composed anew."""
        report = report or self.report
        claims = tuple(forged if claim.id == self.claim.id else claim for claim in report.claims)
        return report.model_copy(update={"claims": claims, "impression": composed(claims)})

    def retext(self, text: str) -> Report:
        """Only the text changed."""
        return self.forge(text=text)

    def swap_slot(self, old: str, new: str, *, items: dict[str, Evidence] | None = None) -> Claim:
        """The claim with one slot's id replaced in template and evidence, and the text filled anew."""
        template = SLOT.sub(lambda match: f"{{{new}}}" if match[1] == old else match[0], self.claim.template)
        evidence = tuple(dict.fromkeys(new if key == old else key for key in self.claim.evidence))
        table = items or self.items
        return self.claim.model_copy(
            update={
                "template": template,
                "text": fill(template, lambda slot: printed(table[slot])),
                "evidence": evidence,
            }
        )


def refilled(report: Report) -> Report:
    """Every claim's text filled anew from the report's items."""
    items: dict[str, Evidence] = {item.id: item for item in (*report.measurements, *report.evidence_table)}
    claims = tuple(
        claim.model_copy(update={"text": fill(claim.template, lambda slot: printed(items[slot]))})
        for claim in report.claims
    )
    return report.model_copy(update={"claims": claims})


def with_measurement(report: Report, key: str, **changes: Any) -> Report:
    """The report with fields of one measurement changed."""
    measurements = tuple(item.model_copy(update=changes) if item.id == key else item for item in report.measurements)
    return report.model_copy(update={"measurements": measurements})


def with_criterion(report: Report, key: str, **changes: Any) -> Report:
    """The report with fields of one criterion changed."""
    table = tuple(
        item.model_copy(update=changes) if isinstance(item, CriterionEvidence) and item.id == key else item
        for item in report.evidence_table
    )
    return report.model_copy(update={"evidence_table": table})


def composed(claims: tuple[Claim, ...]) -> str:
    """The impression that goes with these claims."""
    first: dict[str, Claim] = {}
    for claim in claims:
        if claim.statement and claim.polarity == "present":
            first.setdefault(claim.statement.label, claim)
    labels = [
        f"{label}." if claim.certainty == "definite" else f"{claim.certainty.capitalize()}: {label}."
        for label, claim in first.items()
    ]
    return " ".join(labels) or "No statement reached its criteria."


Forger = Callable[[Target], Iterator[Forged]]


class Trick(NamedTuple):
    """One way to plant a fault."""

    kind: Kind
    place: Place
    forger: Forger


TRICKS: list[Trick] = []


def trick(kind: Kind, place: Place) -> Callable[[Forger], Forger]:
    """Enter a forger in the list of tricks; it yields nothing for a claim that it cannot forge."""

    def enter(forger: Forger) -> Forger:
        TRICKS.append(Trick(kind, place, forger))
        return forger

    return enter
