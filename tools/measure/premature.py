"""Premature and escape beats: ventricular ones by shape and time, atrial ones by time and P wave."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.tools.measure.analysis import ANALYSIS_HZ, MS_PER_SAMPLE, Mask, Signal
from calipers.tools.measure.beats import Beats

_EARLY: Final = 0.86
_LATE: Final = 1.12
_WIDE_MS: Final = 110.0
#: A beat of another shape correlates less than this with the dominant one; less than the second, it may be on time.
_OTHER, _QUITE_OTHER, _UNLIKE = 0.85, 0.70, 0.50
_LEAST_WIDTH_MS: Final = 95.0
#: The window in which shapes are compared is cut off this near to the record's ends.
_EDGE_S: Final = 0.2
_EDGE_WIDTH_MS: Final = 145.0

#: Premature atrial beats: RR over that of the neighbours, with a P wave of its own or none, and with the usual one.
_PAC_EARLY, _PAC_EARLY_USUAL_P = 0.90, 0.76
_PAC_STEP: Final = 0.88
_PAC_RECOVERY: Final = 1.15
_PAC_SHAPE: Final = 0.5
#: Spread of the neighbours' RR (robust SD over median): wider where bigeminy may be, for beats without the usual P wave.
_PAC_SPREAD, _PAC_SPREAD_OTHER_P = 0.25, 0.45
#: Share of beats with a coupled P wave below which no beat can be called premature atrial.
_ORGANISED: Final = 0.4
_ESCAPE: Final = 1.3


def premature_ventricular(beats: Beats, width_ms: Signal, conducted: Mask, paced: Mask, n: int) -> Mask:
    """(k,) beats of another, wide shape without a coupled P wave that come early, or on time but quite another.

    On PTB-XL folds 1-8: 112 of the 115 records labelled PVC and 34 others, in 12 of which the report names PVCs.

    Args:
        beats: all beats.
        width_ms: (k,) QRS durations; NaN where a QRS has no bounds, which a false detection has not.
        conducted: (k,) beats after a P wave at the usual PR.
        paced: (k,) beats with a spike.
        n: samples in the record.
    """
    rr = np.diff(beats.peaks).astype(np.float64)
    share = rr_share(rr, len(beats))
    early, late = np.nan_to_num(share, nan=1.0) < _EARLY, np.nan_to_num(share, nan=1.0) > _LATE
    width = np.nan_to_num(width_ms)
    known = width_ms[beats.dominant & ~np.isnan(width_ms)]
    usual = float(np.median(known)) if known.size else _WIDE_MS
    wide = width >= max(_WIDE_MS, usual + 10.0)
    edge = _EDGE_S * ANALYSIS_HZ
    whole = (beats.peaks >= edge) & (beats.peaks <= n - edge)
    cut_off = ~whole & (width >= max(_EDGE_WIDTH_MS, usual + 30.0)) & (beats.correlation < 0.6)
    seen = wide & (early | (beats.correlation < _QUITE_OTHER))
    narrow = early & (beats.correlation < _UNLIKE) & (width >= _LEAST_WIDTH_MS)
    other = ~beats.dominant & (beats.correlation < _OTHER) & ~paced & ~conducted & ~late
    found: Mask = other & (cut_off | (whole & (seen | narrow)))
    return found


def rr_share(rr: Signal, k: int) -> Signal:
    """(k,) RR before each beat over the median of the up to eight RR around it; NaN where fewer than two are."""
    share = np.full(k, np.nan)
    for beat in range(1, k):
        around = _around(rr, beat)
        if around.size >= 2:
            share[beat] = rr[beat - 1] / float(np.median(around))
    return share


def _around(rr: Signal, beat: int) -> Signal:
    return np.concatenate((rr[max(0, beat - 5) : beat - 1], rr[beat : beat + 4]))


def premature_atrial(beats: Beats, width_ms: Signal, conducted: Mask, other: Mask, p_share: float) -> Mask:
    """(k,) beats of a conducted shape that come abruptly early and are followed by a longer interval.

    A beat with the usual P wave at the usual PR must come earlier than one with another P wave, or none: that
    sets them apart from sinus arrhythmia. On PTB-XL folds 1-8 this finds 37 of the 41 records labelled PAC, 36
    of 56 others whose report names them, and 17 of the remaining 2,258.

    Args:
        beats: all beats.
        width_ms: (k,) QRS durations, NaN where a QRS has no bounds.
        conducted: (k,) beats after a P wave at the usual PR.
        other: (k,) ventricular and paced beats.
        p_share: share of beats after a P wave at the usual PR.
    """
    k = len(beats)
    found = np.zeros(k, dtype=np.bool_)
    if not p_share >= _ORGANISED:
        return found
    rr = np.diff(beats.peaks).astype(np.float64)
    doubtful = np.isnan(width_ms) | ((beats.correlation < 0.3) & (np.nan_to_num(width_ms) < 90.0))
    for beat in range(1, k):
        around = _around(rr, beat)
        near = slice(beat - 1, beat + 2)
        if other[beat - 1 : beat + 1].any() or doubtful[near].any() or beats.correlation[beat] < _PAC_SHAPE:
            continue
        if around.size < 3:
            continue
        usual = float(np.median(around))
        spread = 1.4826 * float(np.median(np.abs(around - usual))) / usual
        own_p = not conducted[beat]
        early, steady = (_PAC_EARLY, _PAC_SPREAD_OTHER_P) if own_p else (_PAC_EARLY_USUAL_P, _PAC_SPREAD)
        if rr[beat - 1] >= early * usual or spread > steady:
            continue
        step_in = beat < 2 or found[beat - 1] or rr[beat - 1] < _PAC_STEP * rr[beat - 2]
        found[beat] = step_in and _recovers(rr, beat, usual, own_p=own_p)
    return found


def _recovers(rr: Signal, beat: int, usual: float, *, own_p: bool) -> bool:
    """Whether a longer interval follows; after a beat with a P wave of its own, at the end of a run of such."""
    later = beat
    while own_p and later < rr.size and rr[later] < _PAC_EARLY * usual and later < beat + 3:
        later += 1
    return later >= rr.size or bool(rr[later] > _PAC_RECOVERY * rr[beat - 1])


def escapes(beats: Beats, led: Mask, other: Mask, p_share: float) -> Mask:
    """(k,) beats that end a pause and that no P wave leads to.

    Args:
        beats: all beats.
        led: (k,) beats that some P wave leads to.
        other: (k,) premature and paced beats.
        p_share: share of beats after a P wave at the usual PR; without such beats a late one is no exception.
    """
    found = np.zeros(len(beats), dtype=np.bool_)
    if len(beats) < 4 or not p_share >= _ORGANISED:
        return found
    rr = np.diff(beats.peaks).astype(np.float64)
    usual = float(np.median(rr))
    # The pause after a premature beat is that beat's own.
    found[1:] = (rr > _ESCAPE * usual) & ~led[1:] & ~other[1:] & ~other[:-1]
    return found


def width_ms(marks: Signal, qrs_on: int, qrs_off: int) -> Signal:
    """(k,) QRS durations of the heart's marks."""
    width: Signal = (marks[:, qrs_off] - marks[:, qrs_on]) * MS_PER_SAMPLE
    return width
