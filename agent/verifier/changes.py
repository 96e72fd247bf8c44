"""Claims about change: computed again from this report's measurements and the prior's, and compared to the letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calipers.agent.comparison import ChangeSentence, ChangeSentences, comparable, printed_date, prior_id
from calipers.agent.verifier.consistency import consistency_flaws
from calipers.agent.verifier.flaw import Flaw, Flaws
from calipers.agent.verifier.items import measurement_flaws
from calipers.evidence import Measurement, PriorEvidence
from calipers.knowledge import Verdicts, statements
from calipers.report import Changes, Claim, Report
from calipers.tools.compare import Recording, changes_between, in_order


def prior_flaws(report: Report) -> Iterator[tuple[str, Flaw]]:
    """id → flaw of every item of a prior that is not what the report's own comparisons hold of it."""
    held = {one.prior_record: (one, {item.id: item for item in one.prior_measurements}) for one in report.changes}
    for item in report.evidence_table:
        if isinstance(item, PriorEvidence):
            changes, measured = held.get(item.record, (None, {}))
            yield from ((item.id, flaw) for flaw in _item_flaws(item, report, changes, measured))
    for changes, measured in held.values():
        found = consistency_flaws(measured)
        yield from ((prior_id(changes.prior_record, key), flaw) for key, flaw in found.items())


def _item_flaws(
    item: PriorEvidence, report: Report, changes: Changes | None, measured: Mapping[str, Measurement]
) -> Flaws:
    if item.measurement is None:
        if item.id.endswith("/recorded_at") and (changes is None or item.text != printed_date(changes)):
            yield Flaw("foreign_record", f"`{item.id}` prints `{item.text}`, which is not when a prior was recorded")
    elif report.changes and changes is None:
        yield Flaw("foreign_record", f"`{item.id}` is of record {item.record}, with which nothing here was compared")
    elif changes is not None and item.measurement != measured.get(item.measurement.id):
        yield Flaw("measurement", f"`{item.id}` is not what the comparison holds of the prior")
    if changes is not None and item.recorded_at != changes.prior_recorded_at:
        yield Flaw("foreign_record", f"`{item.id}` is dated {item.recorded_at}, the prior {changes.prior_recorded_at}")


class ChangeGrounds:
    """A report's comparisons, computed anew, and every sentence that they allow."""

    def __init__(self, report: Report, measured: tuple[Measurement, ...], verdicts: Verdicts) -> None:
        """Compute them.

        Args:
            report: the report.
            measured: its sound measurements.
            verdicts: what the criteria come to on these.
        """
        self.report = report
        self.verdicts = verdicts
        whole = tuple(item for item in measured if item.beat is None)
        self._priors = {one.prior_record: _prior(one) for one in report.changes}
        self.anew = tuple(self._again(one, whole) for one in report.changes)
        self.sentences = dict(self._sentences())

    def _again(self, changes: Changes, whole: tuple[Measurement, ...]) -> Changes:
        """One comparison from the report's values and the prior's."""
        now = Recording(self.report.record, changes.recorded_at, self.report.patient, whole, self.verdicts)
        return changes_between(now, self._priors[changes.prior_record], changes.limits)

    def _sentences(self) -> Iterator[tuple[str, ChangeSentence]]:
        nearest = comparable(self.anew)
        if nearest is not None:
            then = self._priors[nearest.prior_record].verdicts
            for said in ChangeSentences(nearest, self.verdicts, then).every():
                yield said.template, said

    def own_sentence(self, claim: Claim) -> ChangeSentence | None:
        """The sentence of code that a claim's template is, to the letter; None for any other."""
        return self.sentences.get(claim.template)

    def flaws(self) -> Flaws:
        """What is wrong with the report's comparisons."""
        if in_order(self.report.changes) != self.report.changes:
            yield Flaw("report", "the comparisons are not in order, or one of them stands twice")
        for stated, anew in zip(self.report.changes, self.anew, strict=True):
            if stated.record != self.report.record:
                yield Flaw(
                    "report", f"found a comparison of record {stated.record} in the report of {self.report.record}"
                )
            if any(item.record != stated.prior_record for item in stated.prior_measurements):
                yield Flaw("report", f"the comparison with {stated.prior_record} holds another record's measurements")
            if stated != anew:
                yield Flaw("report", f"the comparison with {stated.prior_record} is not what its values give")


def change_flaws(claim: Claim, said: ChangeSentence) -> Flaws:
    """Whether a claim in code's own words about change carries all that goes with them, and nothing else."""
    noun = statements().noun(said.statement) if said.statement else None
    if claim.statement != noun or claim.polarity != said.polarity:
        found = claim.statement.key if claim.statement else None
        yield Flaw("criteria", f"found {found} {claim.polarity}; the sentence states {said.statement} {said.polarity}")
    if claim.certainty != said.certainty:
        yield Flaw("criteria", f"stated as {claim.certainty}; the two recordings allow {said.certainty}")
    if missing := sorted(set(said.evidence) - set(claim.evidence)):
        yield Flaw("criteria", f"does not cite `{missing[0]}`, on which the comparison rests")
    if stray := sorted(set(claim.evidence) - set(said.evidence)):
        yield Flaw("unknown_id", f"cites `{stray[0]}`, which has no part in the comparison")
    if set(claim.criteria) != set(said.criteria):
        yield Flaw("criteria", "cites other criteria than those that the comparison rests on")


def _prior(changes: Changes) -> Recording:
    """The prior as the comparison holds it, less what is not sound."""
    sound = tuple(item for item in changes.prior_measurements if not any(measurement_flaws(item)))
    return Recording(changes.prior_record, changes.prior_recorded_at, changes.prior_patient, sound)
