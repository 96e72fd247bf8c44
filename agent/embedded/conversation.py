"""LangChain messages as turns of the embedded model, and its actions as LangChain messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final
from uuid import uuid4

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from calipers.agent.embedded.offers import Given, drafted, given_by
from calipers.errors import ModelFailed
from calipers.models.mllm.language.actions import Action, Call, parse
from calipers.models.mllm.language.prompt import Turn, asked

#: Earlier questions of a thread that the model still reads.
_EARLIER: Final = 3
_PATIENT: Final = re.compile(r"^\[patient: [^\]]*\]\n")
#: What is said where a tool that the model knows is not in this installation.
_LACKING: Final = {"generate": "no_generator", "classify": "no_classifier"}
_FAULTS: Final = "These claims did not pass their check"


class Conversation:
    """The messages of a thread as the model reads them.

    Attributes:
        turns: earlier questions with what was called for them, then this one with all that the tools gave.
        question: the words of this question.
        given: what each tool gave since this question; None before any was called.
        line: the action that called them.
    """

    def __init__(self, messages: Sequence[BaseMessage]) -> None:
        starts = [at for at, message in enumerate(messages) if isinstance(message, HumanMessage)]
        if not starts:
            raise ModelFailed("found no question among the messages")
        self.question = _PATIENT.sub("", str(messages[starts[-1]].content))
        if self.question.startswith(_FAULTS):
            raise ModelFailed(
                "its draft did not pass the check; the embedded model's sentences are code's and cannot be mended by it"
            )
        earlier = [turn for first, last in list(pairwise(starts))[-_EARLIER:] for turn in _before(messages[first:last])]
        since = messages[starts[-1] + 1 :]
        answered = [given_by(message) for message in since if isinstance(message, ToolMessage)]
        self.given: list[Given] | None = answered or None
        self.turns = [*earlier, asked(self.question)]
        self.line = next((line for message in since if (line := _line(message))), "")
        if answered:
            said = self.line
            words = "\n".join(each.words for each in answered)
            self.turns += [Turn("assistant", said), Turn("tool", words)]

    def pending(self, bound: frozenset[str]) -> AIMessage | None:
        """The next call of a line whose earlier calls have been answered; None when all have."""
        calls = [call for call in parse(self.line).calls if call.tool in bound] if self.given else []
        return (
            _calling(calls[len(self.given)], self.line, self.question)
            if self.given and len(calls) > len(self.given)
            else None
        )

    @property
    def names(self) -> tuple[str, ...] | None:
        """What an answer may name; None before any tool was called."""
        if self.given is None:
            return None
        return tuple(dict.fromkeys(offer.name for each in self.given for offer in each.offers))


def message_of(action: Action, conversation: Conversation, bound: frozenset[str]) -> AIMessage:
    """The action as a message with one tool call; an answer calls `Draft`.

    Of several calls the first is made and the others follow one at a time: they would else run at once, and the
    steps would stand in the order in which they ended.
    """
    calls = [call for call in action.calls if call.tool in bound]
    lacking = [_LACKING[call.tool] for call in action.calls if call.tool in _LACKING and call.tool not in bound]
    if calls:
        return _calling(calls[0], action.line(), conversation.question)
    offers = [offer for each in conversation.given or () for offer in each.offers]
    claims = [offer.claim for offer in offers] if action.everything else drafted(action.items, offers)
    return AIMessage(
        action.line(),
        tool_calls=[
            {
                "name": "Draft",
                "args": {"claims": _joined(claims), "sentences": [*action.sentences, *lacking]},
                "id": uuid4().hex,
                "type": "tool_call",
            }
        ],
    )


def _calling(call: Call, line: str, question: str) -> AIMessage:
    return AIMessage(line, tool_calls=[{**_called(call, question), "id": uuid4().hex, "type": "tool_call"}])


def _before(messages: Sequence[BaseMessage]) -> list[Turn]:
    """An earlier question with the first thing that was done about it."""
    question = _PATIENT.sub("", str(messages[0].content))
    line = next((line for message in messages if (line := _line(message))), None)
    if line is None or question.startswith(_FAULTS):
        return []
    return [asked(question), Turn("assistant", line)]


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
