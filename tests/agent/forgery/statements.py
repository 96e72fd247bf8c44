"""Diagnoses that do not follow: flipped, raised, swapped, with criteria edited or dropped, or said in passing."""

from __future__ import annotations

from collections.abc import Iterator

from calipers.evidence import CriterionEvidence
from calipers.knowledge import statements
from calipers.printing import fill
from tests.agent.forgery.target import Forged, Target, trick, with_criterion

_CERTAINTIES = ("definite", "probable", "possible")


@trick("criteria", "claim")
def polarity_flipped(target: Target) -> Iterator[Forged]:
    flipped = "absent" if target.claim.polarity == "present" else "present"
    yield Forged(f"polarity becomes {flipped}", target.forge(polarity=flipped))


@trick("criteria", "both")
def denial_turned_round(target: Target) -> Iterator[Forged]:
    """`are not met` becomes `are met`, `No ST elevation` becomes `ST elevation`."""
    template = target.claim.template
    turned = template.replace(" not met", " met").replace("No ", "", 1)
    if target.claim.polarity == "absent" and turned != template:
        polarity = target.rng.choice(["absent", "present"])
        yield Forged(
            f"the denial loses its `not`, as {polarity}",
            target.forge(template=turned, text=fill(turned, target.printed), polarity=polarity),
        )


@trick("criteria", "both")
def finding_denied(target: Target) -> Iterator[Forged]:
    if target.claim.statement and target.claim.polarity == "present":
        template = f"No {target.claim.template[0].lower()}{target.claim.template[1:]}"
        polarity = target.rng.choice(["absent", "present"])
        yield Forged(
            f"the finding is denied, as {polarity}",
            target.forge(template=template, text=fill(template, target.printed), polarity=polarity),
        )


@trick("criteria", "claim")
def other_certainty(target: Target) -> Iterator[Forged]:
    other = target.rng.choice([one for one in _CERTAINTIES if one != target.claim.certainty])
    yield Forged(f"certainty becomes {other}", target.forge(certainty=other))


@trick("criteria", "both")
def caution_dropped(target: Target) -> Iterator[Forged]:
    if target.claim.certainty != "definite" and target.claim.statement:
        template = target.claim.template
        for hedge in (
            "Borderline ",
            " is likely but borderline",
            " is likely",
            ", one limit being borderline",
            ", borderline",
            " may be",
            "Probably a ",
        ):
            template = template.replace(hedge, "")
        if template != target.claim.template:
            template = template[0].upper() + template[1:]
            yield Forged(
                "the words lose their caution", target.forge(template=template, text=fill(template, target.printed))
            )


@trick("criteria", "claim")
def another_statement(target: Target) -> Iterator[Forged]:
    if target.claim.statement:
        made = [
            claim.statement
            for claim in target.report.claims
            if claim.statement and claim.polarity == target.claim.polarity
        ]
        others = [other for other in made if other.key != target.claim.statement.key]
        if others:
            other = target.rng.choice(others)
            yield Forged(f"the statement becomes {other.key}", target.forge(statement=other))


@trick("criteria", "claim")
def another_statement_with_its_criteria(target: Target) -> Iterator[Forged]:
    made = [
        claim
        for claim in target.report.claims
        if claim.statement and claim.polarity == target.claim.polarity and claim.id != target.claim.id
    ]
    if target.claim.statement and made:
        other = target.rng.choice(made)
        forged = target.forge(
            statement=other.statement,
            criteria=other.criteria,
            evidence=tuple(dict.fromkeys((*target.claim.evidence, *other.evidence))),
        )
        yield Forged(f"the statement, criteria and evidence become those of {other.id}", forged)


@trick("criteria", "claim")
def any_statement_of_the_table(target: Target) -> Iterator[Forged]:
    key = target.rng.choice(
        [key for key in statements() if not target.claim.statement or key != target.claim.statement.key]
    )
    yield Forged(f"the statement becomes {key}", target.forge(statement=statements().noun(key)))


@trick("criteria", "claim")
def statement_removed(target: Target) -> Iterator[Forged]:
    if target.claim.statement:
        yield Forged("the statement is dropped, the words stay", target.forge(statement=None, polarity="present"))


@trick("criteria", "claim")
def statement_and_criteria_removed(target: Target) -> Iterator[Forged]:
    if target.claim.statement:
        forged = target.forge(statement=None, criteria=(), polarity="present", certainty="definite")
        yield Forged("statement and criteria are dropped, the words stay", forged)


@trick("criteria", "claim")
def other_codes(target: Target) -> Iterator[Forged]:
    if target.claim.statement:
        yield Forged(
            "the statement's codes are another's",
            target.forge(statement=target.claim.statement.model_copy(update={"scp": ("3AVB",)})),
        )


@trick("criteria", "claim")
def criteria_dropped(target: Target) -> Iterator[Forged]:
    if target.claim.criteria:
        yield Forged("no criterion is cited", target.forge(criteria=()))


@trick("criteria", "claim")
def one_criterion_dropped(target: Target) -> Iterator[Forged]:
    if len(target.claim.criteria) > 1:
        at = target.rng.randrange(len(target.claim.criteria))
        criteria = (*target.claim.criteria[:at], *target.claim.criteria[at + 1 :])
        yield Forged(f"{target.claim.criteria[at]} is not cited", target.forge(criteria=criteria))


@trick("criteria", "claim")
def a_criterion_of_another(target: Target) -> Iterator[Forged]:
    others = [key for claim in target.report.claims for key in claim.criteria if claim.id != target.claim.id]
    if others and target.claim.statement:
        other = target.rng.choice(
            [key for key in others if not key.startswith(f"{target.claim.statement.key}.")] or [""]
        )
        if other:
            yield Forged(f"cites {other} as well", target.forge(criteria=(*target.claim.criteria, other)))


def _criterion(target: Target) -> CriterionEvidence | None:
    held = [item for key in target.claim.criteria if isinstance(item := target.items[f"crit:{key}"], CriterionEvidence)]
    return target.rng.choice(held) if held else None


@trick("criteria", "evidence")
def result_edited(target: Target) -> Iterator[Forged]:
    if item := _criterion(target):
        other = target.rng.choice(
            [one for one in ("met", "not_met", "indeterminate", "not_applicable") if one != item.result]
        )
        yield Forged(f"{item.id} becomes {other}", with_criterion(target.report, item.id, result=other))


@trick("criteria", "evidence")
def wording_of_a_criterion(target: Target) -> Iterator[Forged]:
    if item := _criterion(target):
        field = target.rng.choice(["text", "source"])
        yield Forged(
            f"{field} of {item.id} is another",
            with_criterion(target.report, item.id, **{field: "As the authors decided"}),
        )


@trick("criteria", "evidence")
def lean_edited(target: Target) -> Iterator[Forged]:
    if item := _criterion(target):
        changes = {"leans": not item.leans, "probability": 0.97 if item.probability != 0.97 else 0.2}
        yield Forged(f"{item.id} leans the other way", with_criterion(target.report, item.id, **changes))


@trick("criteria", "evidence")
def measurements_of_a_criterion(target: Target) -> Iterator[Forged]:
    if item := _criterion(target):
        yield Forged(
            f"{item.id} rests on `hr` and `qtc_hodges`",
            with_criterion(target.report, item.id, measurements=("hr", "qtc_hodges")),
        )
