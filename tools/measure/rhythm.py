"""Rhythm as numbers: RR, P waves and their coupling, ectopic and paced beats, pauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import signal as dsp

from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal
from calipers.tools.measure.beats import Beats
from calipers.tools.measure.fiducials import P_ON, QRS_OFF, QRS_ON, Fiducials

#: A P wave belongs to its QRS when its PR is within this of the record's median PR.
COUPLING_MS: Final = 40.0
#: A P wave must be seen in this share of the examined leads.
P_SUPPORT: Final = 0.34
_PREMATURE: Final = 0.86
_SPIKE_MV: Final = 0.08
_WIDE_MS: Final = 110.0
_PAC_EARLY: Final = 0.84
_PAC_RECOVERY: Final = 1.35
_PAC_SHAPE: Final = 0.7
#: Share of beats with a coupled P wave below which no beat can be called premature atrial.
_ORGANISED: Final = 0.4


@dataclass(frozen=True)
class Rhythm:
    """What the beats do. All times in 500 Hz samples.

    Attributes:
        rr: (k - 1,) RR intervals; `rr[i]` ends at beat i + 1.
        conducted: (k,) beats preceded by a P wave at the record's own PR.
        p_expected: (k,) beats for which a P wave could have been recorded and is expected (no ectopics).
        pvc, pac, paced: (k,) beat classes.
        seen_rr: (k - 1,) RR intervals without a stretch that no lead recorded: a beat may be lost there.
        normal_rr: (k - 1,) seen RR intervals between two beats that are neither premature nor after one.
    """

    rr: Signal
    conducted: Mask
    p_expected: Mask
    pvc: Mask
    pac: Mask
    paced: Mask
    seen_rr: Mask
    normal_rr: Mask

    @property
    def p_share(self) -> float:
        """Share of expected P waves that are there, 0…1; NaN without beats."""
        expected = int(self.p_expected.sum())
        return float((self.conducted & self.p_expected).sum()) / expected if expected else float("nan")

    @property
    def irregularity(self) -> float:
        """Mean |difference of successive normal RR| over mean RR; NaN with fewer than two such pairs."""
        both = self.normal_rr[1:] & self.normal_rr[:-1]
        if both.sum() < 2:
            return float("nan")
        return float(np.abs(np.diff(self.rr))[both].mean() / self.rr[self.seen_rr].mean())


def read_rhythm(signal: AnalysisSignal, beats: Beats, marks: Fiducials, usable: Mask) -> Rhythm:
    """Classify each beat from its timing, its shape and its P wave."""
    k = len(beats)
    rr = np.diff(beats.peaks).astype(np.float64)
    pr = marks.heart[:, QRS_ON] - marks.heart[:, P_ON]
    seen = ~np.isnan(pr) & (marks.p_support >= P_SUPPORT)
    conducted = seen & _coupled(pr, seen & beats.dominant)
    paced = paced_beats(signal, beats, marks.heart[:, QRS_ON], usable)
    width = (marks.heart[:, QRS_OFF] - marks.heart[:, QRS_ON]) * 1000.0 / ANALYSIS_HZ
    known = width[beats.dominant & ~np.isnan(width)]
    usual = float(np.median(known)) if known.size else float("nan")
    other_shape = ~beats.dominant & (beats.correlation < 0.85)
    wide = np.nan_to_num(width, nan=0.0) >= max(_WIDE_MS, usual + 10.0 if np.isfinite(usual) else _WIDE_MS)
    early = _early(rr, k, _PREMATURE)
    pvc = other_shape & ~paced & ~conducted & (wide | (beats.correlation < 0.6)) & (early | wide)
    p_expected = ~pvc & (beats.peaks > 0.30 * ANALYSIS_HZ)
    organised = bool((conducted & p_expected).sum() >= _ORGANISED * max(int(p_expected.sum()), 1))
    pac = _atrial_premature(rr, beats, pvc | paced) if organised else np.zeros(k, dtype=np.bool_)
    abnormal = pvc | pac
    seen_rr = _seen(signal, beats)
    normal_rr = seen_rr & ~(abnormal[1:] | abnormal[:-1])
    return Rhythm(rr, conducted, p_expected, pvc, pac, paced, seen_rr, normal_rr)


def _seen(signal: AnalysisSignal, beats: Beats) -> Mask:
    """(k - 1,) RR intervals in which at most 100 ms were recorded by no lead."""
    dark = np.concatenate(([0], np.cumsum(~signal.recorded.any(axis=0))))
    lost = dark[beats.peaks[1:]] - dark[beats.peaks[:-1]]
    seen: Mask = np.asarray(lost <= 0.1 * ANALYSIS_HZ)
    return seen


def _coupled(pr: Signal, steady: Mask) -> Mask:
    """Beats whose PR lies within the coupling window of the median PR."""
    if not steady.any():
        return np.zeros(pr.shape, dtype=np.bool_)
    centre = float(np.median(pr[steady]))
    near: Mask = np.abs(pr - centre) * 1000.0 / ANALYSIS_HZ <= COUPLING_MS
    return near


def _early(rr: Signal, k: int, share: float) -> Mask:
    """Beats whose RR is below `share` of the median of the neighbouring RR."""
    early = np.zeros(k, dtype=np.bool_)
    for beat in range(1, k):
        around = np.concatenate((rr[max(0, beat - 5) : beat - 1], rr[beat : beat + 4]))
        if around.size >= 2:
            early[beat] = rr[beat - 1] < share * float(np.median(around))
    return early


def _atrial_premature(rr: Signal, beats: Beats, other: Mask) -> Mask:
    """Beats of a conducted shape that come abruptly early and are followed by a longer interval.

    Chosen on 480 records of PTB-XL folds 1-8 with all 41 labelled PAC: 32 found, 14 others marked; the
    abrupt step in and out is what sets them apart from sinus arrhythmia.
    """
    k = len(beats)
    early = _early(rr, k, _PAC_EARLY)
    found = np.zeros(k, dtype=np.bool_)
    for beat in range(1, k):
        if not early[beat] or other[beat] or other[beat - 1] or beats.correlation[beat] < _PAC_SHAPE:
            continue
        after = rr[beat] if beat < rr.size else np.inf
        step_in = beat < 2 or found[beat - 1] or rr[beat - 1] <= (_PAC_EARLY + 0.02) * rr[beat - 2]
        found[beat] = step_in and after >= _PAC_RECOVERY * rr[beat - 1]
    return found


def _independent(usable: Mask) -> list[int]:
    """Rows of two usable limb leads and of all usable chest leads."""
    limb = [row for row in (1, 0, 5, 2, 4, 3) if usable[row]]
    return [*limb[:2], *(row for row in range(6, 12) if usable[row])]


def paced_beats(signal: AnalysisSignal, beats: Beats, onset: Signal, usable: Mask) -> Mask:
    """(k,) beats that a pacing spike precedes: ventricular within 80 ms, atrial within 260 ms of QRS onset.

    A spike lasts one to three samples, so a running median of 14 ms does not follow it while it follows
    any QRS; what remains must exceed 80 µV in three leads (or in all, if fewer), of which limb leads count
    as two at most: one loose electrode shows in all six. On PTB-XL folds 1-8 this
    finds 18 of 25 records labelled PACE and none of 290 others; the other seven show no spike (bipolar
    pacing, or a recorder that filters above 150 Hz).
    """
    raw = signal.raw_mv[_independent(usable)]
    if raw.shape[0] == 0 or raw.shape[1] < 50:
        return np.zeros(len(beats), dtype=np.bool_)
    residual = np.sort(np.abs(raw - dsp.medfilt2d(raw, (1, 7))), axis=0)
    shared = residual[-min(3, residual.shape[0])]
    start = np.where(np.isnan(onset), beats.peaks - 25, onset).astype(int)
    reach, into_qrs = int(0.26 * ANALYSIS_HZ), int(0.016 * ANALYSIS_HZ)
    heights = [shared[max(o - reach, 0) : max(o + into_qrs, 1)].max() for o in start]
    return np.array(heights) > _SPIKE_MV
