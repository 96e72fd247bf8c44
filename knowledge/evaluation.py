"""From measurements to verdicts: every statement of the table, in the order in which they depend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from calipers.evidence import CriterionEvidence, Measurement
from calipers.knowledge.answer import Answer, unique
from calipers.knowledge.patients import Outcome, kinds, merged, walked
from calipers.knowledge.quantities import unmeasured
from calipers.knowledge.schema import Cap, Row
from calipers.knowledge.table import StatementTable, statements
from calipers.knowledge.templates import criterion_slots, expand, measurement_slots, printable
from calipers.knowledge.truth import named
from calipers.knowledge.verdict import Sentence, Verdict, Verdicts
from calipers.knowledge.walk import Walk
from calipers.report import Certainty, Demographics, Statement

ADULT_FROM_YEARS: Final = 16.0
_RANK: Final[dict[Certainty, int]] = {"possible": 0, "probable": 1, "definite": 2}


class _Context(NamedTuple):
    table: StatementTable
    measurements: Mapping[str, Measurement]
    record: str
    patient: Demographics
    verdicts: dict[str, Verdict]


def evaluate(
    measurements: Mapping[str, Measurement], patient: Demographics, table: StatementTable | None = None
) -> Verdicts:
    """Evaluate every statement of the table on one ECG.

    Args:
        measurements: id → measurement; an id that is absent counts as not measurable.
        patient: age in years and sex; what is unknown is tried both ways, and an unknown age is an adult's.
        table: another table than the installed one.
    """
    table = table or statements()
    record = next((item.record for item in measurements.values()), "")
    context = _Context(table, measurements, record, patient, {})
    for key in table.order:
        context.verdicts[key] = _verdict(table[key], context)
    ordered = {key: context.verdicts[key] for key in table if key in context.verdicts}
    unasked = frozenset(key for key in ordered if (absent := table[key].absent) is not None and absent.unasked)
    return Verdicts(ordered, {key: table[key].subsumed_by for key in ordered}, unasked)


def _verdict(row: Row, context: _Context) -> Verdict:
    noun = context.table.noun(row.key)
    age = context.patient.age
    if row.adults_only and age is not None and age < ADULT_FROM_YEARS:
        return _not_applicable(row, noun, "adult limits are not applied under sixteen years of age")
    outcome = merged(
        row, [walked(row, _walk(row, context, kind)) for kind in kinds(row, context.patient)], context.patient
    )
    if outcome.applies is not None and outcome.applies.truth is not True and outcome.applies.leans is False:
        return _not_applicable(row, noun, "what it presupposes is not present on this ECG", outcome)
    suppressor = next((key for key in row.suppressed_by if context.verdicts[key].leans_present), None)
    if suppressor is not None:
        reason = f"not judged in the presence of {context.table[suppressor].label}"
        return _not_applicable(row, noun, reason, outcome, suppressor)
    certainty, caps = _certainty(row, outcome)
    return Verdict(
        statement=noun,
        abnormal=row.abnormal,
        result=named(outcome.answer.truth),
        leans=outcome.answer.leans,
        certainty=certainty,
        steps=tuple(outcome.steps.values()),
        lead_steps=tuple(outcome.lead_steps.values()),
        leads=outcome.answer.leads,
        leads_by_criterion=dict(outcome.leads),
        missing=outcome.answer.missing if outcome.answer.truth is None else (),
        depends_on=outcome.depends_on,
        caveats=tuple(cap.reason for cap in caps),
        present=_present(row, outcome, certainty, caps, context.measurements),
        absent=_absent(row, outcome, context.measurements),
    )


def _walk(row: Row, context: _Context, kind: Demographics) -> Walk:
    return Walk(row.key, context.table, context.measurements, context.record, kind, context.verdicts)


def _not_applicable(
    row: Row, noun: Statement, reason: str, outcome: Outcome | None = None, suppressor: str | None = None
) -> Verdict:
    """The steps stay visible, and the lean is kept: a hidden critical finding still raises urgency."""
    return Verdict(
        statement=noun,
        abnormal=row.abnormal,
        result="not_applicable",
        leans=outcome.answer.leans if outcome else None,
        certainty=None,
        steps=tuple(outcome.steps.values()) if outcome else (),
        lead_steps=tuple(outcome.lead_steps.values()) if outcome else (),
        suppressed_by=suppressor,
        not_applicable_reason=reason,
    )


def _certainty(row: Row, outcome: Outcome) -> tuple[Certainty | None, tuple[Cap, ...]]:
    """The certainty of the answer, lowered by every cap that holds."""
    base = _base_certainty(outcome.answer)
    if base is None:
        return None, ()
    caps = [
        cap
        for cap, open_ in zip(row.caps, outcome.caps_open, strict=True)
        if open_ and _RANK[cap.at_most] < _RANK[base]
    ]
    return min((base, *(cap.at_most for cap in caps)), key=lambda one: _RANK[one]), tuple(caps)


def _base_certainty(answer: Answer) -> Certainty | None:
    if answer.truth is True:
        return "definite"
    if answer.truth is None and answer.leans is True:
        return "probable"
    return "possible" if answer.truth is None and answer.leans is None and answer.without_missing is True else None


def _present(
    row: Row,
    outcome: Outcome,
    certainty: Certainty | None,
    caps: tuple[Cap, ...],
    measurements: Mapping[str, Measurement],
) -> Sentence | None:
    if certainty is None or row.says is None:
        return None
    lowest = min(caps, key=lambda cap: _RANK[cap.at_most], default=None)
    written = {"definite": row.says.definite, "probable": row.says.probable, "possible": row.says.possible}
    template = lowest.says if lowest and lowest.says and lowest.at_most == certainty else written[certainty]
    if template is None:
        return None
    results = {"met"} if outcome.answer.truth is True else {"met", "indeterminate"}
    open_ = _base_certainty(outcome.answer) == "possible"
    supporting = [
        (stem, step)
        for stem, step in outcome.steps.items()
        # `possible` rests on leads that met where only a missing neighbour leaves the step without a lean.
        if step.result in results and (step.leans is True or (open_ and step.leans is None and outcome.leads.get(stem)))
    ]
    leads = {stem: outcome.leads.get(stem, ()) for stem, _ in supporting}
    text = expand(template, outcome.answer.leads, row, leads)
    if not printable(text, outcome.steps):
        return None
    shown = unique(_of_leads(step, leads[stem]) for stem, step in supporting)
    cited = unique((measurement_slots(text), shown, row.says.cites))
    return Sentence(
        template=text,
        evidence=tuple(id_ for id_ in cited if not unmeasured(measurements, id_)),
        criteria=unique(([stem for stem, _ in supporting], criterion_slots(text))),
    )


def _absent(row: Row, outcome: Outcome, measurements: Mapping[str, Measurement]) -> Sentence | None:
    """A pertinent negative needs every measurement it cites: not measurable never supports absence.

    A limit it prints is one that is missed: `QRS 153 ms (limit 120 ms)` would not say why there is no LBBB.
    """
    if row.absent is None or outcome.answer.truth is not False:
        return None
    text = expand(row.absent.says, (), row, {})
    cited = unique((measurement_slots(text), row.absent.cites))
    if any(unmeasured(measurements, id_) for id_ in cited) or not printable(text, outcome.steps):
        return None
    if any(outcome.steps[stem].result == "met" for stem in criterion_slots(text)):
        return None
    contrary = [stem for stem, step in outcome.steps.items() if step.result == "not_met"]
    return Sentence(template=text, evidence=cited, criteria=unique((contrary, criterion_slots(text))))


def _of_leads(step: CriterionEvidence, leads: tuple[str, ...]) -> tuple[str, ...]:
    """The measurements of a step, only those of the leads that met it where it asked several."""
    if not leads:
        return step.measurements
    return tuple(id_ for id_ in step.measurements if "." not in id_ or id_.partition(".")[0] in leads)
