"""A statement read one finding at a time: what was found, in which leads and beats, and the decision so far."""

from __future__ import annotations

from collections.abc import Mapping

from calipers.evidence import Frozen, Measurement, Span, Truth, measurement_id
from calipers.knowledge import Decision, Pathway, PathwayStep, StatementTable, Verdicts, Walk
from calipers.knowledge.answer import Answer
from calipers.knowledge.beats import all_beats
from calipers.knowledge.nodes import Compare, InBeats, InLeads
from calipers.knowledge.truth import named
from calipers.leads import Lead
from calipers.report import Demographics
from calipers.tools.explain.waves import wave_span


class LeadFinding(Frozen):
    """What one lead shows of a finding; `amount` is the compared quantity where it is a single number."""

    lead: Lead
    result: Truth
    leans: bool | None
    probability: float | None
    amount: float | None
    values: tuple[Measurement, ...]


class BeatFinding(Frozen):
    """One beat of a finding: where its wave lies, whether it shows the finding, and the beat's own values."""

    beat: int
    span: Span
    leans: bool | None
    values: tuple[Measurement, ...]


class StepFinding(Frozen):
    """One step of a pathway.

    Attributes:
        id: the step's name within the pathway.
        looks_for: what is evaluated.
        criteria: the limits that were applied, in words.
        result: what the measurements settle.
        leans: what the point estimates say.
        amount: the compared quantity, where a single one is compared.
        unit: of the amount.
        leads: the leads that show it.
        each_lead: every lead that was asked.
        each_beat: every beat, where the finding is seen on a wave.
        shown: where it is seen: what shows it by itself, the beats that show it, or all that were looked at.
        values: the measurements it rests on.
        decision: what the steps so far come to.
        reached: whether the steps before leave it to be asked.
        source: where the criterion was published.
    """

    id: str
    looks_for: str
    criteria: tuple[str, ...]
    result: Truth
    leans: bool | None
    probability: float | None
    amount: float | None
    unit: str
    leads: tuple[Lead, ...]
    each_lead: tuple[LeadFinding, ...]
    each_beat: tuple[BeatFinding, ...]
    shown: tuple[Span, ...]
    values: tuple[Measurement, ...]
    decision: Decision
    reached: bool
    source: str

    @property
    def found(self) -> bool:
        """The forced answer: settled, or the way the point estimates lean; what says nothing was not found."""
        return self.result == "met" or (self.result == "indeterminate" and self.leans is True)


def follow(
    key: str,
    table: StatementTable,
    verdicts: Verdicts,
    measurements: Mapping[str, Measurement],
    patient: Demographics,
) -> tuple[StepFinding, ...]:
    """Every step of a statement's pathway; empty where it has none.

    Steps that the path does not reach are evaluated too, as if the steps before had left them open.
    """
    pathway = table.pathways.get(key)
    if pathway is None:
        return ()
    record = next((item.record for item in measurements.values()), "")
    walk = Walk(f"{key}.stepwise", table, measurements, record, patient, verdicts)
    answers = {step.id: walk.answer(step.finding) for step in pathway.steps}
    found = {id_ for id_, answer in answers.items() if answer.supports}
    reached = _reached(pathway, found)
    return tuple(
        _finding(step, answers[step.id], pathway.after(step, found)[0], step.id in reached, pathway, walk)
        for step in pathway.steps
    )


def _reached(pathway: Pathway, found: set[str]) -> set[str]:
    step: PathwayStep | None = pathway.steps[0]
    reached: set[str] = set()
    while step is not None:
        reached.add(step.id)
        step = pathway.after(step, found & reached)[1]
    return reached


