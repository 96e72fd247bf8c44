"""Looking things up: guideline passages, a patient's earlier reports, similar ECGs."""

from calipers.tools.retrieve.cases import add_cases, similar_cases
from calipers.tools.retrieve.guidelines import search_guidelines
from calipers.tools.retrieve.history import add_history, search_history

__all__ = ["add_cases", "add_history", "search_guidelines", "search_history", "similar_cases"]
