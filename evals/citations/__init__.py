"""Do citations hold: ids, support, and every cited value measured again by a program that shares no code with ours."""

from __future__ import annotations

from calipers.evals.citations.task import CitationsTask

__all__ = ["CitationsTask"]
