"""Is nothing said where nothing can be: what no ECG answers, and what cannot be measured on this one."""

from __future__ import annotations

from calipers.evals.abstention.task import AbstentionTask

__all__ = ["AbstentionTask"]
