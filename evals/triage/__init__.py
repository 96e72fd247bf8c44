"""Is what is dangerous raised, and what is normal left alone."""

from calipers.evals.triage.task import TriageTask

__all__ = ["TriageTask"]
