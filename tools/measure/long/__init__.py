"""Hours of signal: read in 10-s windows with overlap, in memory that hardly grows with the length."""

from calipers.tools.measure.long.record import examine_long

__all__ = ["examine_long"]
