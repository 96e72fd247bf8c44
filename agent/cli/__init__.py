"""The command line `calipers`."""

from __future__ import annotations

from calipers.agent.cli.app import app, main

__all__ = ["app", "main"]
