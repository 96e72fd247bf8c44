"""The embedded model behind LangChain's interface: `Agent(model="embedded")` runs the graph with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import Field

from calipers.agent.embedded.conversation import Conversation, message_of
from calipers.agent.embedded.weights import WRITING, load_writer
from calipers.errors import MissingPart, ModelFailed
from calipers.models.mllm.language.actions import TOOLS, Tool


class EmbeddedChatModel(BaseChatModel):
    """Writes one action a call. It knows its tools from training; binding them says which there are.

    Attributes:
        bound: names of the bound tools.
        adapted: False switches the adapter off, for the evaluation of what fine-tuning bought.
    """

    bound: frozenset[str] = Field(default_factory=frozenset)
    adapted: bool = True

    @property
    def _llm_type(self) -> str:
        return "calipers-embedded"

    def bind_tools(self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **_: Any) -> Runnable:  # type: ignore[type-arg]
        """The same model, told which of its tools can be called."""
        return self.model_copy(update={"bound": frozenset(map(_name, tools))})

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        conversation = Conversation(messages)
        if following := conversation.pending(self.bound):
            return ChatResult(generations=[ChatGeneration(message=following)])
        # A second round of tools is never needed: one line calls all that a question asks for. A tool that is
        # known and not bound may be chosen, too: what follows is a sentence that says so, not another tool.
        callable_now = frozenset(TOOLS) if conversation.given is None else frozenset[Tool]()
        try:
            with WRITING:
                action = load_writer(self.adapted).write(conversation.turns, callable_now, conversation.names)
        except MissingPart as problem:
            raise ModelFailed(str(problem)) from problem
        return ChatResult(generations=[ChatGeneration(message=message_of(action, conversation, self.bound))])


def _name(tool: object) -> str:
    if isinstance(tool, BaseTool):
        return tool.name
    if isinstance(tool, dict):
        return str(tool.get("name") or tool.get("function", {}).get("name"))
    return str(getattr(tool, "__name__", type(tool).__name__))