def _finding(
    step: PathwayStep, answer: Answer, decision: Decision, reached: bool, pathway: Pathway, walk: Walk
) -> StepFinding:
    evidence = [walk.steps[f"{walk.key}.{node.id}"] for node in step.every_criterion if _stands_alone(node, walk)]
    beats = _beats(step, answer, walk)
    amount = step.finding.value.read(walk.measurements).estimate if isinstance(step.finding, Compare) else None
    return StepFinding.model_construct(
        id=step.id,
        looks_for=step.looks_for,
        criteria=tuple(dict.fromkeys(item.text for item in evidence)),
        result=named(answer.truth),
        leans=answer.leans,
        probability=answer.probability,
        amount=round(amount.value, 4) if amount else None,
        unit=step.finding.value.unit if isinstance(step.finding, Compare) else "",
        leads=answer.leads,
        each_lead=_each_lead(step, walk),
        each_beat=beats,
        shown=_shown(step, answer, beats, walk.measurements),
        values=tuple(walk.measurements[id_] for id_ in answer.measured if id_ in walk.measurements),
        decision=decision,
        reached=reached,
        source=next((item.source for item in evidence if item.source), str(walk.table.sources[pathway.source])),
    )


def _stands_alone(node: object, walk: Walk) -> bool:
    return f"{walk.key}.{getattr(node, 'id', '')}" in walk.steps


def _each_lead(step: PathwayStep, walk: Walk) -> tuple[LeadFinding, ...]:
    findings: dict[Lead, LeadFinding] = {}
    for node in step.every_criterion:
        if not isinstance(node, InLeads):
            continue
        for lead, answer in walk.by_lead[f"{walk.key}.{node.id}"].items():
            values = tuple(walk.measurements[id_] for id_ in answer.measured if id_ in walk.measurements)
            amount = (
                node.where.value.read(walk.measurements, lead).estimate if isinstance(node.where, Compare) else None
            )
            finding = LeadFinding.model_construct(
                lead=lead,
                result=named(answer.truth),
                leans=answer.leans,
                probability=answer.probability,
                amount=amount.value if amount else None,
                values=values,
            )
            if lead not in findings or (answer.supports and findings[lead].leans is not True):
                findings[lead] = finding
    return tuple(findings.values())


def _beats(step: PathwayStep, answer: Answer, walk: Walk) -> tuple[BeatFinding, ...]:
    by_beat = next(
        (walk.by_beat[f"{walk.key}.{node.id}"] for node in step.every_criterion if isinstance(node, InBeats)), None
    )
    whole = (walk.measurements[id_] for id_ in answer.measured if id_ in walk.measurements)
    names = dict.fromkeys((item.name, item.lead) for item in whole)
    findings = []
    for beat in all_beats(walk.measurements):
        span = wave_span(walk.measurements, beat, step.wave or "QRS")
        if span is None or (by_beat is not None and beat not in by_beat):
            continue
        ids = (measurement_id(name, lead, beat) for name, lead in names)
        values = tuple(walk.measurements[id_] for id_ in ids if id_ in walk.measurements)
        leans = by_beat[beat].leans if by_beat is not None else _one_beat(step, beat, walk)
        findings.append(BeatFinding.model_construct(beat=beat, span=span, leans=leans, values=values))
    return tuple(findings)


def _one_beat(step: PathwayStep, beat: int, walk: Walk) -> bool | None:
    """What a single comparison of the whole ECG comes to on one beat; None where beats are not told apart."""
    if not isinstance(step.finding, Compare):
        return None
    names = step.finding.value.ids(None, None)
    if any(f"{id_}#{beat}" not in walk.measurements for id_ in names):
        return None
    measurements = {id_: walk.measurements[f"{id_}#{beat}"] for id_ in names}
    return Walk(walk.key, walk.table, measurements, walk.record, walk.patient, walk.verdicts).answer(step.finding).leans


def _shown(
    step: PathwayStep, answer: Answer, beats: tuple[BeatFinding, ...], measurements: Mapping[str, Measurement]
) -> tuple[Span, ...]:
    if step.shown_by:
        spans = tuple(span for name in step.shown_by if name in measurements for span in measurements[name].spans)
        if spans:
            return spans
    telling = [beat.span for beat in beats if beat.leans is answer.supports]
    return tuple(telling or (beat.span for beat in beats))
