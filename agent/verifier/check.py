"""The checks of the verifier, claim by claim, on what the report itself holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from calipers.agent.descriptions import is_description
from calipers.agent.verifier import wording
from calipers.ecg import Ecg
from calipers.evidence import (
    CriterionEvidence,
    DeviceEvidence,
    Evidence,
    GuidelinePassage,
    Measurement,
    ModelProbability,
    measurement_id,
)
from calipers.knowledge import Verdict, Verdicts, evaluate, statements, urgency
from calipers.printing import fill, printed, slots
from calipers.report import Claim, Disagreement, Fault, Report

_FOREIGN_ALLOWED: Final = ("prior:", "case:", "guide:")


def verify(report: Report, ecg: Ecg | None = None) -> list[Fault]:
    """Check every claim of a report; an empty list means that nothing was found wrong.

    Args:
        report: what is about to leave the program, or came back from somewhere.
        ecg: the ECG itself; if given, everything cited is measured again and compared.

    Returns:
        One `Fault` for each thing wrong with a claim; `claim_id` is empty for the report as a whole.
    """
    checker = Checker(report)
    faults = [fault for claim in report.claims for fault in checker.claim_faults(claim)]
    faults += checker.report_faults()
    if ecg is not None:
        faults += _remeasured_faults(report, ecg)
    return faults


class Checker:
    """Checks claims against one report's own measurements, evidence and patient.

    The criteria are evaluated anew from the report's measurements, so that an evidence table that was
    tampered with does not vouch for itself.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.items: dict[str, Evidence] = {item.id: item for item in report.measurements}
        self.items |= {item.id: item for item in report.evidence_table}

    @cached_property
    def verdicts(self) -> Verdicts:
        """Every statement, evaluated from the report's measurements."""
        measured = {item.id: item for item in self.report.measurements}
        return evaluate(measured, self.report.patient)

    def claim_faults(self, claim: Claim) -> list[Fault]:
        """Everything wrong with one claim."""
        found: list[tuple[str, str]] = list(self._id_faults(claim))
        found += self._text_faults(claim)
        cited = {key: self.items[key] for key in claim.evidence if key in self.items}
        if not self._is_own_sentence(claim):
            found += wording.number_faults(claim.template)
            found += wording.slot_term_faults(claim.template, cited)
            found += wording.lead_faults(claim.template, cited.values())
            found += self._scope_faults(claim)
        if claim.statement is not None:
            found += self._statement_faults(claim, cited)
        elif claim.polarity == "absent" or wording.negates(claim.template):
            found.append(("absence", "found a denial without a statement; needed one whose criteria show the absence"))
        if claim.criteria and claim.statement is None:
            found.append(("criteria", "found criteria cited without a statement"))
        return [Fault(claim_id=claim.id, kind=kind, detail=detail) for kind, detail in found]  # type: ignore[arg-type]

    def _id_faults(self, claim: Claim) -> Iterator[tuple[str, str]]:
        """(a) every id resolves here and belongs to this record."""
        if not claim.evidence:
            yield "unknown_id", "found no cited evidence; needed at least one id"
        for key in (*claim.evidence, *(f"crit:{criterion}" for criterion in claim.criteria)):
            item = self.items.get(key)
            if item is None:
                yield "unknown_id", f"found `{key}`; needed an id of this report"
                continue
            if item.record != self.report.record and not key.startswith(_FOREIGN_ALLOWED):
                yield "foreign_record", f"`{key}` belongs to record {item.record}, not to {self.report.record}"
            if isinstance(item, Measurement) and item.id != measurement_id(item.name, item.lead, item.beat):
                yield "unknown_id", f"`{key}` is entered as {item.name} of lead {item.lead}, beat {item.beat}"
        for slot in slots(claim.template):
            known = slot.removeprefix("crit:") in claim.criteria if slot.startswith("crit:") else slot in claim.evidence
            if not known:
                yield "slot", f"found slot `{{{slot}}}`; needed one of the ids this claim cites"

    def _text_faults(self, claim: Claim) -> Iterator[tuple[str, str]]:
        """(b) the text is the template filled by code, to the letter."""
        try:
            expected = fill(claim.template, lambda slot: printed(self.items[slot]))
        except KeyError:
            return  # an unknown slot is already a fault
        except ValueError as problem:
            yield "slot", str(problem)
            return
        if claim.text != expected:
            yield "text", f"found text `{claim.text}`; the cited values print as `{expected}`"

    def _scope_faults(self, claim: Claim) -> Iterator[tuple[str, str]]:
        """Words of the closed vocabulary only; statements are named only by claims about them."""
        if any(isinstance(self.items.get(key), GuidelinePassage) for key in claim.evidence):
            if wording.quotes(claim.template):
                yield "quotation", "found quotation marks around a paraphrase"
            if "paraphrase of" not in claim.template:
                yield "quotation", "found a guideline claim that does not say `paraphrase of` society and year"
            return
        if wording.quotes(claim.template):
            yield "quotation", "found quotation marks; nothing here is a quotation"
        own = statements().words(claim.statement.key) if claim.statement else frozenset[str]()
        if foreign := wording.foreign_words(claim.template, own):
            yield "scope", f"found `{' '.join(foreign[:6])}`; needed words of measurement and of the cited statement"
        companions = statements().companions(claim.statement.key) if claim.statement else frozenset[str]()
        for key in statements().named_in(claim.template):
            if claim.statement is not None and (key == claim.statement.key or key in companions):
                continue
            verdict = self.verdicts.get(key)
            label = statements()[key].label
            if verdict is None or not verdict.asserted:
                yield "criteria", f"the text names {label}, whose criteria are not met"
            elif claim.statement is None:
                yield "criteria", f"the text names {label} without making it the claim's statement"

    def _is_own_sentence(self, claim: Claim) -> bool:
        """Whether the template is, to the letter, what a table of code says: a description, or this verdict's words."""
        if claim.statement is None:
            return is_description(claim.template)
        verdict = self.verdicts.get(claim.statement.key)
        if verdict is None:
            return False
        own = verdict.present if claim.polarity == "present" else verdict.absent
        return own is not None and own.template == claim.template

    def _statement_faults(self, claim: Claim, cited: Mapping[str, Evidence]) -> Iterator[tuple[str, str]]:
        """(c) and (d): the diagnosis follows from criteria evaluated anew, and the right evidence is cited."""
        statement = claim.statement
        if statement is None:
            return
        if statement.key not in statements() or statements().noun(statement.key) != statement:
            yield "criteria", f"`{statement.key}` with these codes is not in the statement table"
            return
        if self._is_model_suggestion(claim, cited):
            return
        verdict = self.verdicts.get(statement.key)
        if verdict is None:
            yield "criteria", f"{statement.key} has no criteria here; only a model's suggestion may name it"
            return
        yield from self._criterion_item_faults(claim, verdict)
        said = verdict.present or verdict.absent
        deciding = {key for step in verdict.ledger for key in step.measurements}
        relevant = deciding | set(said.evidence if said else ()) | set(slots(claim.template))
        if not deciding & set(cited):
            yield "criteria", f"cites nothing that decides {statement.key}"
        if claim.polarity == "absent":
            yield from self._absence_faults(claim, verdict, cited)
            return
        if stray := [key for key, item in cited.items() if isinstance(item, Measurement) and key not in relevant]:
            yield "criteria", f"cites `{stray[0]}`, which has no part in {statement.key}"
        if wording.negates(claim.template) and not self._is_own_sentence(claim):
            yield "absence", "found a denial in a claim of presence"
        if not verdict.asserted:
            if not self._shown_as_disagreement(claim):
                yield "criteria", f"criteria of {statement.key} are {verdict.result}; needed met, or leaning and worded so"
        elif claim.certainty != verdict.certainty:
            yield "criteria", f"stated as {claim.certainty}; the criteria of {statement.key} allow {verdict.certainty}"
        elif verdict.certainty != "definite" and not self._is_own_sentence(claim) and not wording.hedges(claim.template):
            yield "criteria", f"worded as certain; the criteria of {statement.key} allow {verdict.certainty}"
        stray_leads = [lead for lead in wording.mentioned_leads(claim.template) if verdict.leads and lead not in verdict.leads]
        if stray_leads and not self._is_own_sentence(claim):
            yield "lead", f"names lead {stray_leads[0]}, which does not meet {statement.key}"

    def _criterion_item_faults(self, claim: Claim, verdict: Verdict) -> Iterator[tuple[str, str]]:
        """The cited criteria are this statement's, and stand in the table as they evaluate here."""
        anew = {step.id: step for step in verdict.ledger}
        if verdict.steps and not claim.criteria:
            yield "criteria", f"cites no criterion of {verdict.statement.key}"
        for criterion in claim.criteria:
            key = f"crit:{criterion}"
            listed = self.items.get(key)
            if listed is None:
                continue
            if not isinstance(listed, CriterionEvidence) or key not in anew:
                yield "criteria", f"`{criterion}` is not a criterion of {verdict.statement.key}"
            elif listed.model_copy(update={"record": ""}) != anew[key].model_copy(update={"record": ""}):
                yield "criteria", f"`{criterion}` does not evaluate to what the evidence table says"

    def _absence_faults(
        self, claim: Claim, verdict: Verdict, cited: Mapping[str, Evidence]
    ) -> Iterator[tuple[str, str]]:
        if verdict.result != "not_met":
            yield "absence", f"criteria of {verdict.statement.key} are {verdict.result}; needed not met to deny it"
        blind = [key for key, item in cited.items() if isinstance(item, Measurement) and item.status != "measured"]
        if blind:
            yield "absence", f"cites `{blind[0]}`, which could not be measured and shows nothing"
        if verdict.absent is not None:
            resting_on = set(verdict.absent.evidence)
        else:
            resting_on = {key for step in verdict.steps for key in step.measurements if self._measured(key)}
        if unshown := sorted(resting_on - set(cited)):
            yield "absence", f"does not cite `{unshown[0]}`, on which the absence rests"

    def _measured(self, key: str) -> bool:
        item = self.items.get(key)
        return isinstance(item, Measurement) and item.status == "measured"

    @staticmethod
    def _is_model_suggestion(claim: Claim, cited: Mapping[str, Evidence]) -> bool:
        """A statement released as the model's suggestion, citing its probability and saying so."""
        return (
            any(isinstance(item, ModelProbability) for item in cited.values())
            and claim.template.startswith("The model suggests")
            and claim.certainty == "possible"
        )

    def _shown_as_disagreement(self, claim: Claim) -> bool:
        """Whether the report shows this statement with both sides."""
        key = claim.statement.key if claim.statement else ""
        return any(d.about == key and len(d.sides) >= 2 for d in self.report.disagreements)

    def report_faults(self) -> list[Fault]:
        """What is wrong with the report as a whole."""
        report = self.report
        found: list[str] = []
        ids = [claim.id for claim in report.claims]
        if len(set(ids)) != len(ids):
            found.append("two claims share an id")
        foreign = [item.id for item in report.measurements if item.record != report.record]
        if foreign:
            found.append(f"`{foreign[0]}` belongs to another record")
        if report.impression != impression(report.claims, report.quality.assessable):
            found.append("the impression is not what the released claims compose")
        if report.urgency != urgency(self.verdicts, report.quality.assessable)[0]:
            found.append("the urgency is not what the table gives")
        found += [f"disagreement about {d.about} does not show both sides" for d in report.disagreements if _one_sided(d)]
        found += list(self._device_faults())
        if report.answer is not None and (rest := _unaccounted(report)):
            found.append(f"the answer holds `{rest[:60]}`, which is neither a released claim nor a fixed sentence")
        return [Fault(claim_id="", kind="report", detail=detail) for detail in found]

    def _device_faults(self) -> Iterator[str]:
        for item in self.report.evidence_table:
            if isinstance(item, DeviceEvidence) and item.id != f"device:{item.name}":
                yield f"`{item.id}` is entered as {item.name}"


