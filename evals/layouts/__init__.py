"""What a printed layout costs: the same records judged from their signals and from digitised pages."""

from calipers.evals.layouts.task import LayoutsTask

__all__ = ["LayoutsTask"]
