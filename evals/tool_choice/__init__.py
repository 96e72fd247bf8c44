"""Tool choice: does a model call the tool that a clinician's question needs, with the right arguments?"""

from __future__ import annotations

from calipers.evals.tool_choice.task import ToolChoiceTask

__all__ = ["ToolChoiceTask"]