def impression(claims: tuple[Claim, ...], assessable: bool) -> str:
    """The impression: the labels of released diagnoses, in their order, with their certainty. Composed by code."""
    if not assessable:
        return "Not assessable."
    parts = []
    for claim in claims:
        if claim.statement is None or claim.polarity == "absent":
            continue
        label = claim.statement.label
        parts.append(f"{label}." if claim.certainty == "definite" else f"{claim.certainty.capitalize()}: {label}.")
    return " ".join(parts) or "No statement reached its criteria."


def _one_sided(disagreement: Disagreement) -> bool:
    return len({side.who for side in disagreement.sides}) < 2


def _unaccounted(report: Report) -> str:
    """What remains of an answer after released claims and fixed sentences are taken away."""
    from calipers.agent.sentences import SENTENCES

    rest = report.answer or ""
    known = [claim.text for claim in report.claims] + list(SENTENCES.values())
    for text in sorted(known, key=len, reverse=True):
        rest = rest.replace(text, " ")
    return " ".join(rest.split()).strip(" .")


def _remeasured_faults(report: Report, ecg: Ecg) -> list[Fault]:
    """Measure again and compare everything that claims cite, within the joint 95 % interval."""
    from calipers.tools.measure import measure

    if ecg.record != report.record:
        return [Fault(claim_id="", kind="report", detail=f"the ECG is record {ecg.record}, the report of {report.record}")]
    again = measure(ecg)
    stated = {item.id: item for item in report.measurements}
    faults = []
    for claim in report.claims:
        for key in claim.evidence:
            item = stated.get(key)
            if item is None:
                continue
            problem = _difference(item, again[key] if key in again else None)
            if problem:
                faults.append(Fault(claim_id=claim.id, kind="measurement", detail=problem))
    return faults


def _difference(stated: Measurement, again: Measurement | None) -> str | None:
    if again is None:
        return f"`{stated.id}` does not exist when measured again"
    if stated.status != again.status or stated.unit != again.unit:
        return f"`{stated.id}` is {again.status} in {again.unit or 'no unit'} when measured again"
    if isinstance(stated.value, float) and isinstance(again.value, float):
        tolerance = ((stated.uncertainty or 0.0) ** 2 + (again.uncertainty or 0.0) ** 2) ** 0.5 + 1e-6
        if abs(stated.value - again.value) > tolerance:
            return f"`{stated.id}` is stated as {stated.value:g}, measured again {again.value:g} {stated.unit}"
        return None
    return None if stated.value == again.value else f"`{stated.id}` differs when measured again"


