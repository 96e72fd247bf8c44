"""Asking a model, or the question matcher, what it would do; every answer in the same terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from calipers.agent.assist import Draft, system_prompt
from calipers.agent.embedded import EmbeddedChatModel
from calipers.agent.embedded.conversation import Conversation, message_of
from calipers.agent.questions import Intent, understand
from calipers.agent.toolbox import toolbox
from calipers.errors import CalipersError
from calipers.evals.tool_choice.utterances import Utterance
from calipers.models.mllm.language.actions import TOOLS, Action, parse

_RULE_TOOLS = {"guidelines": "search_guidelines", "history": "search_history", "similar": "similar_cases"}


class Chosen(NamedTuple):
    """What was chosen: tools, what they are about, fixed sentences; `failed` says why nothing was."""

    tools: frozenset[str] = frozenset()
    about: frozenset[tuple[str, str]] = frozenset()
    sentences: frozenset[str] = frozenset()
    failed: str = ""


Chooser = Callable[[Utterance], Chosen]


def chosen_by(action: Action) -> Chosen:
    """An action in the terms of the score."""
    about = {(call.tool, key) for call in action.calls for key in call.ids()}
    about |= {("render", call.layout) for call in action.calls if call.tool == "render"}
    return Chosen(frozenset(call.tool for call in action.calls), frozenset(about), frozenset(action.sentences))


def by_rule(utterance: Utterance) -> Chosen:
    """What `none` does: it matches names and a few intents, and forgets what went before."""
    tools: set[str] = set()
    about: set[tuple[str, str]] = set()
    sentences: set[str] = set()
    for intent in understand(utterance.text):
        tool = _RULE_TOOLS.get(intent.verb, intent.verb)
        if intent.sentence:
            sentences.add(intent.sentence)
            continue
        tools.add(tool)
        about |= {(tool, key) for key in (*intent.ids, *intent.statements)}
        about |= _pictured(intent)
    return Chosen(frozenset(tools), frozenset(about), frozenset(sentences))


def by_model(model: BaseChatModel) -> Chooser:
    """What a chat model does when it is given the tools."""
    bound = model.bind_tools([*toolbox(), Draft])

    def choose(utterance: Utterance) -> Chosen:
        try:
            answer = bound.invoke(_messages(utterance))
        except CalipersError as problem:
            return Chosen(failed=str(problem))
        if not isinstance(answer, AIMessage):
            return Chosen(failed="no message")
        # The embedded model makes the calls of its line one at a time; the line holds them all.
        own = isinstance(model, EmbeddedChatModel)
        return chosen_by(parse(str(answer.content))) if own else _of_message(answer)

    return choose


def _messages(utterance: Utterance) -> list[BaseMessage]:
    messages: list[BaseMessage] = [SystemMessage(system_prompt())]
    for exchange in utterance.before:
        asked = HumanMessage(f"[patient: unknown age, unknown sex]\n{exchange.question}")
        done = message_of(exchange.action, Conversation([asked]), frozenset(TOOLS))
        messages += [asked, done]
        messages += [ToolMessage("done", tool_call_id=call["id"] or "", name=call["name"]) for call in done.tool_calls]
    return [*messages, HumanMessage(f"[patient: unknown age, unknown sex]\n{utterance.text}")]


def _of_message(message: AIMessage) -> Chosen:
    tools: set[str] = set()
    about: set[tuple[str, str]] = set()
    sentences: set[str] = set()
    for call in message.tool_calls:
        name, arguments = call["name"], call["args"]
        if name == "Draft":
            sentences |= set(arguments.get("sentences", ()))
            continue
        tools.add(name)
        listed: list[str] = next((arguments[key] for key in ("ids", "evidence", "about") if arguments.get(key)), [])
        about |= {(name, str(key)) for key in listed}
        about |= {(name, str(arguments[key])) for key in ("statement", "layout") if key in arguments}
    return Chosen(frozenset(tools), frozenset(about), frozenset(sentences))


def _pictured(intent: Intent) -> set[tuple[str, str]]:
    return {("render", "3x4+1")} if intent.verb == "render" else set()
