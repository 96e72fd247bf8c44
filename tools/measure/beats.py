"""Beats: where each QRS is, which beats look alike, and the representative beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal, qrs_band
from calipers.tools.measure.delineation import QRS, Probability, Waves, runs

#: Two ventricular depolarisations cannot follow closer than this (refractory period).
REFRACTORY_S = 0.20
#: Correlation with the template above which a beat belongs to its class.
SAME_SHAPE = 0.90
#: A complex of another shape with less than this share of the usual energy is a T wave or a fibrillatory wave: in 279
#: records of PTB-XL folds 1-8 with PVCs, AF, pacing or poor signal there is none but at the records' ends.
_FAINT = 0.30
_EDGE_S = 0.25
_BEFORE_S, _AFTER_S = 0.10, 0.16
_MEDIAN_BEFORE_S, _MEDIAN_AFTER_S = 0.40, 0.70


@dataclass(frozen=True)
class Beats:
    """The beats of one record.

    Attributes:
        peaks: (k,) int samples at 500 Hz of the largest deflection of each QRS, in time order.
        shape: (k,) class of each beat by shape; 0 is the dominant class.
        correlation: (k,) with the dominant template, -1 to 1.
        energy: (n,) all-lead QRS-band envelope the peaks were read from, arbitrary unit.
    """

    peaks: NDArray[np.int64]
    shape: NDArray[np.int64]
    correlation: Signal
    energy: Signal

    @property
    def dominant(self) -> Mask:
        """(k,) beats of the dominant shape."""
        first: Mask = self.shape == 0
        return first

    def __len__(self) -> int:
        return int(self.peaks.size)


def find_beats(signal: AnalysisSignal, waves: Waves, usable: Mask) -> Beats:
    """Detect QRS complexes by vote of the delineated leads, confirmed by all-lead energy, and sort by shape."""
    energy = envelope(qrs_band(signal.raw_mv[usable]))
    return sorted_beats(vote(waves, usable), energy, lambda peaks: shapes(signal.level_mv[usable], peaks))


def sorted_beats(
    track: Probability, energy: Signal, sort: Callable[[NDArray[np.int64]], tuple[NDArray[np.int64], Signal]]
) -> Beats:
    """The QRS complexes of one probability track and envelope, with the classes that `sort` gives their peaks."""
    peaks = _peaks(track, energy)
    shape, correlation = sort(peaks)
    faint = _faint(peaks, shape, energy)
    if faint.any():
        peaks = peaks[~faint]
        shape, correlation = sort(peaks)
    return Beats(peaks, shape, correlation, energy)


def vote(waves: Waves, usable: Mask) -> Probability:
    """(n,) probability of QRS: the all-lead track, or the mean over the examined leads."""
    if waves.all_leads is not None:
        track: Probability = waves.all_leads[:, QRS]
        return track
    examined = usable & ~np.isnan(waves.per_lead[:, 0, QRS])
    mean: Probability = waves.per_lead[examined, :, QRS].mean(axis=0).astype(np.float32)
    return mean


def envelope(band: Signal) -> Signal:
    """(leads, n) band-passed → (n,) root mean square over leads in units of each lead's own scale."""
    scale = np.percentile(np.abs(band), 98, axis=1, keepdims=True)
    live = scale[:, 0] > 1e-6
    if not live.any():
        return np.zeros(band.shape[1])
    rms = np.sqrt(np.mean((band[live] / scale[live]) ** 2, axis=0))
    width = int(0.05 * ANALYSIS_HZ)
    smooth: Signal = np.convolve(rms, np.ones(width) / width, mode="same")
    return smooth


def _peaks(track: Probability, energy: Signal) -> NDArray[np.int64]:
    candidates = [
        (start + int(np.argmax(energy[start:stop])))
        for start, stop in runs(track >= 0.4)
        if stop - start >= 0.02 * ANALYSIS_HZ
    ]
    if not candidates:
        return np.empty(0, dtype=np.int64)
    typical = float(np.median(energy[candidates]))
    # A missed beat is rarer than a marked artefact: the network's beats need a little energy, a beat
    # that only energy sees needs a lot, and nothing else within a refractory period.
    kept = [peak for peak in candidates if energy[peak] > 0.15 * typical]
    lone = [
        start + int(np.argmax(energy[start:stop]))
        for start, stop in runs(energy > 0.6 * typical)
        if stop - start >= 0.03 * ANALYSIS_HZ
    ]
    for peak in lone:
        if all(abs(peak - other) > 0.3 * ANALYSIS_HZ for other in kept):
            kept.append(peak)
    return _refractory(np.array(sorted(kept), dtype=np.int64), energy)


