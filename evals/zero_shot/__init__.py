"""`zero_shot`: free text against ECGs, on records that were never learned from."""

from calipers.evals.zero_shot.task import ZeroShotTask

__all__ = ["ZeroShotTask"]
