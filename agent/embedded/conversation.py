"""LangChain messages as turns of the embedded model, and its actions as LangChain messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final
from uuid import uuid4

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from calipers.agent.assist import DRAFTING, is_faults_message
from calipers.agent.embedded.offers import Given, Offer, drafted, given_by
from calipers.errors import ModelFailed
from calipers.knowledge import statements
from calipers.models.mllm.language.actions import Action, Call, parse
from calipers.models.mllm.language.prompt import FAULT, Turn, asked

#: Earlier questions of a thread that the model still reads.
_EARLIER: Final = 3
_PATIENT: Final = re.compile(r"^\[patient: [^\]]*\]\n")
#: One fault of a draft, as the graph tells it: `- words [name; kind; allowed]: detail`.
_FAULT: Final = re.compile(r"\[(?P<name>[^;\]]+); (?P<kind>\w+); (?P<allowed>[\w ]+)\]: ")


class Conversation:
    """The messages of a thread as the model reads them.

    Attributes:
        turns: earlier questions with what was called for them, then this one with all that the tools gave, then
            the faults that the verifier found in the last draft.
        question: the words of this question.
        given: what each tool gave since this question; None before any was called.
        line: the action that called them.
        faults: what was wrong with the last draft; empty where nothing was.
        revisions: how often faults came back.
    """

    def __init__(self, messages: Sequence[BaseMessage]) -> None:
        humans = [at for at, message in enumerate(messages) if isinstance(message, HumanMessage)]
        starts = [at for at in humans if not is_faults_message(messages[at])]
        if not starts:
            raise ModelFailed("found no question among the messages")
        self.question = _PATIENT.sub("", str(messages[starts[-1]].content))
        earlier = [turn for first, last in list(pairwise(starts))[-_EARLIER:] for turn in _before(messages[first:last])]
        since = messages[starts[-1] + 1 :]
        answered = [given_by(each) for each in since if isinstance(each, ToolMessage) and each.name != DRAFTING]
        self.given: list[Given] | None = answered or None
        self.turns = [*earlier, asked(self.question)]
        lines = [line for message in since if (line := _line(message))]
        self.line = lines[0] if lines else ""
        self.revisions = sum(is_faults_message(message) for message in since)
        self.faults: tuple[re.Match[str], ...] = ()
        if answered:
            words = "\n".join(each.words for each in answered)
            self.turns += [Turn("assistant", self.line), Turn("tool", words)]
        if self.revisions:
            self.faults = tuple(_FAULT.finditer(str(messages[humans[-1]].content)))
            told = (f"{FAULT}{each['kind']} {each['name']}{_weakest(each['allowed'])}" for each in self.faults)
            self.turns += [Turn("assistant", lines[-1] if lines else ""), Turn("tool", "\n".join(told))]

    def pending(self, bound: frozenset[str]) -> AIMessage | None:
        """What follows without asking the model again; None where it is to be asked.

        That is the next call of a line whose earlier calls have been answered; the answer where no tool gave
        anything but a fixed sentence; and, of a draft that failed twice, what the tools themselves gave.
        """
        if not self.given:
            return None
        calls = [call for call in parse(self.line).calls if call.tool in bound]
        if len(calls) > len(self.given) and not self.revisions:
            return _calling(calls[len(self.given)], self.line, self.question)
        if self.revisions > 1:
            return _drafting(Action(everything=True), self._offers(), self._fixed)
        if not self.revisions and self._fixed and not self._offers():
            return _drafting(Action(everything=True), (), self._fixed)
        return None

    def answered_by(self, action: Action) -> AIMessage:
        """An answer as a message that calls `Draft`."""
        return _drafting(action, self._offers(), self._fixed)

    @property
    def names(self) -> tuple[str, ...] | None:
        """What an answer may name; None before any tool was called."""
        if self.given is None:
            return None
        return tuple(dict.fromkeys(offer.name for offer in self._offers()))

    def _offers(self) -> tuple[Offer, ...]:
        """What may be drafted: all that the tools gave, or what of it did not pass its check."""
        offers = tuple(offer for each in self.given or () for offer in each.offers)
        if not self.revisions:
            return offers
        wrong = {each["name"] for each in self.faults}
        return tuple(offer for offer in offers if offer.name in wrong)

    @property
    def _fixed(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(said for each in self.given or () for said in each.sentences))


def message_of(action: Action, conversation: Conversation, bound: frozenset[str]) -> AIMessage:
    """The action as a message with one tool call; an answer calls `Draft`.

    Of several calls the first is made and the others follow one at a time: they would else run at once, and the
    steps would stand in the order in which they ended.
    """
    calls = [call for call in action.calls if call.tool in bound]
    return _calling(calls[0], action.line(), conversation.question) if calls else conversation.answered_by(action)


def _drafting(action: Action, offers: Sequence[Offer], fixed: Sequence[str]) -> AIMessage:
    """A draft of what the action names of the offers, with the sentences that tools asked for."""
    claims = [offer.claim for offer in offers] if action.everything else drafted(action.items, offers)
    sentences = list(dict.fromkeys([*action.sentences, *fixed]))
    arguments = {"claims": _joined(claims), "sentences": sentences}
    call = {"name": DRAFTING, "args": arguments, "id": uuid4().hex, "type": "tool_call"}
    return AIMessage(action.line(), tool_calls=[call])


def _calling(call: Call, line: str, question: str) -> AIMessage:
    return AIMessage(line, tool_calls=[{**_called(call, question), "id": uuid4().hex, "type": "tool_call"}])


def _before(messages: Sequence[BaseMessage]) -> list[Turn]:
    """An earlier question with the first thing that was done about it."""
    question = _PATIENT.sub("", str(messages[0].content))
    line = next((line for message in messages if (line := _line(message))), None)
    if line is None:
        return []
    return [asked(question), Turn("assistant", line)]


def _weakest(allowed: str) -> str:
    """What is left to say of a claim that failed, as words of the action language; none where nothing bears it."""
    return "" if allowed == "nothing" else f" {allowed}"


def _line(message: BaseMessage) -> str | None:
    """The action that an own message carries; a message of another model carries none."""
    if not isinstance(message, AIMessage) or not isinstance(message.content, str):
        return None
    try:
        return parse(message.content).line()
    except (ValueError, IndexError):
        return None


def _called(call: Call, question: str) -> dict[str, Any]:
    """One call with arguments that fit the tool's schema."""
    match call.tool:
        case "measure":
            arguments: dict[str, Any] = {"ids": list(call.ids())}
        case "explain":
            arguments = {"statement": call.names[0]}
        case "render":
            arguments = {"evidence": list(call.ids()), "layout": call.layout}
        case "compare":
            arguments = {"about": list(call.ids())} if call.names else {}
        case "classify":
            named = [row.key for row in statements().mentioned(question)]
            arguments = {"about": named} if named else {}
        case "search_guidelines" | "search_history":
            arguments = {"question": question}
        case "generate":
            arguments = {"text": question}
        case _:
            arguments = {}
    return {"name": call.tool, "args": arguments}


def _joined(claims: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Plain measurements drafted one after another become one entry, for code to word together."""
    made: list[dict[str, Any]] = []
    for claim in claims:
        plain = set(claim) == {"evidence"}
        if plain and made and set(made[-1]) == {"evidence"}:
            made[-1] = {"evidence": [*made[-1]["evidence"], *claim["evidence"]]}
        else:
            made.append(dict(claim))
    return made
