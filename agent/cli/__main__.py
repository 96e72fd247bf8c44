"""`python -m calipers.agent.cli`."""

from __future__ import annotations

from calipers.agent.cli import main

main()
