"""What reading a picture costs: recovered signals against the records that were drawn, by layout and damage.

pages.py    the pages: the product's own and the painter's unlike ones, clean, damaged, overlapping
scoring.py  a recovered signal against its record, and measurements against those of the same stretches
task.py     the task and its report
"""

from calipers.evals.digitisation.task import DigitisationTask

__all__ = ["DigitisationTask"]
