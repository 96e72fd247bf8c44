"""A bundle run again: the same report, or exactly what differs.

Measurements, criteria, templates and the verifier run anew. Of a language model its recorded messages are played
back; the embedded one, which is deterministic and here, answers anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import PrivateAttr

from calipers.agent.audit.bundle import Bundle
from calipers.agent.audit.single_case import SingleCase
from calipers.agent.choice import Choice, choose
from calipers.agent.graph import build_graph
from calipers.errors import ModelFailed
from calipers.evidence import Frozen
from calipers.report import Report

_ABSENT: Final = "absent"


class Difference(Frozen):
    """One place at which the report made again is not the one on file; `where` as in `claims.3.text`."""

    where: str
    recorded: str
    replayed: str


class Replay(Frozen):
    """A replay's outcome; identical when `differences` is empty."""

    report: Report
    differences: tuple[Difference, ...]

    @property
    def identical(self) -> bool:
        """Whether the two reports are the same, byte for byte."""
        return not self.differences


class RecordedModel(BaseChatModel):
    """Plays back a model's messages in the order in which they came."""

    replies: list[AIMessage]
    _next: int = PrivateAttr(default=0)

    @property
    def _llm_type(self) -> str:
        return "recorded"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Runnable[Any, AIMessage]:
        """Nothing to tell: what it will say is fixed."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if self._next >= len(self.replies):
            raise ModelFailed(f"found {len(self.replies)} recorded messages; the run now needs more")
        reply = self.replies[self._next]
        self._next += 1
        return ChatResult(generations=[ChatGeneration(message=reply.model_copy(update={"id": None}))])


def replay(bundle: Bundle) -> Replay:
    """Run a bundle again on this machine with the installed version."""
    ecg, *priors = bundle.ecgs()
    case = SingleCase(build_graph(), _recorded_choice(bundle), ecg, priors)
    if bundle.mode == "ask" and bundle.question is not None:
        finished = case.answer(bundle.question, bundle.conversation()[: bundle.history])
    else:
        finished = case.interpret(bundle.question)
    recorded, again = bundle.report.model_dump(mode="json"), finished.report.model_dump(mode="json")
    return Replay(report=finished.report, differences=tuple(_differences("", recorded, again)))


def _recorded_choice(bundle: Bundle) -> Choice:
    if bundle.model == "embedded":
        return replace(choose("embedded"), reason=bundle.model_reason)
    replies = [message for message in bundle.conversation()[bundle.history :] if isinstance(message, AIMessage)]
    if replies:
        return Choice(bundle.model, bundle.model_reason, RecordedModel(replies=replies))
    if bundle.opinion:
        return Choice(bundle.model, bundle.model_reason, opinion=lambda _case: bundle.opinion)
    return Choice(bundle.model, bundle.model_reason)


def _differences(where: str, recorded: Any, again: Any) -> Iterator[Difference]:
    """Leaf by leaf; items of a list that carry an id are matched by it, so that one more does not shift the rest."""
    if isinstance(recorded, list) and isinstance(again, list):
        recorded, again = _by_id(recorded), _by_id(again)
    if isinstance(recorded, dict) and isinstance(again, dict):
        for key in dict.fromkeys([*recorded, *again]):
            below = f"{where}.{key}" if where else str(key)
            yield from _differences(below, recorded.get(key, _ABSENT), again.get(key, _ABSENT))
    elif recorded != again:
        yield Difference(where=where, recorded=_short(recorded), replayed=_short(again))


def _by_id(items: list[Any]) -> dict[str, Any]:
    named = [item["id"] for item in items if isinstance(item, dict) and "id" in item]
    if len(named) == len(items) == len(set(named)):
        return {item["id"]: item for item in items}
    return {str(number): item for number, item in enumerate(items)}


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"
