"""What a question names and a model's answer leaves out: code answers it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from calipers.agent.answering import explained_claims, measured_claims, without_repeats
from calipers.agent.case import Case
from calipers.agent.kinds import told
from calipers.agent.questions import Verb, understand
from calipers.printing import slots
from calipers.report import Claim

#: Tools whose answer is about this ECG as a question names it; after any other the model meant something else.
_PLAIN: Final = frozenset({"measure", "explain", "interpret"})
#: Intents of a question that names what it asks for.
_NAMED: Final[frozenset[Verb]] = frozenset({"measure", "explain"})


def completed(question: str, case: Case, answer: Sequence[Claim], tools: Iterable[str]) -> list[Claim]:
    """A model's answer with a claim for every statement and measurement that the question names outright.

    A list of leads that is part of one asked for gives way to the whole list. An answer that meets nothing
    of what was named comes last: the model has taken the question for another.

    Args:
        question: the clinician's words; one that asks for anything but statements and measurements is left alone.
        case: the ECG, with what is known of it.
        answer: the claims that the model drafted.
        tools: the names of the tools that it used for them.
    """
    intents = understand(question)
    if not answer or not _PLAIN.issuperset(tools) or not _NAMED.issuperset(intent.verb for intent in intents):
        return list(answer)
    asked = list(
        dict.fromkeys(key for intent in intents for key in told(intent.statements, intent.kinds, case.verdicts))
    )
    about = {claim.statement.key for claim in answer if claim.statement}
    added: list[Claim] = []
    for key in asked:
        if key not in about:
            found, undecided = explained_claims(case.verdicts[key], case)
            added += [] if undecided else found
    named = list(dict.fromkeys(key for intent in intents for key in intent.ids if key in case.measurements))
    printed = {slot for claim in (*answer, *added) for slot in slots(claim.template)}
    short = {key.split(".")[-1] for key in named if key not in printed}
    lists = [key for key in named if key.split(".")[-1] in short]
    added += measured_claims(tuple(lists), case)
    kept = [claim for claim in answer if not _within(claim, lists)]
    met = about.intersection(asked) or printed.intersection(named) - set(lists)
    merged = [*kept, *added] if met else [*added, *kept]
    return list(without_repeats(tuple({claim.text: claim for claim in merged}.values())))


def _within(claim: Claim, ids: Sequence[str]) -> bool:
    """Whether a plain list of measurements says nothing beyond these ids."""
    printed = slots(claim.template)
    return claim.statement is None and bool(printed) and set(printed) <= set(ids)
