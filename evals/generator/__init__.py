"""`generator`: whether generated ECGs are what was asked for, and whether they look like real ones."""

from calipers.evals.generator.task import GeneratorTask

__all__ = ["GeneratorTask"]
