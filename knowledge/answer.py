"""What one node of a criteria tree comes to, and how several of them combine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from calipers.knowledge.nodes import Amount
from calipers.knowledge.truth import Kleene, all_of, any_of, at_least, negate
from calipers.leads import Lead

LEFT_OUT: Final = "left out"
Partial = Kleene | Literal["left out"]
Pairs = Sequence[tuple[int, int]]


class Answer(NamedTuple):
    """Three answers to one question: `truth` what is settled, `leans` what the point estimates say, and
    `without_missing` what holds when items that may be missing are left out (the basis of `possible`).

    `leads` are those that met it, or lean to where nothing is settled.
    """

    truth: Kleene
    leans: Kleene
    without_missing: Partial
    measured: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    leads: tuple[Lead, ...] = ()
    limit: Amount | None = None
    limit_text: str = ""
    probability: float | None = None

    @property
    def supports(self) -> bool:
        """Whether it speaks for the statement."""
        return self.truth is True or (self.truth is None and self.leans is True)


def unique(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """All ids of the groups, each once, in the order in which they come."""
    return tuple(dict.fromkeys(id_ for group in groups for id_ in group))


def combined(parts: Sequence[Answer], combine: Callable[[Iterable[Kleene]], Kleene]) -> Answer:
    """Conjunction or disjunction of several answers."""
    kept = [part.without_missing for part in parts if part.without_missing != LEFT_OUT]
    return Answer(
        combine([part.truth for part in parts]),
        combine([part.leans for part in parts]),
        combine(kept) if kept else LEFT_OUT,
        unique(part.measured for part in parts),
        unique(part.missing for part in parts),
        tuple(dict.fromkeys(lead for part in parts for lead in part.leads)),
    )


def negated(answer: Answer) -> Answer:
    """The contrary answer; no lead speaks for a negation."""
    partial: Partial = LEFT_OUT if answer.without_missing == LEFT_OUT else negate(answer.without_missing)
    return answer._replace(truth=negate(answer.truth), leans=negate(answer.leans), without_missing=partial, leads=())


def branched(condition: Answer, then: Answer | None, otherwise: Answer | None) -> Answer:
    """If / then / else: an open condition is settled only where both branches agree."""
    if then is None or otherwise is None:
        taken = then or otherwise
        assert taken is not None
        return _joined(condition, taken)
    agreed = then.truth if then.truth == otherwise.truth else None
    if condition.leans is None:
        leans = then.leans if then.leans == otherwise.leans else None
        return _joined(condition, then)._replace(truth=agreed, leans=leans, without_missing=agreed, probability=None)
    likelier = then if condition.leans else otherwise
    return _joined(condition, likelier)._replace(truth=agreed, without_missing=agreed, probability=None)


def over_leads(each: Mapping[Lead, Answer], need: int, pairs: Pairs | None) -> Answer:
    """`need` of the leads, or both leads of one of the contiguous pairs."""
    answers = list(each.values())

    def over(truths: Sequence[Kleene]) -> Kleene:
        if pairs is None:
            return at_least(need, truths)
        return any_of(all_of((truths[a], truths[b])) for a, b in pairs)

    truth = over([one.truth for one in answers])
    partial = _partial([one.without_missing for one in answers], need, pairs)
    leans = over([one.leans for one in answers])
    telling = [one.truth is True if truth is True else one.supports for one in answers]
    if pairs is not None:
        # Where only leads that could not be measured leave it open, the measured neighbour tells by itself.
        alone = truth is None and leans is None and partial is True
        silent = [alone and one.without_missing == LEFT_OUT for one in answers]
        paired = {i for pair in pairs if all(telling[m] or silent[m] for m in pair) for i in pair if telling[i]}
        telling = [index in paired for index in range(len(answers))]
    limits = {one.limit for one in answers}
    limit = limits.pop() if len(limits) == 1 else None
    return Answer(
        truth,
        leans,
        partial,
        unique(one.measured for one in answers),
        unique(one.missing for one in answers),
        tuple(lead for lead, tells in zip(each, telling, strict=True) if tells),
        limit,
        str(limit) if limit else "its limit",
    )


def _partial(parts: Sequence[Partial], need: int, pairs: Pairs | None) -> Partial:
    """Leads that may be missing are left out; at least one that was measured must then carry the answer."""
    known: list[Kleene] = [part for part in parts if part != LEFT_OUT]
    if not known:
        return LEFT_OUT
    if pairs is None:
        return at_least(max(1, need - (len(parts) - len(known))), known)
    kept = [[part for index in pair if (part := parts[index]) != LEFT_OUT] for pair in pairs]
    return any_of(all_of(pair) for pair in kept if pair)


def _joined(condition: Answer, taken: Answer) -> Answer:
    return taken._replace(
        measured=unique((condition.measured, taken.measured)),
        missing=unique((condition.missing, taken.missing)),
    )
