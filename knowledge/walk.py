"""Walking one statement's tree of criteria on one ECG, for one kind of patient."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple

from calipers.evidence import CriterionEvidence, Measurement
from calipers.knowledge.answer import (
    LEFT_OUT,
    Answer,
    Partial,
    branched,
    combined,
    negated,
    over_leads,
    unique,
)
from calipers.knowledge.beats import all_beats, premature_beats, unmeasured_counts
from calipers.knowledge.nodes import (
    All,
    AnyOf,
    Compare,
    IfThen,
    InBeats,
    InLeads,
    Measured,
    Named,
    Node,
    Not,
    NothingAbnormal,
    Refers,
)
from calipers.knowledge.quantities import leads_of, unmeasured
from calipers.knowledge.table import StatementTable
from calipers.knowledge.truth import (
    Kleene,
    all_of,
    any_of,
    at_least,
    compare,
    decide,
    named,
    probability,
    probability_in_arc,
)
from calipers.knowledge.verdict import Verdict
from calipers.leads import Lead
from calipers.parameters import LEAD_UNITS
from calipers.report import Demographics


class Inside(NamedTuple):
    """Where in a list of leads or beats the walk stands, and the criterion that asks each of them."""

    criterion: str
    source: str
    lead: Lead | None = None
    beat: int | None = None


class Walk:
    """One statement on one ECG. All of these fill as it goes.

    Attributes:
        steps: every criterion as evidence.
        lead_steps: the same questions lead by lead.
        leads: criterion → the leads that met it.
        by_lead: criterion → what each of its leads came to.
        by_beat: criterion → what each of its beats came to.
    """

    def __init__(
        self,
        key: str,
        table: StatementTable,
        measurements: Mapping[str, Measurement],
        record: str,
        patient: Demographics,
        verdicts: Mapping[str, Verdict],
    ) -> None:
        self.key = key
        self.table = table
        self.measurements = measurements
        self.record = record
        self.patient = patient
        self.verdicts = verdicts
        self.steps: dict[str, CriterionEvidence] = {}
        self.lead_steps: dict[str, CriterionEvidence] = {}
        self.leads: dict[str, tuple[Lead, ...]] = {}
        self.by_lead: dict[str, Mapping[Lead, Answer]] = {}
        self.by_beat: dict[str, Mapping[int, Answer]] = {}

    def answer(self, node: Node, inside: Inside | None = None) -> Answer:
        """Evaluate a node and everything below it."""
        if isinstance(node, All):
            return combined([self.answer(child, inside) for child in node.all], all_of)
        if isinstance(node, AnyOf):
            return combined([self.answer(child, inside) for child in node.any], any_of)
        if isinstance(node, Not):
            return negated(self.answer(node.not_, inside))
        if isinstance(node, IfThen):
            condition = self.answer(node.if_, inside)
            then = self.answer(node.then, inside) if condition.truth is not False else None
            otherwise = self.answer(node.else_, inside) if condition.truth is not True else None
            return branched(condition, then, otherwise)
        answer = self._criterion(node, inside)
        if node.may_be_missing and answer.missing and answer.without_missing is None:
            answer = answer._replace(without_missing=LEFT_OUT)
        self._record(node, answer, inside)
        return answer

    def _criterion(self, node: Named, inside: Inside | None) -> Answer:
        if isinstance(node, Compare):
            return self._compare(node, inside)
        if isinstance(node, InLeads):
            return self._in_leads(node)
        if isinstance(node, InBeats):
            return self._in_beats(node)
        if isinstance(node, Measured):
            return self._measured(node, inside.lead if inside else None)
        if isinstance(node, Refers):
            return self._refers(node)
        assert isinstance(node, NothingAbnormal)
        return self._nothing_abnormal()

    def _compare(self, node: Compare, inside: Inside | None) -> Answer:
        lead, beat = (inside.lead, inside.beat) if inside else (None, None)
        row = next((row for row in node.limits if row.fits(self.patient, lead)), None)
        limit = row.limit if row else None
        arc = node.parsed_arc
        shown = str(limit) if limit else f"{arc.start:g} to {arc.end:g} deg" if arc else ""
        estimate, text, ids, missing = node.value.read(self.measurements, lead, beat)
        if missing or (node.limits and limit is None):
            return Answer(None, None, None, ids, missing, (), limit, shown)
        if estimate is not None and limit is not None and node.comparison is not None:
            leans = compare(estimate.value, node.comparison, limit.value)
            chance = probability(estimate, node.comparison, limit.value)
        elif estimate is not None and arc is not None:
            leans, chance = arc.contains(estimate.value), probability_in_arc(estimate, arc)
        else:
            assert text is not None
            leans = bool(node.pattern.search(text)) if node.pattern else text in (node.one_of or ())
            chance = float(leans)
        truth = decide(chance)
        leads = leads_of(ids) if truth is not False and leans else ()
        return Answer(truth, leans, truth, ids, (), leads, limit, shown, chance)

    def _in_leads(self, node: InLeads) -> Answer:
        source = self._source(node)
        each = {lead: self.answer(node.where, Inside(node.id, source, lead=lead)) for lead in node.leads}
        self.by_lead[f"{self.key}.{node.id}"] = each
        if node.may_be_missing:
            each = {
                lead: one._replace(without_missing=LEFT_OUT) if one.missing and one.without_missing is None else one
                for lead, one in each.items()
            }
        pairs = None
        if node.contiguous:
            pairs = [
                (a, b)
                for a, b in combinations(range(len(node.leads)), 2)
                if frozenset((node.leads[a], node.leads[b])) in self.table.contiguous
            ]
        return over_leads(each, len(each) if node.need == "all" else node.need, pairs)

    def _in_beats(self, node: InBeats) -> Answer:
        premature = node.beats == "premature"
        if premature and (missing := unmeasured_counts(self.measurements)):
            return Answer(None, None, None, (), missing)
        beats = premature_beats(self.measurements) if premature else all_beats(self.measurements)
        inside = [Inside(node.id, self._source(node), beat=beat) for beat in beats]
        each = dict(zip(beats, (self.answer(node.where, one) for one in inside), strict=True))
        self.by_beat[f"{self.key}.{node.id}"] = each
        if not each:
            return Answer(False, False, False)
        answers = list(each.values())
        need = len(answers) if node.need == "all" else node.need
        whole = combined(answers, lambda truths: at_least(need, list(truths)))
        return whole._replace(leads=(), missing=() if whole.truth is not None else whole.missing)

    def _measured(self, node: Measured, lead: Lead | None) -> Answer:
        ids = tuple(f"{lead}.{name}" if lead and name in LEAD_UNITS else name for name in node.measured)
        missing = tuple(id_ for id_ in ids if unmeasured(self.measurements, id_))
        truth = None if missing else True
        return Answer(truth, truth, truth, ids, missing)

    def _refers(self, node: Refers) -> Answer:
        verdict = self.verdicts[node.statement]
        present: Kleene = {"met": True, "indeterminate": None}.get(verdict.result, False)
        leans = False if verdict.result == "not_applicable" else verdict.leans
        partial: Partial = True if present is None and verdict.certainty == "possible" else present
        answer = Answer(present, leans, partial, verdict.weighed, verdict.missing)
        return answer if node.is_ == "present" else negated(answer)

    def _nothing_abnormal(self) -> Answer:
        others = [other for other in self.verdicts.values() if other.abnormal]
        found = [other for other in others if other.asserted or other.leans_present]
        open_ = [other for other in others if other.result == "indeterminate" and other.leans is None]
        truth: Kleene = False if found else None if open_ else True
        cited = unique(other.evidence for other in found)
        return Answer(truth, truth, truth, cited, unique(other.missing for other in open_))

    def _source(self, node: Named) -> str:
        if isinstance(node, Refers):
            return f"criteria of `{self.table[node.statement].label}`"
        source = str(self.table.sources[node.source]) if node.source else ""
        section = f", {node.section}" if node.section else ""
        operational = f" [operational: {node.operational}]" if node.operational else ""
        return f"{source}{section}{operational}".strip()

    def _record(self, node: Named, answer: Answer, inside: Inside | None) -> None:
        if inside and inside.beat is not None:
            return  # The criterion that asks every beat is the evidence; single beats would flood the ledger.
        stem = f"{self.key}.{inside.criterion}.{node.id}.{inside.lead}" if inside else f"{self.key}.{node.id}"
        # Every field is made here, so pydantic need not check hundreds of them again.
        evidence = CriterionEvidence.model_construct(
            id=f"crit:{stem}",
            record=self.record,
            statement=self.key,
            text=node.text.replace("{limit}", answer.limit_text) + (f" ({inside.lead})" if inside else ""),
            threshold=answer.limit.value if answer.limit else None,
            unit=answer.limit.unit if answer.limit else "",
            result=named(answer.truth),
            leans=answer.leans,
            probability=answer.probability,
            measurements=tuple(id_ for id_ in answer.measured if id_ in self.measurements),
            source=self._source(node) or (inside.source if inside else ""),
        )
        (self.lead_steps if inside else self.steps)[stem] = evidence
        if answer.leads and not inside:
            self.leads[stem] = answer.leads
