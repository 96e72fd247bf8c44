"""Onsets and offsets of P, QRS and T, beat by beat: per lead, and for the heart as a whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calipers.tools.measure.analysis import ANALYSIS_HZ, Mask, Signal
from calipers.tools.measure.delineation import QRS, P, Probability, T, Waves, wave_segments

#: Order of the marks of one beat.
P_ON, P_OFF, QRS_ON, QRS_OFF, T_ON, T_OFF = range(6)
#: A mark counts for the whole heart when two further leads confirm it within this (CSE working party).
CONFIRM_MS = 12.0
#: Nothing that lasts longer is one depolarisation: fibrillation, or an artefact.
_WIDEST_QRS_S = 0.36


@dataclass(frozen=True)
class Fiducials:
    """Marks in fractional 500 Hz samples; NaN where a wave was not seen.

    Attributes:
        heart: (k, 6) global marks of each beat.
        leads: (12, k, 6) marks of each lead.
        p_support: (k,) share of the examined leads that show the P wave of the beat.
        p_waves: (m,) onset of every global P wave, coupled to a QRS or not.
    """

    heart: Signal
    leads: Signal
    p_support: Signal
    p_waves: Signal

    def without_t(self) -> Fiducials:
        """The same marks without T waves."""
        heart, leads = self.heart.copy(), self.leads.copy()
        heart[:, T_ON : T_OFF + 1] = np.nan
        leads[..., T_ON : T_OFF + 1] = np.nan
        return replace(self, heart=heart, leads=leads)


def fiducials(waves: Waves, peaks: NDArray[np.int64], usable: Mask) -> Fiducials:
    """Assign each wave to its beat in each lead, then fuse the leads."""
    examined = usable & ~np.isnan(waves.per_lead[:, 0, QRS])
    leads = np.full((12, peaks.size, 6), np.nan)
    for row in np.flatnonzero(examined):
        leads[row] = beat_marks(waves.per_lead[row], peaks)
    if waves.all_leads is not None:
        heart = beat_marks(waves.all_leads, peaks)
        p_waves = wave_segments(waves.all_leads[:, P], P)[:, 0]
    else:
        heart = fuse(leads[examined])
        mean = waves.per_lead[examined, :, P].mean(axis=0)
        p_waves = wave_segments(mean, P)[:, 0]
    support = (~np.isnan(leads[examined, :, P_ON])).mean(axis=0) if examined.any() else np.zeros(peaks.size)
    return Fiducials(heart, leads, support, p_waves)


def beat_marks(track: Probability, peaks: NDArray[np.int64]) -> Signal:
    """(n, 3) probabilities of one track → (k, 6) marks of each beat."""
    found = {wave: wave_segments(track[:, wave], wave) for wave in (P, QRS, T)}
    marks = np.full((peaks.size, 6), np.nan)
    for k, peak in enumerate(peaks):
        marks[k, QRS_ON : QRS_OFF + 1] = _qrs_of(found[QRS], float(peak))
    for k, peak in enumerate(peaks):
        before = float(peaks[k - 1]) if k else -np.inf
        after = float(peaks[k + 1]) if k + 1 < peaks.size else np.inf
        onset = marks[k, QRS_ON] if not np.isnan(marks[k, QRS_ON]) else peak - 20.0
        offset = marks[k, QRS_OFF] if not np.isnan(marks[k, QRS_OFF]) else peak + 25.0
        marks[k, T_ON : T_OFF + 1] = _t_of(found[T], offset, after)
        t_before = marks[k - 1, T_OFF] if k and not np.isnan(marks[k - 1, T_OFF]) else before + 40.0
        marks[k, P_ON : P_OFF + 1] = _p_of(found[P], onset, max(before, t_before - 40.0))
    return marks


def _qrs_of(segments: Signal, peak: float) -> tuple[float, float]:
    reach = 0.06 * ANALYSIS_HZ
    near = segments[(segments[:, 0] - reach <= peak) & (segments[:, 1] + reach >= peak)]
    if not len(near):
        return np.nan, np.nan
    best = near[np.argmax(near[:, 1] - near[:, 0])]
    if best[1] - best[0] > _WIDEST_QRS_S * ANALYSIS_HZ:
        return np.nan, np.nan
    return float(best[0]), float(best[1])


def _t_of(segments: Signal, qrs_off: float, next_peak: float) -> tuple[float, float]:
    """The T wave: the first segment after the QRS, with a second phase that follows within 40 ms."""
    after = segments[(segments[:, 0] >= qrs_off - 15) & (segments[:, 0] <= qrs_off + 0.36 * ANALYSIS_HZ)]
    after = after[after[:, 1] < next_peak - 5]
    if not len(after):
        return np.nan, np.nan
    onset, offset = after[0]
    for start, stop in after[1:]:
        if start - offset <= 0.04 * ANALYSIS_HZ:
            offset = stop
    return float(onset), float(offset)


def _p_of(segments: Signal, qrs_on: float, earliest: float) -> tuple[float, float]:
    """The P wave: the last segment that ends before the QRS and starts within 400 ms of it."""
    near = segments[
        (segments[:, 1] <= qrs_on + 8) & (segments[:, 0] >= qrs_on - 0.40 * ANALYSIS_HZ) & (segments[:, 0] > earliest)
    ]
    if not len(near):
        return np.nan, np.nan
    return float(near[-1][0]), float(near[-1][1])


def fuse(leads: Signal) -> Signal:
    """(leads, k, 6) → (k, 6): earliest onset and latest offset that two further leads confirm."""
    heart = np.full(leads.shape[1:], np.nan)
    for k in range(leads.shape[1]):
        for mark in range(6):
            heart[k, mark] = confirmed(leads[:, k, mark], earliest=mark in (P_ON, QRS_ON, T_ON))
    return heart


def confirmed(marks: Signal, *, earliest: bool, within_ms: float = CONFIRM_MS) -> float:
    """The earliest (latest) of one beat's lead marks that two further leads confirm.

    A P wave seen in fewer than a third of the leads counts as not seen. With fewer than three leads, or
    where no three agree, the median stands in.
    """
    known = np.sort(marks[~np.isnan(marks)])
    if known.size == 0 or known.size < marks.size / 3:
        return float("nan")
    if not earliest:
        known = -known[::-1]
    tolerance = within_ms * ANALYSIS_HZ / 1000.0
    if known.size >= 3:
        agree = np.flatnonzero(known[2:] - known[:-2] <= tolerance)
        if agree.size:
            return float(known[agree[0]] if earliest else -known[agree[0]])
    middle = float(np.median(known))
    return middle if earliest else -middle
