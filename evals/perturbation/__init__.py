"""Change one thing, and see that the claims that must change do and the others do not."""

from __future__ import annotations

from calipers.evals.perturbation.task import PerturbationTask

__all__ = ["PerturbationTask"]
