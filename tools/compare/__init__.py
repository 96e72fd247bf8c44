"""Serial comparison: what is new, gone, worse or unchanged against an earlier ECG of the same patient."""

from __future__ import annotations

from calipers.tools.compare.acquisition import recording_limits, require_comparable
from calipers.tools.compare.comparing import changes_between
from calipers.tools.compare.engine import compare, in_order, recording
from calipers.tools.compare.measured import WEIGHING
from calipers.tools.compare.recording import Recording
from calipers.tools.compare.trend import Trend, trends

__all__ = [
    "WEIGHING",
    "Recording",
    "Trend",
    "changes_between",
    "compare",
    "in_order",
    "recording",
    "recording_limits",
    "require_comparable",
    "trends",
]
