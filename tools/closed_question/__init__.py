"""Closed questions: a forced yes or no on one ECG, or which values turned normal or abnormal between two."""

from __future__ import annotations

from calipers.tools.closed_question.asking import Asked, ComparedRanges, read_comparison, read_question
from calipers.tools.closed_question.comparing import changed_ranges
from calipers.tools.closed_question.deciding import Decision, decide

__all__ = ["Asked", "ComparedRanges", "Decision", "changed_ranges", "decide", "read_comparison", "read_question"]
