"""The verifier's front: `verify` for a report, `Checker` for one claim at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from calipers.agent import descriptions
from calipers.agent.comparison import ChangeSentence
from calipers.agent.verifier import wording
from calipers.agent.verifier.changes import change_flaws
from calipers.agent.verifier.diagnosis import Diagnosis
from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.grounds import Grounds
from calipers.agent.verifier.lead_names import spelling_flaws
from calipers.agent.verifier.lookups import is_repetition, repetition_flaws
from calipers.agent.verifier.passages import passage_flaws, passages
from calipers.agent.verifier.remeasure import remeasured_faults
from calipers.agent.verifier.remeasured_priors import remeasured_prior_faults
from calipers.agent.verifier.slot_names import read_slots
from calipers.agent.verifier.suggestions import cites_model, suggestion_flaws
from calipers.agent.verifier.whole import impression, report_flaws
from calipers.agent.yes_or_no import leaning_faults
from calipers.ecg import Ecg
from calipers.evidence import Evidence, Measurement
from calipers.knowledge import statements
from calipers.printing import fill, printed, slots
from calipers.report import Claim, Fault, Report

__all__ = ["Checker", "impression", "verify"]

#: From here on a QRS is wide, and the sentence on JTc may say so.
_WIDE_QRS_MS: Final = 120.0


def verify(report: Report, ecg: Ecg | None = None, priors: Sequence[Ecg] = ()) -> list[Fault]:
    """Check every claim of a report; an empty list means that nothing was found wrong.

    Args:
        report: what is about to leave the program, or came back from somewhere.
        ecg: the ECG itself; if given, everything that claims rest on is measured again and compared.
        priors: the earlier ECGs that it was compared with, measured again likewise.

    Returns:
        One `Fault` for each thing wrong with a claim; `claim_id` is empty for the report as a whole.

    Example:
        >>> report = agent.interpret(ecg)
        >>> verify(report, ecg)
        []
        >>> first = report.claims[1].model_copy(update={"text": "Ventricular rate 99/min."})
        >>> [fault.kind for fault in verify(report.model_copy(update={"claims": (first,)}))]
        ['text', 'report']
    """
    checker = Checker(report)
    faults = [fault for claim in report.claims for fault in checker.claim_faults(claim)]
    faults += checker.report_faults()
    if ecg is not None:
        faults += [*remeasured_faults(checker.grounds, ecg), *leaning_faults(report, ecg)]
    if priors:
        faults += remeasured_prior_faults(report, ecg, priors)
    return faults


class Checker:
    """Checks claims against one report's own measurements, evidence and patient."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.grounds = Grounds(report)

    def claim_faults(self, claim: Claim) -> list[Fault]:
        """Everything wrong with one claim."""
        flaws = [*self._citation_flaws(claim), *self._text_flaws(claim), *self._mark_flaws(claim)]
        if passages(claim, self.grounds):
            flaws += passage_flaws(claim, self.grounds)
        elif cites_model(claim, self.grounds):
            flaws += suggestion_flaws(claim, self.grounds)
        elif is_repetition(claim, self.grounds):
            flaws += repetition_flaws(claim, self.grounds)
        elif (said := self.grounds.changes.own_sentence(claim)) is not None:
            flaws += self._change_flaws(claim, said)
        elif claim.statement is None:
            flaws += self._description_flaws(claim)
        else:
            flaws += self._diagnosis_flaws(claim)
        return [Fault(claim_id=claim.id, kind=flaw.kind, detail=flaw.detail) for flaw in dict.fromkeys(flaws)]

    def report_faults(self) -> list[Fault]:
        """What is wrong with the report as a whole."""
        return [Fault(claim_id="", kind=flaw.kind, detail=flaw.detail) for flaw in report_flaws(self.grounds)]

    def _citation_flaws(self, claim: Claim) -> Flaws:
        """(a) every id resolves here to a sound item, once; every slot is cited."""
        if not claim.evidence:
            yield Flaw("unknown_id", "found no cited evidence; needed at least one id")
        keys = (*claim.evidence, *(f"crit:{criterion}" for criterion in claim.criteria))
        if len(set(keys)) != len(keys):
            yield Flaw("unknown_id", "found an id cited twice")
        for key in keys:
            if key not in self.grounds.items:
                yield Flaw("unknown_id", f"found `{key}`; needed an id of this report")
            yield from self.grounds.flaws.get(key, ())
        for key in claim.evidence:
            if key.startswith("crit:"):
                yield Flaw("criteria", f"found `{key}` as evidence; needed it among the criteria")
        for slot in slots(claim.template):
            known = slot.removeprefix("crit:") in claim.criteria if slot.startswith("crit:") else slot in claim.evidence
            if not known:
                yield Flaw("slot", f"found slot `{{{slot}}}`; needed one of the ids this claim cites")

    def _mark_flaws(self, claim: Claim) -> Flaws:
        """What is said of a synthetic ECG, or of one read from a picture, carries the mark, and nothing else does."""
        provenance = self.report.provenance
        for word, claimed, true in (
            ("synthetic", claim.synthetic, provenance.synthetic),
            ("digitised", claim.digitised, provenance.digitised),
        ):
            if claimed != true:
                carries = f"marked {word}" if claimed else f"without the {word} mark"
                yield Flaw("report", f"found a claim {carries}; needed the mark that the ECG carries")

    def _text_flaws(self, claim: Claim) -> Flaws:
        """(b) the text is the template filled by code, to the letter."""
        known = [self.grounds.items[slot] for slot in slots(claim.template) if slot in self.grounds.items]
        if len(known) < len(slots(claim.template)):
            return  # an unknown slot is already a flaw
        try:
            values = {item.id: printed(item) for item in known}
        except (ValueError, KeyError) as problem:
            yield Flaw("slot", f"found a slot that holds nothing to print: {problem}")
            return
        expected = fill(claim.template, values.__getitem__)
        if claim.text != expected:
            yield Flaw("text", f"found text `{claim.text}`; the cited values print as `{expected}`")

    def _change_flaws(self, claim: Claim, said: ChangeSentence) -> Flaws:
        """A sentence about change is code's own, and its criteria stand as they evaluate here."""
        yield from change_flaws(claim, said)
        if said.statement is not None:
            yield from Diagnosis(claim, said.statement, self.grounds).criterion_flaws()

    def _description_flaws(self, claim: Claim) -> Flaws:
        """A sentence without a statement says what was measured, denies nothing and judges nothing."""
        template = claim.template
        if claim.polarity == "absent":
            yield Flaw("absence", "found a denial without a statement; needed one whose criteria show the absence")
        if claim.criteria:
            yield Flaw("criteria", "found criteria cited without a statement")
        if claim.certainty != "definite":
            yield Flaw("criteria", f"found a measurement stated as {claim.certainty}; its uncertainty is its own")
        spoken_of = wording.slot_ids(template)
        if not spoken_of:
            yield Flaw("slot", "found a sentence without a value and without a statement; needed one of the two")
        if padding := sorted(set(claim.evidence) - spoken_of):
            yield Flaw("unknown_id", f"cites `{padding[0]}`, which the sentence does not speak of")
        if descriptions.is_description(template):
            yield from self._width_flaws(template)
            return
        if denied := wording.negations(wording.bare(template)):
            yield Flaw("absence", f"found the denial `{denied[0].group()}`; needed a statement whose criteria show it")
        yield from wording.sign_flaws(template)
        yield from spelling_flaws(template)
        reading = read_slots(template, self._cited(claim), asserting=False)
        yield from reading.flaws
        for mention in reading.mentions:
            if not mention.bound:
                yield Flaw("lead", f"found lead {mention.lead} in the text without a value of that lead")
        if foreign := wording.foreign_words(template, judging=False):
            yield Flaw("scope", f"found `{' '.join(foreign[:6])}`; needed words that measure, or a statement")
        for key in statements().named_in(template):
            yield Flaw("criteria", f"the text names {statements()[key].label} without making it the claim's statement")

    def _width_flaws(self, template: str) -> Flaws:
        qrs = self.grounds.items.get("qrs")
        if template == descriptions.JTC and isinstance(qrs, Measurement) and (qrs.number or 0.0) < _WIDE_QRS_MS:
            yield Flaw("criteria", "found a QRS called wide that is not")

    def _diagnosis_flaws(self, claim: Claim) -> Flaws:
        """A sentence with a statement follows from its criteria and says no more than they give."""
        statement = claim.statement
        if statement is None or statement.key not in statements() or statements().noun(statement.key) != statement:
            key = statement.key if statement else ""
            yield Flaw("criteria", f"`{key}` with these codes is not in the statement table")
            return
        diagnosis = Diagnosis(claim, statement.key, self.grounds)
        yield from diagnosis.flaws()
        template = claim.template
        denied = diagnosis.absent and descriptions.is_denial(template, diagnosis.row.label)
        if diagnosis.is_own_sentence or denied:
            return
        yield from wording.sign_flaws(template, diagnosis.spoken)
        yield from spelling_flaws(template, diagnosis.spoken)
        reading = read_slots(template, self._cited(claim), asserting=not diagnosis.absent)
        yield from reading.flaws
        yield from diagnosis.wording_flaws(reading.mentions)
        foreign = wording.foreign_words(template, judging=True, also=diagnosis.words)
        if foreign := list(dict.fromkeys([*foreign, *diagnosis.stray_words()])):
            yield Flaw("scope", f"found `{' '.join(foreign[:6])}`; needed words of measurement and of the statement")

    def _cited(self, claim: Claim) -> dict[str, Evidence]:
        """Everything the claim cites that this report holds, by the id its slots use."""
        keys = (*claim.evidence, *(f"crit:{criterion}" for criterion in claim.criteria))
        return {key: self.grounds.items[key] for key in keys if key in self.grounds.items}
