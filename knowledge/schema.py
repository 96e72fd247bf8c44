"""The rows of the statement table: what a file under `criteria/` may say of one statement."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from pydantic import Field

from calipers.knowledge.nodes import NAME, Compare, Entry, Limit, Named, Node, criteria_in
from calipers.report import Certainty


class Says(Entry):
    """The sentence for each certainty. A missing one means the statement is not made at that certainty."""

    definite: str
    probable: str | None = None
    possible: str | None = None
    cites: tuple[str, ...] = ()


class SaysAbsent(Entry):
    """The negative, every measurement it needs, and whether a full read says it `unasked`."""

    says: str
    unasked: bool = False
    cites: Annotated[tuple[str, ...], Field(min_length=1)]


class Cap(Entry):
    """The certainty goes no higher, always or while `when` holds or is open; `says` replaces the sentence."""

    at_most: Certainty
    reason: str
    when: Node | None = None
    says: str | None = None


class Row(Entry):
    """One statement: its names and codes, when it applies, what must be true, and what is then said.

    `synonyms` name nothing else; `asked_as` are looser words that a question may use for it.

    `subsumed_by` lists statements that say more: when one of them is asserted, this one is not repeated.
    A row without `criteria` has no published criteria here and is never evaluated.
    """

    key: Annotated[str, Field(pattern=NAME)]
    label: str
    aha: tuple[str, ...] = ()
    scp: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    asked_as: tuple[str, ...] = ()
    abnormal: bool = True
    adults_only: bool = True
    subsumed_by: tuple[str, ...] = ()
    applies_if: Node | None = None
    suppressed_by: tuple[str, ...] = ()
    criteria: Node | None = None
    caps: tuple[Cap, ...] = ()
    says: Says | None = None
    absent: SaysAbsent | None = None

    @cached_property
    def every_criterion(self) -> tuple[Named, ...]:
        """All its criteria in walking order: what it presupposes, what it needs, what lowers its certainty."""
        trees = (self.applies_if, self.criteria, *(cap.when for cap in self.caps))
        return tuple(criterion for tree in trees for criterion in criteria_in(tree))

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """Every limit that any of its criteria may apply."""
        return tuple(row for node in self.every_criterion if isinstance(node, Compare) for row in node.limits)

    @cached_property
    def differs_by_sex(self) -> bool:
        """Whether a limit holds for one sex only."""
        return any(row.sex is not None for row in self.limits)

    @cached_property
    def age_breaks(self) -> tuple[float, ...]:
        """The ages at which a limit changes."""
        ages = {age for row in self.limits for age in (row.min_age, row.below_age) if age is not None}
        return tuple(sorted(ages))


class Family(Entry):
    """One file of statements that belong together; `position` is its place in reading order."""

    family: str
    position: int
    statements: Annotated[tuple[Row, ...], Field(min_length=1)]


class Source(Entry):
    """Where a limit was published. Sections are named per criterion, and only where seen."""

    society: str
    year: int | None
    title: str
    doi: str | None = None
    note: str | None = None

    def __str__(self) -> str:
        return f"{self.society} {self.year}: {self.title}" if self.year else f"{self.society}: {self.title}"
