"""The statement network against PTB-XL's cardiologists."""

from calipers.evals.ptbxl_statements.task import PtbxlStatementsTask

__all__ = ["PtbxlStatementsTask"]
