"""Are the statements right: what is said of an ECG against what cardiologists said of it."""

from calipers.evals.statements.task import StatementsTask

__all__ = ["StatementsTask"]
