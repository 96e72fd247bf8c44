"""The graph's state: keys, messages and claims. Signals and tables stay in the case store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypedDict

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages

from calipers.agent.sentences import SentenceKey

Mode = Literal["interpret", "ask"]


class State(TypedDict, total=False):
    """What is checkpointed after each step. Claims are stored as plain dictionaries.

    Attributes:
        case: key of the case under review.
        priors: keys of the earlier ECGs it is compared with.
        mode: a full read, or an answer to one question.
        question: the user's words.
        messages: the model's conversation, kept over the turns of a thread.
        drafts: claims waiting to be verified, as `Claim.model_dump(mode="json")`.
        sentences: fixed sentences chosen for the answer.
        answering: texts of the drafts that answer the question, among those of a full read.
        faults: what the verifier told the model to mend.
        attempts: how often the model has drafted in this run.
        released, withheld: the outcome so far.
        opinion: keys of the statements that a published model named.
        model_note: why the model that answered is the one that did.
        model_name: which model answered.
        consent: whether the clinician let patient data leave the machine in this thread.
    """

    case: str
    priors: list[str]
    mode: Mode
    question: str | None
    messages: Annotated[list[AnyMessage], add_messages]
    drafts: list[dict[str, object]]
    sentences: list[SentenceKey]
    answering: list[str]
    faults: list[str]
    attempts: int
    released: list[dict[str, object]]
    withheld: list[dict[str, object]]
    opinion: list[str]
    model_note: str
    model_name: str
    consent: bool


def fresh_run(case: str, mode: Mode, question: str | None, priors: Sequence[str] = ()) -> State:
    """The input of one run: everything of an earlier run in the same thread but its messages is cleared."""
    return State(
        case=case,
        priors=list(priors),
        mode=mode,
        question=question,
        drafts=[],
        sentences=[],
        answering=[],
        faults=[],
        attempts=0,
        released=[],
        withheld=[],
        opinion=[],
        model_note="",
        model_name="",
    )
