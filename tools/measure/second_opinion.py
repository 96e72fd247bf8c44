"""A second count of the QRS complexes, by NeuroKit2 on one lead: where it differs, the rate is less certain."""

from __future__ import annotations

import warnings
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.leads import LEADS, Lead
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Signal

#: Share of beats on which two detectors may differ before the reader is told.
TOLERATED: Final = 0.2
_SAME_BEAT_S: Final = 0.08
_MIN_S: Final = 5.0
_PREFERRED: Final[tuple[Lead, ...]] = ("II", "V5", "I", "V2", "V6", "V4", "V3", "V1")


class SecondOpinion(NamedTuple):
    """NeuroKit2's beats in one lead, and the share of all beats on which it and Calipers differ."""

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


def second_opinion(signal: AnalysisSignal, score: Signal, peaks: NDArray[np.int64]) -> SecondOpinion | None:
    """Count the QRS complexes again; None for records too short to compare.

    Args:
        signal: the analysis copy.
        score: (12,) lead quality; the best of the usual rhythm leads is used.
        peaks: (k,) Calipers' own beats.

    NeuroKit2 0.2: cleaning by high-pass and mains filter, R peaks by gradient (Makowski 2021).
    """
    if signal.duration_s < _MIN_S or peaks.size < 3:
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
    return SecondOpinion(lead, theirs, _disagreement(peaks, theirs, signal.n))


def _disagreement(ours: NDArray[np.int64], theirs: NDArray[np.int64], n: int) -> float:
    """Share of beats that only one detector saw, the record's first and last half second left out."""
    edge = int(0.5 * ANALYSIS_HZ)
    a, b = (peaks[(peaks > edge) & (peaks < n - edge)] for peaks in (ours, theirs))
    if not a.size or not b.size:
        return 1.0
    apart = np.abs(a[:, None] - b[None, :])
    near = _SAME_BEAT_S * ANALYSIS_HZ
    alone = int((apart.min(axis=1) > near).sum() + (apart.min(axis=0) > near).sum())
    return alone / max(a.size, b.size)
