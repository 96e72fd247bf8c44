"""Records of which some leads show a part only: the 2.5-s columns of a printed page, beside its rhythm strips."""

from calipers.tools.measure.partial.coverage import Coverage, coverage_of
from calipers.tools.measure.partial.record import examine_partial

__all__ = ["Coverage", "coverage_of", "examine_partial"]
