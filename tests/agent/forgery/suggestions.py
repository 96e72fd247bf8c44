"""A model's word made more than it is: asserted, raised, turned to another statement, or with a probability invented."""

from __future__ import annotations

from collections.abc import Iterator

from calipers import Report
from calipers.evidence import ModelProbability
from calipers.knowledge import statements
from tests.agent.forgery.target import Forged, Target, refilled, trick


def _item(target: Target) -> ModelProbability | None:
    cited = (target.items[key] for key in target.claim.evidence)
    return next((item for item in cited if isinstance(item, ModelProbability)), None)


def _with(report: Report, old: ModelProbability, new: ModelProbability) -> Report:
    return report.model_copy(
        update={"evidence_table": tuple(new if item == old else item for item in report.evidence_table)}
    )


@trick("wording", "both")
def suggestion_asserted(target: Target) -> Iterator[Forged]:
    if item := _item(target):
        said = target.rng.choice(["The model shows", "The model confirms", "The ECG shows", "There is"])
        template = target.claim.template.replace("The model suggests", said)
        text = target.claim.text.replace("The model suggests", said)
        yield Forged(f"`{item.id}` is said as `{said}`", target.forge(template=template, text=text))


@trick("criteria", "claim")
def suggestion_raised(target: Target) -> Iterator[Forged]:
    if item := _item(target):
        certainty = target.rng.choice(["probable", "definite"])
        yield Forged(f"`{item.id}` becomes {certainty}", target.forge(certainty=certainty))


@trick("criteria", "claim")
def suggestion_of_another_statement(target: Target) -> Iterator[Forged]:
    if item := _item(target):
        key = target.rng.choice(["atrial_fibrillation", "lbbb", "third_degree_av_block", "wellens"])
        yield Forged(f"`{item.id}` states {key}", target.forge(statement=statements().noun(key)))


@trick("number", "evidence")
def probability_in_the_table(target: Target) -> Iterator[Forged]:
    if item := _item(target):
        other = item.model_copy(update={"probability": round(1.0 - 0.5 * item.probability, 4)})
        if round(100 * other.probability) != round(100 * item.probability):
            yield Forged(f"{item.id} becomes {other.probability}", _with(target.report, item, other))


@trick("number", "evidence")
def probability_below_the_threshold(target: Target) -> Iterator[Forged]:
    if item := _item(target):
        other = item.model_copy(update={"probability": 0.01})
        yield Forged(f"{item.id} becomes 0.01 in table and text", refilled(_with(target.report, item, other)))


@trick("patient", "evidence")
def probability_of_a_stranger(target: Target) -> Iterator[Forged]:
    if item := _item(target):
        other = item.model_copy(update={"record": target.stranger.record})
        yield Forged(f"{item.id} is of {other.record}", _with(target.report, item, other))


@trick("id", "both")
def suggestion_on_another_code(target: Target) -> Iterator[Forged]:
    if item := _item(target):
        code = target.rng.choice([code for code in ("AFIB", "LVH", "NDT", "STE_") if code != item.statement])
        other = item.model_copy(update={"id": f"model:{code}", "statement": code})
        claim = target.swap_slot(item.id, other.id, items={**target.items, other.id: other})
        report = target.report.model_copy(update={"evidence_table": (*target.report.evidence_table, other)})
        yield Forged(f"the suggestion rests on {other.id}", target.with_claim(claim, report))


@trick("number", "forged")
def probability_everywhere(target: Target) -> Iterator[Forged]:
    if item := _item(target):
        other = item.model_copy(update={"probability": round(0.5 * (1.0 + item.probability), 4)})
        yield Forged(f"{item.id} grows in table and text", refilled(_with(target.report, item, other)))
