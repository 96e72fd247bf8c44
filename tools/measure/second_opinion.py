"""A second count of the QRS complexes, by NeuroKit2 on one lead: where it differs, the rate is less certain.

One lead takes a tall P wave for a beat and passes over a low QRS. Where the twelve leads settle a difference it
does not count: a beat of Calipers' that looks like its others stands, a beat of NeuroKit2's without the energy
of a QRS falls.
"""

from __future__ import annotations

import warnings
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.leads import LEADS, Lead
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal
from calipers.tools.measure.beats import REFRACTORY_S, Beats

#: Share of beats on which two detectors may differ before the reader is told.
TOLERATED: Final = 0.2
_SAME_BEAT_S: Final = 0.08
_MIN_S: Final = 5.0
#: A beat with this correlation to the usual shape, or of a shape seen three times, is a beat.
_ALIKE: Final = 0.80
_OFTEN: Final = 3
#: Less than this share of a QRS complex's energy over all leads is none.
_ENERGY: Final = 0.35
_PREFERRED: Final[tuple[Lead, ...]] = ("II", "V5", "I", "V2", "V6", "V4", "V3", "V1")


class SecondOpinion(NamedTuple):
    """NeuroKit2's beats in one lead, and the share of all beats on which it and Calipers differ unsettled."""

    lead: Lead
    peaks: NDArray[np.int64]
    disagreement: float

    @property
    def differs(self) -> bool:
        """Whether a reader should know."""
        return self.disagreement > TOLERATED

    def rate(self) -> float | None:
        """Its own heart rate in beats per minute, or None with fewer than two beats."""
        if self.peaks.size < 2:
            return None
        return 60.0 * ANALYSIS_HZ * (self.peaks.size - 1) / float(self.peaks[-1] - self.peaks[0])

    def remark(self) -> str:
        """One line for the quality of the record."""
        return f"a second detector (NeuroKit2, lead {self.lead}) counts {self.peaks.size} QRS complexes"


def second_opinion(signal: AnalysisSignal, score: Signal, beats: Beats) -> SecondOpinion | None:
    """Count the QRS complexes again; None for records too short to compare.

    Args:
        signal: the analysis copy.
        score: (12,) lead quality; the best of the usual rhythm leads is used.
        beats: Calipers' own.

    NeuroKit2 0.2: cleaning by high-pass and mains filter, R peaks by gradient (Makowski 2021).
    """
    if signal.duration_s < _MIN_S or len(beats) < 3:
        return None
    lead = max(_PREFERRED, key=lambda name: (round(float(score[LEADS.index(name)]), 1), -_PREFERRED.index(name)))
    row = LEADS.index(lead)
    if score[row] <= 0:
        return None
    import neurokit2 as nk

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NeuroKit2 warns about short or noisy stretches that it then handles
        cleaned = nk.ecg_clean(signal.raw_mv[row], sampling_rate=int(ANALYSIS_HZ), method="neurokit")
        found = nk.ecg_findpeaks(cleaned, sampling_rate=int(ANALYSIS_HZ), method="neurokit")["ECG_R_Peaks"]
    theirs = np.asarray(found, dtype=np.int64)
    return SecondOpinion(lead, theirs, _disagreement(beats, theirs, signal.n))


def _disagreement(beats: Beats, theirs: NDArray[np.int64], n: int) -> float:
    """Share of beats in doubt that only one detector saw, the record's first and last half second left out."""
    edge = int(0.5 * ANALYSIS_HZ)
    inside = (beats.peaks > edge) & (beats.peaks < n - edge)
    ours, theirs = beats.peaks[inside], theirs[(theirs > edge) & (theirs < n - edge)]
    if not ours.size or not theirs.size:
        return 1.0
    apart_s = np.abs(ours[:, None] - theirs[None, :]) / ANALYSIS_HZ
    # Two peaks within a refractory period are two peaks of one wide QRS.
    missed, extra = (apart_s > _SAME_BEAT_S).all(axis=1), (apart_s > REFRACTORY_S).all(axis=0)
    doubtful = (missed & ~_sure(beats)[inside]).sum() + (extra & _has_energy(beats, theirs)).sum()
    return int(doubtful) / max(ours.size, theirs.size)


def _sure(beats: Beats) -> Mask:
    """(k,) beats that look like others and move the leads as a QRS does, which a T wave seldom does."""
    often: Mask = np.bincount(beats.shape)[beats.shape] >= _OFTEN
    return (often | (beats.correlation >= _ALIKE)) & _has_energy(beats, beats.peaks)


def _has_energy(beats: Beats, peaks: NDArray[np.int64]) -> Mask:
    """(p,) peaks near which the leads move as in a QRS."""
    near = int(_SAME_BEAT_S * ANALYSIS_HZ)
    usual = float(np.percentile(beats.energy[beats.peaks], 75))
    most = np.array([beats.energy[max(p - near, 0) : p + near].max() for p in peaks])
    strong: Mask = most >= _ENERGY * usual
    return strong
