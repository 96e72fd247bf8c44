"""Why a statement holds or not: its criteria walked step by step, with values, leads and places on the trace."""

from __future__ import annotations

from collections.abc import Mapping

from calipers.ecg import Ecg
from calipers.evidence import CriterionEvidence, Frozen, Measurement, Span, Truth
from calipers.knowledge import Verdict, evaluate, statements
from calipers.leads import Lead
from calipers.report import Certainty, Demographics, Statement


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
    """A statement's criteria in order, and the decision they come to."""

    statement: Statement
    record: str
    result: Truth
    leans: bool | None
    certainty: Certainty | None
    steps: tuple[ChainStep, ...]
    missing: tuple[str, ...]
    suppressed_by: str | None
    not_applicable_reason: str | None

    @property
    def decision(self) -> bool | None:
        """The forced yes or no: met, or the way the measurements lean; None when they say nothing."""
        return True if self.result == "met" else False if self.result == "not_met" else self.leans


def explain(ecg: Ecg, statement: str) -> Chain:
    """Walk through one statement on one ECG.

    Args:
        ecg: the ECG.
        statement: key, SCP code, label or synonym: `1AVB`, `first degree heart block`.

    Raises:
        UnknownStatement: nothing in the table is called that.
    """
    from calipers.tools.measure import measure

    row = statements().find(statement)
    measurements = measure(ecg)
    verdicts = evaluate(measurements, Demographics(age=ecg.patient.age, sex=ecg.patient.sex))
    return chain(verdicts[row.key], measurements, ecg.record)


def chain(verdict: Verdict, measurements: Mapping[str, Measurement], record: str) -> Chain:
    """A verdict as a chain of steps over its measurements."""
    return Chain(
        statement=verdict.statement,
        record=record,
        result=verdict.result,
        leans=verdict.leans,
        certainty=verdict.certainty,
        steps=tuple(_step(step, verdict, measurements) for step in verdict.steps),
        missing=verdict.missing,
        suppressed_by=verdict.suppressed_by,
        not_applicable_reason=verdict.not_applicable_reason,
    )


def _step(step: CriterionEvidence, verdict: Verdict, measurements: Mapping[str, Measurement]) -> ChainStep:
    values = tuple(measurements[key] for key in step.measurements if key in measurements)
    criterion = step.id.removeprefix("crit:")
    return ChainStep(
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
