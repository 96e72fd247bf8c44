"""Tools of the user's own beside the built-in ones: what they return, and what of it may be cited.

A tool's text is for the model alone. What may be cited are the `ToolFinding`s in its artifact: each is entered in the
ledger as `tool:<name>/<key>`, and the one sentence that repeats it says whose word it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ToolCallRequest
from langchain.tools import tool as make_tool
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.types import Command

from calipers.agent.context import RunContext
from calipers.agent.repetition import repeated
from calipers.agent.toolbox import toolbox
from calipers.errors import UsageError
from calipers.evidence import ToolEvidence, ToolFinding

UNCITABLE: Final = "No claim may rest on this result."


def own_tools(tools: Sequence[BaseTool | Callable[..., Any]]) -> tuple[BaseTool, ...]:
    """The tools, each with a name of its own; a function becomes a tool by its docstring and types.

    Raises:
        UsageError: a name is taken, or a function says nothing of what it does.
    """
    made: list[BaseTool] = []
    taken = {tool.name for tool in toolbox()} | {"Draft"}
    for given in tools:
        if not isinstance(given, BaseTool) and not given.__doc__:
            raise UsageError(f"found the tool `{given.__name__}` without a docstring; needed one for the model to read")
        tool = given if isinstance(given, BaseTool) else make_tool(given)
        if tool.name in taken:
            raise UsageError(f"found two tools named `{tool.name}`; needed a name of its own for each")
        taken.add(tool.name)
        made.append(tool)
    return tuple(made)


class OwnTools(AgentMiddleware[Any, Any, Any]):
    """Enters the findings of the user's tools in the ledger, and tells the model how each may be said."""

    def __init__(self, context: RunContext) -> None:
        super().__init__()
        self._context = context
        self._names = {tool.name for tool in context.tools}

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """The tool's own answer, followed by what of it may be cited."""
        name = str(request.tool_call["name"])
        if name not in self._names:
            return handler(request)
        with self._context.step(name, **request.tool_call["args"]):
            answer = handler(request)
        if not isinstance(answer, ToolMessage):
            raise UsageError(f"found a command from the tool `{name}`; needed a text, with findings as its artifact")
        items = [self._entered(name, finding) for finding in _findings(name, answer.artifact)]
        said = "\n".join(["Sentences to draft as they stand:", *(f"{item.id}: {repeated(item)}" for item in items)])
        return answer.model_copy(update={"content": f"{answer.content}\n{said if items else UNCITABLE}"})

    def _entered(self, name: str, finding: ToolFinding) -> ToolEvidence:
        case = self._context.the_case
        item = ToolEvidence(
            id=f"tool:{name}/{finding.key}", record=case.record, tool=name, **finding.model_dump(include=_FIELDS)
        )
        case.ledger.add(item)
        return item


_FIELDS: Final = set(ToolFinding.model_fields)


def _findings(name: str, artifact: object) -> Iterable[ToolFinding]:
    """The findings in a tool's artifact: one, a list of them, or none."""
    several = artifact if isinstance(artifact, list | tuple) else [artifact]
    findings = [one for one in several if isinstance(one, ToolFinding)]
    if findings and len(findings) < len(several):
        raise UsageError(f"found other things among the findings of the tool `{name}`; needed `ToolFinding`s alone")
    return findings
