"""(c) and (d): a diagnosis follows from criteria evaluated anew, and says no more than they give."""

from __future__ import annotations

from collections.abc import Iterable

from calipers.agent.verifier import denial, wording
from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.grounds import Grounds
from calipers.agent.verifier.lead_names import Mention, leads_of_ids
from calipers.evidence import CriterionEvidence
from calipers.knowledge import Row, Verdict, statements
from calipers.report import Claim


class Diagnosis:
    """One claim that makes a statement, with the statement's row and what its criteria come to here."""

    def __init__(self, claim: Claim, key: str, grounds: Grounds) -> None:
        self.claim = claim
        self.grounds = grounds
        self.row: Row = statements()[key]
        self.verdict: Verdict | None = grounds.verdicts.get(key)
        self.absent = claim.polarity == "absent"
        said = self.verdict and (self.verdict.absent if self.absent else self.verdict.present)
        self.said = said or None
        self.deciding = {id_ for step in (self.verdict.ledger if self.verdict else ()) for id_ in step.measurements}

    @property
    def is_own_sentence(self) -> bool:
        """Whether the template is, to the letter, what the table says of this ECG."""
        return self.said is not None and self.said.template == self.claim.template

    @property
    def spoken(self) -> str:
        """All that the table itself says of the statement, on any ECG and on this one."""
        return " | ".join([*self._named, *(criterion.text for criterion in self.row.every_criterion)])

    def stray_words(self) -> list[str]:
        """Places, causes and degrees in a company in which the table never puts them: `abnormal no …`."""
        said = " | ".join([*self._named, *self.row.asked_as])
        return wording.words_out_of_place(self.claim.template, wording.vocabulary("restricted"), said)

    @property
    def words(self) -> frozenset[str]:
        """The words it may be spoken of in; places, causes, degrees and denials only where they are its own."""
        own = wording.words_of(" ".join(self._named))
        return (statements().words(self.row.key) - wording.vocabulary("restricted")) | own

    @property
    def _named(self) -> list[str]:
        return [self.row.label, *self.row.synonyms, *([self.said.template] if self.said else [])]

    def flaws(self) -> Flaws:
        """Whether the statement may be made, so, on this evidence; not how it is worded."""
        if self.verdict is None:
            yield Flaw("criteria", f"{self.row.key} has no criteria here; only a model's suggestion may name it")
            return
        yield from self.criterion_flaws()
        yield from self._evidence_flaws()
        if self.absent:
            yield from denial.absence_flaws(self.claim, self.verdict, self.grounds)
            return
        if self.verdict.present is None or self.verdict.certainty is None:
            if not self._shown_as_disagreement():
                yield Flaw(
                    "criteria",
                    f"criteria of {self.row.key} are {self.verdict.result}; needed met, or leaning and worded so",
                )
        elif self.claim.certainty != self.verdict.certainty:
            yield Flaw(
                "criteria",
                f"stated as {self.claim.certainty}; the criteria of {self.row.key} allow {self.verdict.certainty}",
            )

    def wording_flaws(self, mentions: Iterable[Mention]) -> Flaws:
        """What a sentence of the model's own says beyond the statement; the table's sentences are not asked."""
        claim, template = self.claim, self.claim.template
        yield from self._name_flaws()
        yield from self._lead_flaws(mentions)
        if self.absent:
            yield from denial.denial_flaws(template, self.row)
            return
        own = self.said.template if self.said else ""
        if word := denial.stray_negation(template, own, self.row):
            yield Flaw("absence", f"found the denial `{word}` in a claim of presence")
        if not wording.hedged(template, claim.certainty):
            yield Flaw("criteria", f"worded as certain; needed words as cautious as `{claim.certainty}`")
        if claim.certainty == "definite" and wording.overcautious(template):
            yield Flaw("criteria", "worded as doubtful; the claim says `definite`")

    def criterion_flaws(self) -> Flaws:
        """The cited criteria are this statement's, all that carry it, and stand as they evaluate here."""
        steps = self.verdict.ledger if self.verdict else ()
        anew = {step.id: step for step in steps}
        carrying = self.said.criteria if self.said else ()
        if steps and not self.claim.criteria:
            yield Flaw("criteria", f"cites no criterion of {self.row.key}")
        elif missing := [key for key in carrying if key not in self.claim.criteria]:
            yield Flaw("criteria", f"does not cite `{missing[0]}`, on which {self.row.key} rests")
        for criterion in self.claim.criteria:
            key = f"crit:{criterion}"
            listed = self.grounds.items.get(key)
            if listed is None:
                continue
            if not isinstance(listed, CriterionEvidence) or key not in anew:
                yield Flaw("criteria", f"`{criterion}` is not a criterion of {self.row.key}")
            elif listed.model_copy(update={"record": ""}) != anew[key].model_copy(update={"record": ""}):
                yield Flaw("criteria", f"`{criterion}` does not evaluate to what the evidence table says")
            elif not self.absent and listed.result == "not_met" and criterion not in carrying:
                yield Flaw("criteria", f"`{criterion}` is not met and speaks for nothing")

    def _evidence_flaws(self) -> Flaws:
        """The evidence decides the statement; nothing is cited beside it for show."""
        claim, cited = self.claim, set(self.claim.evidence)
        if not self.deciding & cited:
            yield Flaw("criteria", f"cites nothing that decides {self.row.key}")
        # A rate or an interval may stand beside a diagnosis; a value of one lead only where it decides.
        printed = {slot for slot in wording.slot_ids(claim.template) if not leads_of_ids([slot])}
        relevant = self.deciding | set(self.said.evidence if self.said else ()) | printed
        if stray := sorted(cited - relevant):
            yield Flaw("criteria", f"cites `{stray[0]}`, which has no part in {self.row.key}")
        if self.said is not None and self.is_own_sentence and (unshown := sorted(set(self.said.evidence) - cited)):
            yield Flaw("criteria", f"does not cite `{unshown[0]}`, on which {self.row.key} rests")

    def _name_flaws(self) -> Flaws:
        """The words name the claim's own statement and no other."""
        table = statements()
        template = self.claim.template
        allowed = {self.row.key, *table.companions(self.row.key), *self._umbrellas(), *self._presupposed()}
        for key in table.named_in(template):
            if key not in allowed:
                yield Flaw("criteria", f"the text names {table[key].label}; needed a claim of its own for it")
        spoken_of = {row.key for row in table.mentioned(wording.bare(template))} | set(table.named_in(template))
        if not spoken_of & {self.row.key, *self._umbrellas()}:
            yield Flaw("criteria", f"the text does not name {self.row.label}, which the claim states")

    def _umbrellas(self) -> set[str]:
        """Statements that are this one without its territory: `ST elevation` of the inferior leads."""
        return {
            row.key for row in statements().values() if self.row.key in row.subsumed_by and self.row.key in _refers(row)
        }

    def _presupposed(self) -> set[str]:
        """Statements that this one rests on and that hold here: sinus rhythm in sinus bradycardia."""
        return {key for key in _refers(self.row) if (verdict := self.grounds.verdicts.get(key)) and verdict.asserted}

    def _lead_flaws(self, mentions: Iterable[Mention]) -> Flaws:
        """Every lead named meets the statement, and a cited measurement of it shows that."""
        cited = leads_of_ids(self.claim.evidence)
        meeting = set(self.verdict.leads) if self.verdict and not self.absent else set()
        if meeting and self.said:
            meeting |= leads_of_ids(wording.slot_ids(self.said.template))
        concerned = meeting or leads_of_ids(self.deciding)
        within_names = wording.own_names(self.claim.template, self.row)
        for mention in mentions:
            if any(start <= mention.start < end for start, end in within_names):
                continue
            if mention.lead not in cited:
                yield Flaw("lead", f"found lead {mention.lead} in the text; needed a cited measurement of that lead")
            elif mention.lead not in concerned and (meeting or not mention.bound):
                yield Flaw("lead", f"names lead {mention.lead}, which does not meet {self.row.key}")

    def _shown_as_disagreement(self) -> bool:
        """Whether the report shows this statement with both sides, each on evidence of the report.

        A model's probability is no such side: what it suggests is said in its own sentence alone.
        """
        return any(
            found.about == self.row.key
            and len({side.who for side in found.sides}) >= 2
            and all(side.evidence and set(side.evidence) <= set(self.grounds.items) for side in found.sides)
            and not any(key.startswith("model:") for side in found.sides for key in side.evidence)
            for found in self.grounds.report.disagreements
        )


def _refers(row: Row) -> set[str]:
    """The statements that a row's criteria ask for."""
    asked = ((getattr(node, "statement", None), getattr(node, "is_", "")) for node in row.every_criterion)
    return {str(key) for key, state in asked if key and state == "present"}
