"""How readable each lead is within the stretch that it shows: what a page leaves out is no fault of the lead."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.leads import LEADS
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal
from calipers.tools.measure.partial.coverage import Coverage
from calipers.tools.measure.quality import LeadQualities, lead_qualities

#: Shorter than this shows no whole beat for certain.
_SHORTEST_S: Final = 1.0


def qualities_by_stretch(ecg: Ecg, signal: AnalysisSignal, coverage: Coverage) -> LeadQualities:
    """Score the twelve leads, those shown in part by their own stretch."""
    every = lead_qualities(ecg, signal)
    score, reasons = every.score.copy(), list(every.reasons)
    for column in coverage.columns:
        start_s, stop_s = column.start / ANALYSIS_HZ, column.stop / ANALYSIS_HZ
        first, stop = round(start_s * ecg.fs_hz), round(stop_s * ecg.fs_hz)
        piece = replace(ecg, signal_mv=ecg.signal_mv[:, first:stop])
        own = lead_qualities(piece, signal.cut(column.start, column.stop))
        for row in np.flatnonzero(column.leads & coverage.in_part):
            short = stop_s - start_s < _SHORTEST_S
            score[row] = 0.0 if short else own.score[row]
            reasons[row] = (*own.reasons[row], f"shown from {start_s:.1f} to {stop_s:.1f} s only")
    return LeadQualities(score, tuple(reasons))


def shown_in_part(coverage: Coverage) -> str:
    """One line that says which leads show a part of the record, and how much."""
    rows = np.flatnonzero(coverage.in_part)
    seconds = (coverage.stop - coverage.first)[rows] / ANALYSIS_HZ
    low, high = float(seconds.min()), float(seconds.max())
    much = f"{low:.1f} s" if high - low < 0.15 else f"{low:.1f} to {high:.1f} s"
    through = ", ".join(LEADS[row] for row in np.flatnonzero(coverage.whole)) or "no lead"
    return f"{', '.join(LEADS[row] for row in rows)} show {much} each; {through} the whole {coverage.n / ANALYSIS_HZ:.0f} s"
