"""What CI refuses: a fast subset without any data set, held sample by sample against a committed baseline."""

from __future__ import annotations

from calipers.evals.gate.baseline import BASELINE, Regression, read_baseline, regressions, write_baseline
from calipers.evals.gate.samples import all_rows

__all__ = ["BASELINE", "Regression", "all_rows", "read_baseline", "regressions", "write_baseline"]
