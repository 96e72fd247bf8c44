"""Our own language model as the agent's: a LangChain chat model over the action writer, its weights and its words."""

from __future__ import annotations

from calipers.agent.embedded.chat import EmbeddedChatModel
from calipers.agent.embedded.weights import adapter_problem, load_writer

__all__ = ["EmbeddedChatModel", "adapter_problem", "load_writer"]
