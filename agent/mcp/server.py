"""The MCP server: the tools under their names, their refusals as errors that the client can act on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from calipers.agent.mcp.folder_tools import FolderTools
from calipers.errors import CalipersError, MissingPart

if TYPE_CHECKING:
    from fastmcp import FastMCP

INSTRUCTIONS: Final = (
    "Calipers measures 12-lead ECGs. Research use, not a medical device. Quote values and claims as they are returned,"
    " with the ids they cite; state nothing about the patient that no tool returned."
)


def build_server(folder: Path) -> FastMCP[Any]:
    """A server for the ECGs below one folder.

    Raises:
        MissingPart: the extra `mcp` is not installed.
        UsageError: there is no such folder.
    """
    try:
        from fastmcp import FastMCP
    except ImportError as absent:
        raise MissingPart('found no package fastmcp; needed: pip install "calipers[mcp]"') from absent
    server: FastMCP[Any] = FastMCP("calipers", instructions=INSTRUCTIONS)
    own = FolderTools(folder)
    for tool in (
        own.interpret,
        own.ask,
        own.measure,
        own.explain,
        own.classify,
        own.compare,
        own.search_guidelines,
        own.render,
    ):
        server.tool(_told(tool))
    return server


def _told(tool: Callable[..., Any]) -> Callable[..., Any]:
    """The tool with what the client can act on as its error; anything else stays a defect of ours."""
    from fastmcp.exceptions import ToolError

    @wraps(tool)
    def call(*given: Any, **named: Any) -> Any:
        try:
            return tool(*given, **named)
        except CalipersError as problem:
            raise ToolError(str(problem)) from problem

    return call
