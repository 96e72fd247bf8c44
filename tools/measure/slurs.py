"""Slow starts and notched ends of the QRS: the delta wave and the J wave of one lead."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from calipers.tools.measure.analysis import MS_PER_SAMPLE, Signal
from calipers.tools.measure.wave_shape import smoothed

#: A QRS lower than this has no slope worth reading.
_READABLE_MV: Final = 0.3
_MAIN_SHARE: Final = 0.4
_STEEP_SHARE: Final = 0.5
_DELTA_MV: Final = 0.05
_STARTED_MV: Final = 0.02
_DELTA_SHARE: Final = 0.1
#: A prominent R wave, and how far beyond the global QRS end its J wave may reach.
_PROMINENT_R_MV: Final = 0.3
_BEYOND_MS: Final = 40.0
_LOWER_HALF: Final = 0.5
_NOTCH_RISE_MV: Final = 0.02
_SLUR_SHARE: Final = 0.15
#: Jp lies no further than this before the global QRS end: an earlier notch is one within the QRS.
_BEFORE_END_MS: Final = 40.0
_SLUR_MS: Final = 10.0
_ABOVE_ST_MV: Final = 0.05


class JWave(NamedTuple):
    """The end-QRS notch or slur of one lead: `peak` is Jp as an index of the beat, in mV above the PR baseline."""

    kind: str
    peak: int
    amplitude_mv: float


def slow_start(lead_mv: Signal, onset: int, offset: int, noise_mv: float) -> tuple[int, int] | None:
    """Where the lead starts to move and where its main deflection becomes steep, as indices of the beat.

    Args:
        lead_mv: (m,) representative beat of one lead, zero at the PR level.
        onset, offset: global QRS boundaries as indices.
        noise_mv: smallest deflection that is not noise here.

    Returns:
        Equal indices where there is no slow start; None where the QRS is too small to read its slope.

    The main deflection is the first to reach 40 % of the largest. It is steep from half of its greatest
    slope on. What comes before is a delta wave only if it moves the lead in the same direction by 0.05 mV
    and a tenth of the deflection. A lead that is silent at first starts late: the silence does not count.
    """
    base = float(lead_mv[max(onset - 3, 0) : onset + 1].mean())
    piece = lead_mv[onset : offset + 1] - base
    size = np.abs(piece)
    if float(np.ptp(piece)) < _READABLE_MV or onset < 8:
        return None
    first = int(np.argmax(size >= _MAIN_SHARE * size.max()))
    sign = float(np.sign(piece[first]))
    turned = np.flatnonzero(piece[first:] * sign <= 0)
    stop = first + (int(turned[0]) if turned.size else piece.size - first)
    peak = first + int(np.argmax(piece[first:stop] * sign))
    slope = sign * smoothed(np.gradient(lead_mv), onset, onset + peak, 5)
    steep = int(np.argmax(slope >= _STEEP_SHARE * slope.max()))
    still = size[: steep + 1] < max(_STARTED_MV, noise_mv)
    start = int(np.flatnonzero(still)[-1]) if still.any() else 0
    delta = sign * piece[steep] >= max(_DELTA_MV, _DELTA_SHARE * size[peak])
    return (onset + start, onset + steep) if delta else (onset + start, onset + start)


def j_wave(lead_mv: Signal, r_peak: int, offset: int, noise_mv: float) -> JWave | None:
    """End-QRS notch or slur on the last R wave (Macfarlane 2015, consensus on early repolarisation).

    Args:
        lead_mv: (m,) representative beat of one lead, zero at the PR level.
        r_peak: index of the peak of the last R (or R′).
        offset: global QRS end.
        noise_mv: smallest deflection that is not noise here.

    Returns:
        Jp is the peak of a notch, or the onset of a slur. Both lie on the lower half of the downslope of a
        prominent R and above the baseline; None where there is neither.
    """
    height = float(lead_mv[r_peak])
    stop = min(offset + int(_BEYOND_MS / MS_PER_SAMPLE), lead_mv.size - 3)
    if height < _PROMINENT_R_MV or stop - r_peak < 10:
        return None
    fall = smoothed(lead_mv, r_peak, stop, 3)
    low = int(np.argmax(fall < _LOWER_HALF * height))
    if low == 0:
        return None
    found = _notch(fall, low, r_peak, noise_mv) or _slur(fall, low, r_peak, noise_mv)
    early = found is not None and found.peak < offset - _BEFORE_END_MS / MS_PER_SAMPLE
    return None if early else found


def _notch(fall: Signal, low: int, r_peak: int, noise_mv: float) -> JWave | None:
    """A dip that stays above the baseline, then a peak that falls away again."""
    need = max(_NOTCH_RISE_MV, noise_mv)
    tail = fall[low:]
    risen = tail - np.minimum.accumulate(tail)
    falls_to = np.minimum.accumulate(tail[::-1])[::-1]
    peaks = np.flatnonzero((risen >= need) & (tail - falls_to >= need))
    if not peaks.size:
        return None
    peak = int(peaks[np.argmax(tail[peaks])])
    return JWave("notch", r_peak + low + peak, float(tail[peak])) if tail[: peak + 1].min() > 0 else None


def _slur(fall: Signal, low: int, r_peak: int, noise_mv: float) -> JWave | None:
    """A clear loss of steepness above the ST level, held for 10 ms."""
    slope = -np.gradient(fall)
    hold = int(_SLUR_MS / MS_PER_SAMPLE)
    slow = slope[low:] < _SLUR_SHARE * slope[: low + 1].max()
    held = np.convolve(slow, np.ones(hold), mode="valid") >= hold
    if not held.any():
        return None
    at = low + int(np.argmax(held))
    jp, st_level = float(fall[at]), float(fall[-5:].mean())
    clear = jp - max(st_level, 0.0) >= max(_ABOVE_ST_MV, noise_mv)
    return JWave("slur", r_peak + at, jp) if clear else None
