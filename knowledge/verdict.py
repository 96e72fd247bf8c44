"""What the criteria came to: one `Verdict` a statement, and all of them together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from calipers.evidence import CriterionEvidence, Truth
from calipers.leads import Lead
from calipers.report import Certainty, Statement


class Sentence(NamedTuple):
    """What may be said: a template with its slots, the measurements and the criteria it cites."""

    template: str
    evidence: tuple[str, ...]
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One statement evaluated on one ECG.

    `steps` are its criteria in walking order; `lead_steps` the same questions lead by lead. `present` is
    the sentence for its certainty; `absent` is set only when the statement is not met and everything that
    shows so was measured. `leads` are those that met it, by criterion in `leads_by_criterion`.
    `depends_on` names what of the patient is unknown and would decide it.
    """

    statement: Statement
    abnormal: bool
    result: Truth
    leans: bool | None
    certainty: Certainty | None
    steps: tuple[CriterionEvidence, ...] = ()
    lead_steps: tuple[CriterionEvidence, ...] = ()
    leads: tuple[Lead, ...] = ()
    leads_by_criterion: Mapping[str, tuple[Lead, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    suppressed_by: str | None = None
    not_applicable_reason: str | None = None
    depends_on: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    present: Sentence | None = None
    absent: Sentence | None = None

    @property
    def key(self) -> str:
        """The statement's key."""
        return self.statement.key

    @property
    def asserted(self) -> bool:
        """Whether there is a sentence to say for it."""
        return self.present is not None

    @property
    def template(self) -> str | None:
        """The sentence to say for it, with slots."""
        return self.present.template if self.present else None

    @property
    def evidence(self) -> tuple[str, ...]:
        """The measurements that the sentence cites."""
        return self.present.evidence if self.present else ()

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria that the sentence cites."""
        return self.present.criteria if self.present else ()

    @property
    def absent_template(self) -> str | None:
        """The sentence to say against it, with slots."""
        return self.absent.template if self.absent else None

    @property
    def absent_evidence(self) -> tuple[str, ...]:
        """The measurements that show its absence."""
        return self.absent.evidence if self.absent else ()

    @property
    def absent_criteria(self) -> tuple[str, ...]:
        """The criteria that are not met."""
        return self.absent.criteria if self.absent else ()

    @property
    def templates(self) -> tuple[str, ...]:
        """Every sentence that may be said of this statement on this ECG."""
        return tuple(sentence.template for sentence in (self.present, self.absent) if sentence)

    @property
    def weighed(self) -> tuple[str, ...]:
        """What a statement that refers to this one rests on: its evidence, or else all that was asked."""
        return self.evidence or tuple(dict.fromkeys(id_ for step in self.steps for id_ in step.measurements))

    @property
    def leans_present(self) -> bool:
        """Whether it is met, or open and leaning that way."""
        return self.result == "met" or (self.result == "indeterminate" and self.leans is True)

    @property
    def ledger(self) -> tuple[CriterionEvidence, ...]:
        """Every criterion as evidence, to be entered in the run's ledger."""
        return (*self.steps, *self.lead_steps)


class Verdicts(Mapping[str, Verdict]):
    """Key → verdict for every statement that has criteria, in reading order."""

    def __init__(
        self,
        items: Mapping[str, Verdict],
        subsumed_by: Mapping[str, tuple[str, ...]],
        denied_unasked: frozenset[str],
    ) -> None:
        self._items = dict(items)
        self._subsumed_by = subsumed_by
        self._denied_unasked = denied_unasked

    def __getitem__(self, key: str) -> Verdict:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def asserted(self, among: Collection[str] | None = None) -> tuple[Verdict, ...]:
        """The statements to report, without those that another asserted statement already says.

        Args:
            among: the keys to choose from, and that may say it already; all where none are given.
        """
        said = {key for key, verdict in self._items.items() if verdict.asserted and (among is None or key in among)}
        return tuple(
            verdict
            for key, verdict in self._items.items()
            if key in said and said.isdisjoint(self._subsumed_by.get(key, ()))
        )

    def negatives(self) -> tuple[Verdict, ...]:
        """The pertinent negatives of a full read: absence that was shown, and is worth saying unasked."""
        return tuple(
            verdict
            for key, verdict in self._items.items()
            if verdict.absent is not None and key in self._denied_unasked
        )

    def ledger(self) -> tuple[CriterionEvidence, ...]:
        """Every criterion that was evaluated, for the run's ledger."""
        return tuple(item for verdict in self._items.values() for item in verdict.ledger)