def _faint(peaks: NDArray[np.int64], shape: NDArray[np.int64], energy: Signal) -> Mask:
    """(k,) complexes of a rare shape that hardly move the leads, wholly inside the record."""
    edge = _EDGE_S * ANALYSIS_HZ
    inside = (peaks > edge) & (peaks < energy.size - edge)
    if not peaks.size:
        return inside
    usual = float(np.median(energy[peaks[shape == 0]]))
    faint: Mask = inside & (shape != 0) & (energy[peaks] < _FAINT * usual)
    return faint


def _refractory(peaks: NDArray[np.int64], energy: Signal) -> NDArray[np.int64]:
    """Of two peaks closer than the refractory period keep the stronger."""
    kept: list[int] = []
    for peak in peaks:
        if kept and peak - kept[-1] < REFRACTORY_S * ANALYSIS_HZ:
            if energy[peak] > energy[kept[-1]]:
                kept[-1] = int(peak)
        else:
            kept.append(int(peak))
    return np.array(kept, dtype=np.int64)


def led_by(beats: Beats, label: int, signal: AnalysisSignal, usable: Mask) -> Beats:
    """The same beats with another shape as the dominant one."""
    order = np.where(beats.shape == label, 0, np.where(beats.shape == 0, label, beats.shape))
    _, correlation = shapes(signal.level_mv[usable], beats.peaks, beats.shape == label)
    return Beats(beats.peaks, order, correlation, beats.energy)


