"""Are whole reports right: released claims against the cardiologists' labels, with and without a language model."""

from __future__ import annotations

from calipers.evals.report.task import ReportTask

__all__ = ["ReportTask"]
