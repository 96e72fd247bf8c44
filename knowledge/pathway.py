"""Reading one diagnosis step by step: which finding is looked for first, and where each answer leads.

A statement's criteria say what a claim rests on. A pathway says in which order a reader asks: one finding at
a time, with the decision after each. It is written in the same language of criteria, in `pathways.yaml`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from calipers.knowledge.nodes import NAME, Entry, Named, Node, Refers, criteria_in
from calipers.parameters import PARAMETERS

Decision = Literal["present", "absent", "open"]
Wave = Literal["P", "QRS", "T", "RR"]
_ENDS: Final[tuple[Decision, ...]] = ("present", "absent")


class Turn(Entry):
    """Where an answer leads: the next step, or the decision; only if `at_least` of the steps `of` were found."""

    to: str
    at_least: int = 0
    of: tuple[str, ...] = ()

    def open_for(self, found: Collection[str]) -> bool:
        """Whether enough of the named steps were found to take this turn."""
        return sum(step in found for step in self.of) >= self.at_least


def _turns(value: Any) -> Any:
    return [{"to": value}] if isinstance(value, str) else value


Turns = Annotated[tuple[Turn, ...], BeforeValidator(_turns), Field(min_length=1)]


class PathwayStep(Entry):
    """One finding to look for.

    Attributes:
        id: its name within the pathway.
        looks_for: what is evaluated, as a heading.
        finding: what is asked of the measurements.
        found: where its presence leads.
        not_found: where its absence leads.
        wave: the wave of each beat on which it is seen.
        shown_by: measurements whose spans show it, before `wave`.
    """

    id: Annotated[str, Field(pattern=NAME)]
    looks_for: str
    finding: Node
    found: Turns
    not_found: Turns
    wave: Wave | None = None
    shown_by: tuple[str, ...] = ()

    @cached_property
    def every_criterion(self) -> tuple[Named, ...]:
        """Every criterion of its finding, in walking order."""
        return tuple(criteria_in(self.finding))


class Pathway(Entry):
    """The steps towards one statement; reading begins with the first."""

    source: str
    steps: Annotated[tuple[PathwayStep, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Pathway:
        ids = [step.id for step in self.steps]
        for step in self.steps:
            later = {*ids[ids.index(step.id) + 1 :], *_ENDS}
            for turn in (*step.found, *step.not_found):
                if turn.to not in later:
                    raise ValueError(f"found `{turn.to}` after `{step.id}`; needed a later step, `present` or `absent`")
                if unknown := set(turn.of) - set(ids):
                    raise ValueError(f"found `{unknown.pop()}` counted in `{step.id}`; needed steps of this pathway")
            for turns in (step.found, step.not_found):
                if turns[-1].at_least:
                    raise ValueError(f"found no last way out of `{step.id}`; needed a turn without `at_least`")
            if unmeasured := set(step.shown_by) - set(PARAMETERS):
                raise ValueError(f"found `{unmeasured.pop()}` in `{step.id}`; needed measurement names")
        return self

    def after(self, step: PathwayStep, found: Collection[str]) -> tuple[Decision, PathwayStep | None]:
        """The decision after a step, and the next step while it is open.

        Args:
            step: the step just answered.
            found: the ids of all steps found so far, this one included if so.
        """
        turns = step.found if step.id in found else step.not_found
        to = next(turn.to for turn in turns if turn.open_for(found))
        for end in _ENDS:
            if to == end:
                return end, None
        return "open", next(other for other in self.steps if other.id == to)

    @property
    def needs(self) -> frozenset[str]:
        """The statements that its findings refer to."""
        return frozenset(
            node.statement for step in self.steps for node in step.every_criterion if isinstance(node, Refers)
        )

    @property
    def sources(self) -> frozenset[str]:
        """The sources that it names."""
        named = (node.source for step in self.steps for node in step.every_criterion if node.source)
        return frozenset((self.source, *named))


Pathways = Mapping[str, Pathway]
