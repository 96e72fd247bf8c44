"""Rhythm as numbers: RR, P waves and their coupling, ectopic and paced beats, pauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal
from calipers.tools.measure.association import Association, associate
from calipers.tools.measure.atrial import AtrialWaves, atrial_waves, qrs_zones
from calipers.tools.measure.beats import Beats
from calipers.tools.measure.delineation import Waves
from calipers.tools.measure.fiducials import P_ON, QRS_OFF, QRS_ON, Fiducials
from calipers.tools.measure.flutter import AtrialPeriod, atrial_period
from calipers.tools.measure.pacing import Pacing, read_pacing
from calipers.tools.measure.premature import escapes, premature_atrial, premature_ventricular, width_ms

#: A P wave belongs to its QRS when its PR is within this of the record's median PR.
COUPLING_MS: Final = 40.0
#: A P wave must be seen in this share of the examined leads.
P_SUPPORT: Final = 0.34


@dataclass(frozen=True)
class Rhythm:
    """What the beats do. All times in 500 Hz samples.

    Attributes:
        rr: (k - 1,) RR intervals; `rr[i]` ends at beat i + 1.
        conducted: (k,) beats that follow a P wave at the record's own PR, or one that lengthens to a dropped beat.
        p_expected: (k,) beats for which a P wave could have been recorded and is expected (no ectopics).
        pvc, pac, paced, escape: (k,) beat classes.
        seen_rr: (k - 1,) RR intervals without a stretch that no lead recorded: a beat may be lost there.
        normal_rr: (k - 1,) seen RR intervals between two beats that are neither premature nor after one.
        atria: every P wave.
        links: what became of each P wave.
        period: how regularly the atria go on between the QRS complexes.
        pacing: spikes and the beats they belong to.
    """

    rr: Signal
    conducted: Mask
    p_expected: Mask
    pvc: Mask
    pac: Mask
    paced: Mask
    escape: Mask
    seen_rr: Mask
    normal_rr: Mask
    atria: AtrialWaves
    links: Association
    period: AtrialPeriod
    pacing: Pacing

    @property
    def p_share(self) -> float:
        """Share of expected P waves that are there, 0…1; NaN without beats."""
        return _share(self.conducted, self.p_expected)

    @property
    def irregularity(self) -> float:
        """Mean |difference of successive normal RR| over mean RR; NaN with fewer than two such pairs."""
        both = self.normal_rr[1:] & self.normal_rr[:-1]
        if both.sum() < 2:
            return float("nan")
        return float(np.abs(np.diff(self.rr))[both].mean() / self.rr[self.seen_rr].mean())


def read_rhythm(
    signal: AnalysisSignal,
    waves: Waves,
    beats: Beats,
    marks: Fiducials,
    usable: Mask,
    *,
    spikes_in: Mask | None = None,
) -> Rhythm:
    """Classify each beat from its timing, its shape, its P wave and its spikes; follow each P wave.

    Args:
        signal: the analysis copy.
        waves: what the delineator saw.
        beats: all beats.
        marks: their fiducial points.
        usable: (12,) leads to look at.
        spikes_in: (12,) leads in which pacing spikes are looked for; the same by default.
    """
    rr = np.diff(beats.peaks).astype(np.float64)
    zones = qrs_zones(beats, marks)
    onset = np.array([start for start, _ in zones])
    width = width_ms(marks.heart, QRS_ON, QRS_OFF)
    pacing = read_pacing(signal, onset, usable if spikes_in is None else spikes_in)
    paced = pacing.ventricular | pacing.atrial
    coupled = _coupled(marks, beats)
    pvc = premature_ventricular(beats, width, coupled, paced, signal.n)
    p_expected = ~pvc & (beats.peaks > 0.30 * ANALYSIS_HZ)
    atria = atrial_waves(signal, waves, beats, marks, usable)
    links = associate(atria, onset, ~(pvc | pacing.ventricular))
    conducted = _conducted(coupled, atria, links)
    p_share = _share(conducted, p_expected)
    pac = premature_atrial(beats, width, conducted, pvc | paced, p_share)
    led = conducted | ~np.isnan(links.pr)
    escape = escapes(beats, led, pvc | pac | paced, p_share)
    seen_rr = _seen(signal, beats)
    abnormal = pvc | pac
    return Rhythm(
        rr=rr,
        conducted=conducted,
        p_expected=p_expected,
        pvc=pvc,
        pac=pac,
        paced=paced,
        escape=escape,
        seen_rr=seen_rr,
        normal_rr=seen_rr & ~(abnormal[1:] | abnormal[:-1]),
        atria=atria,
        links=links,
        period=atrial_period(signal, zones, rr, usable),
        pacing=pacing,
    )


def _share(conducted: Mask, expected: Mask) -> float:
    count = int(expected.sum())
    return float((conducted & expected).sum()) / count if count else float("nan")


def _coupled(marks: Fiducials, beats: Beats) -> Mask:
    """(k,) beats whose PR lies within the coupling window of the median PR of the dominant ones."""
    pr = marks.heart[:, QRS_ON] - marks.heart[:, P_ON]
    seen = ~np.isnan(pr) & (marks.p_support >= P_SUPPORT)
    steady = seen & beats.dominant
    if not steady.any():
        return np.zeros(pr.shape, dtype=np.bool_)
    centre = float(np.median(pr[steady]))
    coupled: Mask = seen & (np.abs(pr - centre) * 1000.0 / ANALYSIS_HZ <= COUPLING_MS)
    return coupled


def _conducted(coupled: Mask, atria: AtrialWaves, links: Association) -> Mask:
    """The coupled beats; none in dissociation, where P waves couple by chance; in block all that P waves lead to."""
    if links.dissociated:
        return np.zeros(coupled.shape, dtype=np.bool_)
    if atria.regular and links.of("dropped").size:
        return coupled | ~np.isnan(links.pr)
    return coupled


def _seen(signal: AnalysisSignal, beats: Beats) -> Mask:
    """(k - 1,) RR intervals in which at most 100 ms were recorded by no lead."""
    dark = np.concatenate(([0], np.cumsum(~signal.recorded.any(axis=0))))
    lost = dark[beats.peaks[1:]] - dark[beats.peaks[:-1]]
    seen: Mask = np.asarray(lost <= 0.1 * ANALYSIS_HZ)
    return seen
