"""`calipers mcp`: the tools for any MCP client. What it gets back are measurements and claims with their citations.

The client's model words its own answer; what Calipers vouches for is in `claims` and `measurements` alone, and every
tool says so.
"""

from __future__ import annotations

from calipers.agent.mcp.server import build_server

__all__ = ["build_server"]
