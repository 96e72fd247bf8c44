"""Beats of a page: found by all leads that show a moment, timed by the rhythm strips, or column by column."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.leads import INDEX, LIMB, LIMB_FROM_I_AND_II
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal, qrs_band
from calipers.tools.measure.beats import (
    Beats,
    RepresentativeBeat,
    envelope,
    median_beat,
    representative_beat,
    shapes,
    sorted_beats,
    vote,
)
from calipers.tools.measure.delineation import Waves
from calipers.tools.measure.fiducials import QRS_ON, Fiducials
from calipers.tools.measure.partial.coverage import Coverage

_SMOOTH_S: Final = 0.05
#: The largest deflections of two leads in one QRS lie within this.
_SAME_QRS_S: Final = 0.05


def with_limb_leads(signal: AnalysisSignal, coverage: Coverage, usable: Mask) -> AnalysisSignal:
    """The analysis copy with the six limb leads wherever two of them are shown (Einthoven 1913, Goldberger 1942).

    For rhythm only, so that the column of aVR, aVL and aVF shows II as well; amplitudes are read from what was given.
    """
    raw, level, recorded = signal.raw_mv.copy(), signal.level_mv.copy(), signal.recorded.copy()
    for column in coverage.columns:
        known = [INDEX[lead] for lead in LIMB if (usable & column.leads)[INDEX[lead]]]
        if len(known) < 2:
            continue
        piece = slice(column.start, column.stop)
        solve = np.linalg.pinv(np.array([LIMB_FROM_I_AND_II[LIMB[row]] for row in known]))
        for row in (INDEX[lead] for lead in LIMB if INDEX[lead] not in known):
            weights = np.array(LIMB_FROM_I_AND_II[LIMB[row]]) @ solve
            raw[row, piece], level[row, piece] = weights @ raw[known, piece], weights @ level[known, piece]
            recorded[row, piece] = recorded[known, piece].all(axis=0)
    return replace(signal, raw_mv=raw, level_mv=level, recorded=recorded)


def strip_beats(signal: AnalysisSignal, waves: Waves, coverage: Coverage, usable: Mask) -> Beats:
    """QRS complexes by all leads that show each moment; timed and sorted by shape in the leads that run through."""
    through = usable & coverage.whole
    strip, reach = envelope(qrs_band(signal.raw_mv[through])), int(_SAME_QRS_S * ANALYSIS_HZ)

    def timed(peaks: NDArray[np.int64]) -> NDArray[np.int64]:
        starts = np.maximum(peaks - reach, 0)
        near = [int(np.argmax(strip[start : peak + reach])) for start, peak in zip(starts, peaks, strict=True)]
        return starts + np.array(near, dtype=np.int64)

    found = sorted_beats(
        vote(waves, through),
        _envelope(signal, coverage, usable),
        lambda peaks: shapes(signal.level_mv[through], timed(peaks)),
    )
    return replace(found, peaks=timed(found.peaks))


def relay_beats(signal: AnalysisSignal, waves: Waves, coverage: Coverage, usable: Mask) -> Beats:
    """QRS complexes by the leads that show each moment, sorted by shape within each column."""
    return sorted_beats(
        vote(waves, usable),
        _envelope(signal, coverage, usable),
        lambda peaks: relay_shapes(signal, coverage, usable, peaks),
    )


def _envelope(signal: AnalysisSignal, coverage: Coverage, usable: Mask) -> Signal:
    """(n,) root mean square of the QRS band over the leads shown, in units of each lead's own scale."""
    total, count = np.zeros(signal.n), np.zeros(signal.n)
    for row in np.flatnonzero(usable):
        stretch = coverage.stretch(int(row))
        band = qrs_band(signal.raw_mv[row, stretch])
        scale = float(np.percentile(np.abs(band), 98))
        if scale > 1e-6:
            total[stretch] += (band / scale) ** 2
            count[stretch] += 1
    width = int(_SMOOTH_S * ANALYSIS_HZ)
    smooth: Signal = np.convolve(np.sqrt(total / np.maximum(count, 1)), np.ones(width) / width, mode="same")
    return smooth


def relay_shapes(
    signal: AnalysisSignal, coverage: Coverage, usable: Mask, peaks: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Signal]:
    """Class and correlation of each beat among the beats of its column: 0 is the column's usual shape.

    Beats of other shapes are numbered through: that two columns show the same one cannot be told.
    """
    shape, correlation = np.zeros(peaks.size, dtype=np.int64), np.ones(peaks.size)
    used = 0
    for leads, members in _members(coverage, usable, peaks):
        own, alike = shapes(signal.level_mv[leads], peaks[members])
        shape[members] = np.where(own == 0, 0, own + used)
        correlation[members] = alike
        used += int(own.max(initial=0))
    return shape, correlation


def _members(coverage: Coverage, usable: Mask, peaks: NDArray[np.int64]) -> list[tuple[Mask, NDArray[np.int64]]]:
    """The leads of each column and the beats that fall into it; a beat belongs to the first that shows it."""
    free = np.ones(peaks.size, dtype=np.bool_)
    found = []
    for column in coverage.columns:
        inside = free & (peaks >= column.start) & (peaks < column.stop)
        leads = usable & column.leads
        if inside.any() and leads.any():
            found.append((leads, np.flatnonzero(inside)))
            free &= ~inside
    return found


def even_peaks(signal: AnalysisSignal, beats: Beats, marks: Fiducials, coverage: Coverage, usable: Mask) -> Beats:
    """Move the peaks of each column so that they stand at one distance from the QRS onset.

    The largest deflection of V1 and of I are up to 40 ms apart in time: an RR from one column to the next, and the
    place of one lead's waves against another's, would carry that difference.
    """
    lag = beats.peaks - marks.heart[:, QRS_ON]
    if np.isnan(lag).all():
        return beats
    usual = float(np.nanmedian(lag[beats.dominant])) if not np.isnan(lag[beats.dominant]).all() else 0.0
    peaks = beats.peaks.copy()
    for _, members in _members(coverage, usable, beats.peaks):
        own = lag[members][beats.dominant[members] & ~np.isnan(lag[members])]
        if own.size:
            peaks[members] -= round(float(np.median(own)) - usual)
    peaks = np.clip(peaks, 0, signal.n - 1)
    return replace(beats, peaks=peaks)


def relay_beat(
    signal: AnalysisSignal, beats: Beats, onset: Signal, coverage: Coverage, usable: Mask
) -> RepresentativeBeat | None:
    """The representative beat, each column's beats aligned by its own leads."""
    parts: list[tuple[NDArray[np.int64], RepresentativeBeat]] = []
    for leads, members in _members(coverage, usable, beats.peaks):
        own = Beats(beats.peaks[members], beats.shape[members], beats.correlation[members], beats.energy)
        part = representative_beat(signal, own, onset[members], leads)
        if part is not None:
            parts.append((members[part.used], part))
    if not parts:
        return None
    stack = np.concatenate([part.beats_mv for _, part in parts])
    return RepresentativeBeat(median_beat(stack), stack, parts[0][1].zero, np.concatenate([used for used, _ in parts]))