def shapes(mv: Signal, peaks: NDArray[np.int64], dominant: Mask | None = None) -> tuple[NDArray[np.int64], Signal]:
    """Sort beats by QRS shape over all leads.

    Args:
        mv: (leads, n) baseline-corrected.
        peaks: (k,) QRS peaks.
        dominant: (k,) which beats the template is made of; by default the largest class.

    Returns:
        (k,) class numbers, 0 = dominant (largest class; the earlier on a tie), and (k,) correlation with
        the dominant template at the best lag within ±20 ms.
    """
    if peaks.size == 0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    before, after = int(_BEFORE_S * ANALYSIS_HZ), int(_AFTER_S * ANALYSIS_HZ)
    lag = int(0.02 * ANALYSIS_HZ)
    padded = np.pad(mv, ((0, 0), (before + lag, after + lag)), mode="edge")
    # windows: (k, lags, leads * samples), unit length, mean removed per lead
    windows = np.stack(
        [
            np.stack([padded[:, p + lag + d : p + lag + d + before + after] for d in range(-lag, lag + 1, 2)])
            for p in peaks
        ]
    )
    windows = windows - windows.mean(axis=-1, keepdims=True)
    windows = windows.reshape(*windows.shape[:2], -1)
    windows /= np.maximum(np.linalg.norm(windows, axis=-1, keepdims=True), 1e-9)
    centre = windows[:, windows.shape[1] // 2]
    labels = _cluster(windows, centre)
    template = np.median(centre[labels == 0 if dominant is None else dominant], axis=0)
    template /= max(float(np.linalg.norm(template)), 1e-9)
    return labels, (windows @ template).max(axis=1)


def _cluster(windows: Signal, centre: Signal) -> NDArray[np.int64]:
    """Greedy leader clustering: each beat joins the first template it matches at its best lag."""
    labels = np.full(len(centre), -1, dtype=np.int64)
    similarity = np.max(windows @ centre.T, axis=1)  # (k beats, k templates)
    names = 0
    while (labels < 0).any():
        free: Mask = np.asarray(labels < 0)
        matches = np.asarray(similarity > SAME_SHAPE) & free[:, None] & free[None, :]
        leader = int(np.argmax(matches.sum(axis=0)))
        members = matches[:, leader]
        members[leader] = True
        labels[members] = names
        names += 1
    return labels


@dataclass(frozen=True)
class RepresentativeBeat:
    """The median beat of the dominant shape.

    Attributes:
        mv: (12, m) float64, the median over beats, each set to zero at its own PR level.
        beats_mv: (k, 12, m) the aligned beats it was made from.
        zero: index of the R-peak reference within m.
        used: (k,) indices of the beats.
    """

    mv: Signal
    beats_mv: Signal
    zero: int
    used: NDArray[np.int64]

    @cached_property
    def standard_error_mv(self) -> Signal:
        """(12, m) standard error of the median at each sample; NaN where fewer than two beats reach."""
        known = ~np.isnan(self.beats_mv)
        count = known.sum(axis=0)
        away = np.where(known, self.beats_mv - self.mv, 0.0)
        enough = np.maximum(count, 1)
        mean = away.sum(axis=0) / enough
        variance = np.maximum((away * away).sum(axis=0) / enough - mean * mean, 0.0)
        return np.where(count > 1, 1.2533 * np.sqrt(variance / enough), np.nan)


def representative_beat(signal: AnalysisSignal, beats: Beats, onset: Signal, usable: Mask) -> RepresentativeBeat | None:
    """Align the dominant beats on all leads at once and take the median.

    Args:
        signal: the analysis copy.
        beats: detected beats.
        onset: (k,) QRS onset of each beat in samples, NaN where unknown; amplitudes are relative to the
            12 ms before it (the PR level, the baseline of the universal definition of infarction).
        usable: (12,) leads that steer the alignment.
    """
    before, after = int(_MEDIAN_BEFORE_S * ANALYSIS_HZ), int(_MEDIAN_AFTER_S * ANALYSIS_HZ)
    inside = (beats.peaks - 20 >= 0) & (beats.peaks + int(0.3 * ANALYSIS_HZ) < signal.n)
    chosen = np.flatnonzero(beats.dominant & inside & ~np.isnan(onset))
    if not chosen.size:
        return None
    shifts = _alignment(signal.level_mv[usable], beats.peaks[chosen])
    padded = np.pad(signal.raw_mv, ((0, 0), (before, after)), constant_values=np.nan)
    stack = np.stack(
        [padded[:, p + s : p + s + before + after] for p, s in zip(beats.peaks[chosen], shifts, strict=True)]
    )
    level = np.stack([pr_level(signal.raw_mv, float(onset[k])) for k in chosen])
    stack = stack - level[:, :, None]
    return RepresentativeBeat(median_beat(stack), stack, before, chosen)


def median_beat(stack: Signal) -> Signal:
    """(k, 12, m) aligned beats → (12, m); where few beats reach, the median of what is there; zero where none does."""
    blank: Mask = np.asarray(np.isnan(stack).all(axis=0))
    filled = np.where(blank[None], 0.0, stack)
    median: Signal = np.nanmedian(filled, axis=0)
    return median


def pr_level(raw_mv: Signal, onset: float) -> Signal:
    """(12,) mean level in the 12 ms that end 4 ms before QRS onset."""
    stop = max(int(round(onset)) - 2, 1)
    start = max(stop - 6, 0)
    level: Signal = raw_mv[:, start:stop].mean(axis=1)
    return level


def _alignment(mv: Signal, peaks: NDArray[np.int64]) -> NDArray[np.int64]:
    """(k,) shift in samples, within ±20 ms, that best matches each beat to the median of all."""
    before, after = int(_BEFORE_S * ANALYSIS_HZ), int(_AFTER_S * ANALYSIS_HZ)
    lag = int(0.02 * ANALYSIS_HZ)
    padded = np.pad(mv, ((0, 0), (before + lag, after + lag)), mode="edge")
    lags = np.arange(-lag, lag + 1)
    windows = np.stack([np.stack([padded[:, p + lag + d : p + lag + d + before + after] for d in lags]) for p in peaks])
    windows = windows - windows.mean(axis=-1, keepdims=True)
    flat = windows.reshape(*windows.shape[:2], -1)
    template = np.median(flat[:, lag], axis=0)
    shift = np.zeros(len(peaks), dtype=np.int64)
    for _ in range(2):
        shift = np.argmax(flat @ template, axis=1)
        template = np.median(flat[np.arange(len(peaks)), shift], axis=0)
    chosen: NDArray[np.int64] = lags[shift]
    return chosen
