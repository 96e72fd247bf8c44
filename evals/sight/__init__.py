"""`sight`: the statements that the language model writes from an ECG's tokens, as a signal, as a page, as both."""

from __future__ import annotations

from calipers.evals.sight.task import SightTask

__all__ = ["SightTask"]
