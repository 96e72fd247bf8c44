"""The learned 12-lead delineator: P, QRS and T in every lead and over all leads, in one pass."""

from calipers.models.delineator.inference import Delineator, Waves
from calipers.models.delineator.segments import Segment, Wave, segments

__all__ = ["Delineator", "Segment", "Wave", "Waves", "segments"]
