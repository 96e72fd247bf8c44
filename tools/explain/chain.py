"""A statement's verdict as a chain of steps over the measurements behind it."""

from __future__ import annotations

from collections.abc import Mapping

from calipers.evidence import CriterionEvidence, Frozen, Measurement, Span, Truth
from calipers.knowledge import Decision, Verdict, Verdicts, statements
from calipers.leads import Lead
from calipers.report import Certainty, Demographics, Statement
from calipers.tools.explain.stepwise import StepFinding, follow


class ChainStep(Frozen):
    """One criterion: what is looked for, what was found, and where."""

    criterion: str
    looks_for: str
    result: Truth
    leans: bool | None
    probability: float | None
    leads: tuple[Lead, ...]
    values: tuple[Measurement, ...]
    spans: tuple[Span, ...]
    source: str


class Chain(Frozen):
    """A statement's criteria in order, and the decision they come to.

    `steps` are the criteria on which a claim rests. `stepwise` asks one finding at a time, as a reader would,
    and gives the decision after each; it is empty for statements without a published pathway.
    """

    statement: Statement
    record: str
    result: Truth
    leans: bool | None
    certainty: Certainty | None
    steps: tuple[ChainStep, ...]
    missing: tuple[str, ...]
    suppressed_by: str | None
    not_applicable_reason: str | None
    stepwise: tuple[StepFinding, ...] = ()

    @property
    def decision(self) -> bool | None:
        """The forced yes or no: met, or the way the measurements lean; None when they say nothing."""
        return True if self.result == "met" else False if self.result == "not_met" else self.leans

    @property
    def stepwise_decision(self) -> Decision | None:
        """What the pathway comes to; None where there is none."""
        reached = [step for step in self.stepwise if step.reached]
        return reached[-1].decision if reached else None


def chain(key: str, verdicts: Verdicts, measurements: Mapping[str, Measurement], patient: Demographics) -> Chain:
    """The chain of one statement.

    Args:
        key: the statement's key.
        verdicts: every statement's verdict on this ECG.
        measurements: those that the verdicts rest on.
        patient: age and sex.
    """
    verdict = verdicts[key]
    return Chain.model_construct(
        statement=verdict.statement,
        record=next((item.record for item in measurements.values()), ""),
        result=verdict.result,
        leans=verdict.leans,
        certainty=verdict.certainty,
        steps=tuple(_step(step, verdict, measurements) for step in verdict.steps),
        missing=verdict.missing,
        suppressed_by=verdict.suppressed_by,
        not_applicable_reason=verdict.not_applicable_reason,
        stepwise=follow(key, statements(), verdicts, measurements, patient),
    )


def _step(step: CriterionEvidence, verdict: Verdict, measurements: Mapping[str, Measurement]) -> ChainStep:
    values = tuple(measurements[key] for key in step.measurements if key in measurements)
    criterion = step.id.removeprefix("crit:")
    return ChainStep.model_construct(
        criterion=criterion,
        looks_for=step.text,
        result=step.result,
        leans=step.leans,
        probability=step.probability,
        leads=verdict.leads_by_criterion.get(criterion, ()),
        values=values,
        spans=tuple(dict.fromkeys(span for value in values for span in value.spans[:1])),
        source=step.source,
    )
