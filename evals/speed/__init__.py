"""How fast and how large: classify, interpret and the first words of a conversation, in fresh processes."""

from __future__ import annotations

from calipers.evals.speed.task import SpeedTask

__all__ = ["SpeedTask"]
