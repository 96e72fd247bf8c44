"""The table that proves it: saved results in `docs/results`, from which `docs/results.md` and README's table are cut."""

from __future__ import annotations

from calipers.evals.results.slots import fill
from calipers.evals.results.store import SavedResults, stale, take
from calipers.evals.results.table import Row, cut_readme, rows

__all__ = ["Row", "SavedResults", "cut_readme", "fill", "rows", "stale", "take"]
