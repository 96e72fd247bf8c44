"""GEM's grounded ECG understanding: its eight criteria, scored by code and, where one is configured, by a judge."""

from __future__ import annotations

from calipers.evals.grounding.task import GroundingTask

__all__ = ["GroundingTask"]
