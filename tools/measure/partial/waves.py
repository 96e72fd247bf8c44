"""Delineate a page column by column, and through its rhythm strips: each network run sees whole leads only."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal, remove_baseline
from calipers.tools.measure.beats import Beats
from calipers.tools.measure.delineation import Delineator, Probability, Waves
from calipers.tools.measure.fiducials import P_OFF, P_ON, Fiducials
from calipers.tools.measure.partial.coverage import Coverage

#: A column's word counts fully from here inwards: what a wave at its edge is, the rhythm strip tells.
_FADE_S: Final = 0.3
_SHORTEST_S: Final = 0.6
#: Where a P wave is looked for whose place is unknown, before the R peak.
_P_WINDOW_S: Final = (0.20, 0.06)


def levelled(signal: AnalysisSignal, coverage: Coverage) -> AnalysisSignal:
    """The analysis copy with each lead's drift removed within its own stretch, zero elsewhere."""
    level = signal.level_mv.copy()
    for row in np.flatnonzero(coverage.in_part):
        level[row] = 0.0
        stretch = coverage.stretch(int(row))
        level[row, stretch] = remove_baseline(signal.raw_mv[row, stretch])
    return replace(signal, level_mv=level)


def waves_by_column(delineator: Delineator, signal: AnalysisSignal, coverage: Coverage, usable: Mask) -> Waves:
    """P, QRS and T of every lead within its stretch, and of the heart by the leads that show each moment.

    Args:
        delineator: marks the waves of one stretch.
        signal: the analysis copy.
        coverage: which stretch each lead shows.
        usable: (12,) leads to look at.
    """
    per_lead = np.full((12, signal.n, 3), np.nan, dtype=np.float32)
    heart = np.zeros((signal.n, 3), dtype=np.float32)
    through, method = usable & coverage.whole, "none"
    if through.any():
        seen = delineator(signal, through)
        per_lead[through] = seen.per_lead[through]
        heart, method = _whole_heart(seen, through), seen.method
    for column in coverage.columns:
        leads = usable & column.leads
        own = leads & coverage.in_part
        if not own.any() or column.stop - column.start < _SHORTEST_S * ANALYSIS_HZ:
            continue
        seen = delineator(signal.cut(column.start, column.stop), leads)
        per_lead[own] = 0.0
        per_lead[own, column.start : column.stop] = seen.per_lead[own]
        share = _share(column.stop - column.start) if through.any() else 1.0
        piece = slice(column.start, column.stop)
        heart[piece] = share * _whole_heart(seen, leads) + (1.0 - share) * heart[piece]
        method = seen.method
    return Waves(per_lead, heart, method)


def _whole_heart(seen: Waves, leads: Mask) -> Probability:
    if seen.all_leads is not None:
        return seen.all_leads
    mean: Probability = np.nanmean(seen.per_lead[leads], axis=0).astype(np.float32)
    return mean


def _share(n: int) -> Probability:
    """(n, 1) weight of a column's own track: rising from 0 at its edges."""
    inwards = np.minimum(np.arange(n) + 1, n - np.arange(n))
    rising: Probability = np.minimum(inwards / (_FADE_S * ANALYSIS_HZ), 1.0).astype(np.float32)[:, None]
    return rising


def supported(marks: Fiducials, beats: Beats, coverage: Coverage, examined: Mask) -> Fiducials:
    """The marks with each P wave's support counted over the leads that show its time."""
    support: Signal = np.zeros(len(beats))
    for k, peak in enumerate(beats.peaks):
        start, stop = marks.heart[k, [P_ON, P_OFF]]
        if np.isnan(start) or np.isnan(stop):
            start, stop = (float(peak) - seconds * ANALYSIS_HZ for seconds in _P_WINDOW_S)
        seen = examined & coverage.shows(max(start, 0.0), stop)
        if seen.any():
            support[k] = float((~np.isnan(marks.leads[seen, k, P_ON])).mean())
    return replace(marks, p_support=support)
