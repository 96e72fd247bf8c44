"""Is the measuring right: intervals, boundaries, rhythm, robustness and speed, beside NeuroKit2 and openecg."""

from calipers.evals.measurement.task import MeasurementTask

__all__ = ["MeasurementTask"]
