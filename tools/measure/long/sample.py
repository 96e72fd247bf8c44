"""The representative beat of hours: a bounded, evenly spread sample of the usual beats, cut from the signal again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, analysis_signal, rate_ratio
from calipers.tools.measure.beats import Beats
from calipers.tools.measure.fiducials import QRS_ON, Fiducials
from calipers.tools.measure.long.beat_log import BeatArrays
from calipers.tools.measure.long.window_log import WindowArrays
from calipers.tools.measure.long.windows import Window, cut

#: Beats in the sample: enough that their median no longer changes by more than noise.
SAMPLE: Final = 64
_BEFORE, _AFTER = int(0.6 * ANALYSIS_HZ), int(0.9 * ANALYSIS_HZ)
#: Signal around a beat that the baseline filter needs, in seconds.
_RUN_IN_S: Final = 2.5


class Sample(NamedTuple):
    """Beats of one shape, laid side by side as if they were a record of their own.

    Attributes:
        signal: the stretches around the beats, one after the other.
        beats: their R peaks there.
        marks: their global marks there.
        peaks: (k,) the same peaks in 500 Hz samples of the record.
    """

    signal: AnalysisSignal
    beats: Beats
    marks: Fiducials
    peaks: NDArray[np.int64]


@dataclass(frozen=True)
class _Cut:
    """One beat's stretch of the analysis copy, `_BEFORE` before and `_AFTER` after its peak."""

    raw_mv: NDArray[np.float64]
    level_mv: NDArray[np.float64]
    recorded: Mask


def sample_beats(ecg: Ecg, beats: BeatArrays, windows: WindowArrays, usable: Mask) -> Sample | None:
    """Up to `SAMPLE` beats of the usual shape, evenly spread over the record; the same beats every time.

    Args:
        ecg: the whole record.
        beats: its beats.
        windows: its windows.
        usable: (12,) leads that the record's measurements are made from.
    """
    chosen = _choose(ecg, beats, windows, usable)
    if not chosen.size:
        return None
    peaks, heart = beats.peaks[chosen], beats.heart[chosen]
    cuts = [_cut_out(ecg, int(peak)) for peak in peaks]
    present: Mask = np.array([np.isfinite(row).any() for row in ecg.signal_mv])
    signal = AnalysisSignal(
        np.concatenate([piece.raw_mv for piece in cuts], axis=1),
        np.concatenate([piece.level_mv for piece in cuts], axis=1),
        np.concatenate([piece.recorded for piece in cuts], axis=1),
        present,
        present,
    )
    laid = _BEFORE + (_BEFORE + _AFTER) * np.arange(chosen.size, dtype=np.int64)
    zeros = np.zeros(chosen.size, dtype=np.int64)
    marks = Fiducials(
        heart=heart - peaks[:, None] + laid[:, None],
        leads=np.full((12, chosen.size, 6), np.nan),
        p_support=np.ones(chosen.size),
        p_waves=np.empty(0),
    )
    return Sample(signal, Beats(laid, zeros, np.ones(chosen.size), np.empty(0)), marks, peaks)


def _choose(ecg: Ecg, beats: BeatArrays, windows: WindowArrays, usable: Mask) -> NDArray[np.int64]:
    """The usual shape where it led its window, away from the record's ends, in windows that read these leads."""
    counts = np.bincount(beats.shape[beats.dominant & ~beats.pvc] + 1)
    if not counts.size:
        return np.empty(0, dtype=np.int64)
    usual = int(np.argmax(counts)) - 1
    up, down = rate_ratio(ecg.fs_hz)
    end = ecg.signal_mv.shape[1] * up // down
    fit = (beats.shape == usual) & beats.dominant & ~beats.pvc & ~np.isnan(beats.heart[:, QRS_ON])
    fit &= (beats.peaks >= _BEFORE) & (beats.peaks + _AFTER < end)
    seen = (windows.usable & usable).sum(axis=1)[beats.window]
    fit &= seen == seen[fit].max(initial=0)
    candidates = np.flatnonzero(fit)
    if candidates.size <= SAMPLE:
        return candidates
    spread: NDArray[np.int64] = candidates[np.linspace(0, candidates.size - 1, SAMPLE).round().astype(np.int64)]
    return spread


def _cut_out(ecg: Ecg, peak: int) -> _Cut:
    up, down = rate_ratio(ecg.fs_hz)
    run_in = int(_RUN_IN_S * ANALYSIS_HZ)
    # On a stored sample that coincides with one at 500 Hz, as the windows do.
    first = max((peak - _BEFORE - run_in) * down // up, 0) // down * down
    stop = min(-(-(peak + _AFTER + run_in) * down // up), ecg.signal_mv.shape[1])
    offset = round(first * up / down)
    piece = analysis_signal(cut(ecg, Window(first, stop, offset, 0, 0)))
    inside = slice(peak - _BEFORE - offset, peak + _AFTER - offset)
    return _Cut(piece.raw_mv[:, inside], piece.level_mv[:, inside], piece.recorded[:, inside])
