"""A chat model that says what the test wrote: it drives the real graph, tools and verifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import PrivateAttr

Turn = AIMessage | Callable[[list[BaseMessage]], AIMessage]


class ScriptedModel(BaseChatModel):
    """Plays its turns in order; the last one repeats. A turn may look at the messages so far."""

    turns: list[Any]
    _calls: int = PrivateAttr(default=0)
    _seen: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def calls(self) -> int:
        """How often the model was called."""
        return self._calls

    @property
    def seen(self) -> list[list[BaseMessage]]:
        """The messages of each call."""
        return self._seen

    def bind_tools(self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **_: Any) -> Runnable:  # type: ignore[type-arg]
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        turn = self.turns[min(self._calls, len(self.turns) - 1)]
        self._calls += 1
        self._seen.append(list(messages))
        message = turn(messages) if callable(turn) else turn
        return ChatResult(
            generations=[ChatGeneration(message=message.model_copy(update={"id": f"turn-{self._calls}"}))]
        )


def call(name: str, **arguments: Any) -> AIMessage:
    """A turn that calls one tool."""
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"{name}-call", "type": "tool_call"}])


def draft(*claims: dict[str, Any], sentences: Sequence[str] = ()) -> AIMessage:
    """A turn that ends with drafted claims."""
    return call("Draft", claims=list(claims), sentences=list(sentences))
