"""Those tasks of ECGBench that PTB-XL carries: superclasses, statements and reports, from the image alone."""

from calipers.evals.ecgbench.task import EcgBenchTask

__all__ = ["EcgBenchTask"]
