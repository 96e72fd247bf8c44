"""Whether a clinical question finds the guideline passage that answers it, and one without an answer finds none."""

from calipers.evals.retrieval.task import RetrievalTask

__all__ = ["RetrievalTask"]
