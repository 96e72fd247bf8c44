"""`calipers mcp`: the tools for any MCP client."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def mcp(
    folder: Annotated[Path, typer.Argument(help="Folder of the ECGs to serve; nothing outside it is read")] = Path(),
) -> None:
    """Serve measuring, explaining, comparing and citing to an MCP client, over standard input and output."""
    from calipers.agent.mcp import build_server

    build_server(folder).run(transport="stdio", show_banner=False)
