"""ECG-QA: closed questions about one ECG, and which numbers changed between two."""

from __future__ import annotations

from calipers.evals.ecg_qa.task import EcgQaTask

__all__ = ["EcgQaTask"]
