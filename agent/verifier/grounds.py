"""What a report gives to check its claims against: its items, and the criteria evaluated anew from them."""

from __future__ import annotations

from functools import cached_property

from calipers.agent.suggestions import Suggestion, suggestions
from calipers.agent.verifier.changes import ChangeGrounds, prior_flaws
from calipers.agent.verifier.consistency import consistency_flaws
from calipers.agent.verifier.flaw import Flaw
from calipers.agent.verifier.items import item_flaws
from calipers.evidence import Evidence, Measurement
from calipers.knowledge import Verdicts, evaluate
from calipers.report import Report


class Grounds:
    """One report's own measurements, evidence and patient.

    The criteria are evaluated anew from the report's measurements, so that an evidence table that was
    tampered with does not vouch for itself. An item that is not sound counts as not measured.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        # The first of two items with one id stands; that there are two is a flaw of its own.
        self.items: dict[str, Evidence] = {}
        for item in (*report.measurements, *report.evidence_table):
            self.items.setdefault(item.id, item)
        self._unsound = item_flaws(report)
        self.flaws: dict[str, tuple[Flaw, ...]] = dict(self._unsound)
        for key, flaw in (*consistency_flaws(self.items).items(), *prior_flaws(report)):
            self.flaws[key] = (*self.flaws.get(key, ()), flaw)

    @cached_property
    def verdicts(self) -> Verdicts:
        """Every statement, evaluated from the report's sound measurements."""
        return evaluate({item.id: item for item in self._sound}, self.report.patient)

    @cached_property
    def changes(self) -> ChangeGrounds:
        """The report's comparisons with earlier ECGs, computed anew."""
        return ChangeGrounds(self.report, self._sound, self.verdicts)

    @cached_property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """What only the model finds, from the report's sound probabilities and the criteria evaluated anew."""
        if not self.report.quality.assessable and self.report.provenance.unread is None:
            return ()
        sound = (item for key, item in self.items.items() if key not in self._unsound)
        return suggestions(self.verdicts, sound, self.report.patient)

    @cached_property
    def _sound(self) -> tuple[Measurement, ...]:
        return tuple(
            item for key, item in self.items.items() if isinstance(item, Measurement) and key not in self._unsound
        )

    def measured(self, key: str) -> bool:
        """Whether an id stands for a value that was measured."""
        item = self.items.get(key)
        return isinstance(item, Measurement) and item.status == "measured" and key not in self._unsound
