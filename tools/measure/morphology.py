"""The QRS of one lead: Q R S R′ S′, its pattern, notches and slurs, read from the representative beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from calipers.tools.measure.analysis import ANALYSIS_HZ, Signal
from calipers.tools.measure.delineation import runs

#: A deflection smaller or shorter than this is not a wave (CSE working party 1985: 20 µV and 6 ms).
WAVE_MV: Final = 0.02
WAVE_MS: Final = 6.0
#: A third or later wave of the QRS must be larger: what the end of the QRS leaves behind makes none.
LATE_WAVE_MV: Final = 0.05
NOTCH_MV: Final = 0.05
#: A flank is slurred where its slope falls below the first share of its steepest and rises above the second again.
_SLUR_SLOW: Final = 0.35
_SLUR_STEEP: Final = 0.5
_SLUR_WAVE_MV: Final = 0.3
#: A top this wide at this share of the height is slurred too: notches that ran into one.
_TOP_SHARE: Final = 0.85
_TOP_MS: Final = 30.0


class Deflection(NamedTuple):
    """One wave of the QRS: start, stop and peak as sample indices, amplitude in mV (signed)."""

    start: int
    stop: int
    peak: int
    amplitude_mv: float

    @property
    def duration_ms(self) -> float:
        """Width at the baseline."""
        return (self.stop - self.start) * 1000.0 / ANALYSIS_HZ


@dataclass(frozen=True)
class QrsShape:
    """The waves of one lead's QRS; a wave that is absent is None. A QS complex is both its Q and its S."""

    q: Deflection | None
    r: Deflection | None
    s: Deflection | None
    rp: Deflection | None
    sp: Deflection | None
    pattern: str
    notched: bool


def qrs_shape(lead_mv: Signal, onset: int, offset: int, noise_mv: float = 0.0) -> QrsShape:
    """Split one lead's QRS into waves.

    Args:
        lead_mv: (m,) the representative beat of one lead, zero at the PR level.
        onset, offset: global QRS boundaries as indices.
        noise_mv: smallest deflection that is not noise in this lead; a wave must reach it as well.

    The sign of the signal separates the waves, as in the CSE recommendations: an R′ must cross the
    baseline; what does not is a notch.
    """
    piece = lead_mv[onset : offset + 1]
    least = max(WAVE_MV, noise_mv)
    waves = [
        Deflection(
            onset + int(start),
            onset + int(stop),
            onset + int(start) + int(np.argmax(np.abs(piece[start:stop]))),
            float(piece[start + int(np.argmax(np.abs(piece[start:stop])))]),
        )
        for sign in (1.0, -1.0)
        for start, stop in runs(sign * piece > 0)
        if _is_wave(sign * piece[start:stop], least)
    ]
    waves = _without_st_shift(_merge_same_sign(sorted(waves)), level_at(lead_mv, offset), least)
    q, r, s, rp, sp = _named(waves)
    largest = max((abs(wave.amplitude_mv) for wave in waves), default=0.0)
    if q is not None and q is s:
        pattern = "QS"
    else:
        letters = zip("qrsrs", ("", "", "", "'", "'"), (q, r, s, rp, sp), strict=True)
        pattern = "".join(
            (letter.upper() if abs(wave.amplitude_mv) >= 0.5 * largest else letter) + prime
            for letter, prime, wave in letters
            if wave is not None
        )
    return QrsShape(q, r, s, rp, sp, pattern or "none", _notched(piece, largest) or _slurred(piece))


def _is_wave(piece: Signal, least: float) -> bool:
    return float(piece.max()) >= least and piece.size * 1000.0 / ANALYSIS_HZ >= WAVE_MS


def _without_st_shift(waves: list[Deflection], j_mv: float, least: float) -> list[Deflection]:
    """Drop last waves that are only the way to a displaced J point, or too small for a third wave."""
    while len(waves) > 1:
        last = waves[-1].amplitude_mv
        on_the_way = abs(last - j_mv) < max(least, 0.25 * abs(last)) and np.sign(last) == np.sign(j_mv)
        if not on_the_way and (len(waves) < 3 or abs(last) >= max(LATE_WAVE_MV, least)):
            break
        waves = waves[:-1]
    return waves


def _merge_same_sign(waves: list[Deflection]) -> list[Deflection]:
    """Two neighbours of one sign (a tiny opposite wave between them was dropped) are one wave."""
    out: list[Deflection] = []
    for wave in waves:
        if out and np.sign(out[-1].amplitude_mv) == np.sign(wave.amplitude_mv):
            larger = max(out[-1], wave, key=lambda w: abs(w.amplitude_mv))
            out[-1] = Deflection(out[-1].start, wave.stop, larger.peak, larger.amplitude_mv)
        else:
            out.append(wave)
    return out


def _named(
    waves: list[Deflection],
) -> tuple[Deflection | None, Deflection | None, Deflection | None, Deflection | None, Deflection | None]:
    """Alternating deflections → Q, R, S, R′, S′."""
    if not waves:
        return None, None, None, None, None
    if len(waves) == 1 and waves[0].amplitude_mv < 0:
        return waves[0], None, waves[0], None, None
    q = waves.pop(0) if waves[0].amplitude_mv < 0 else None
    rest: list[Deflection | None] = [*waves[:4], None, None, None, None]
    return q, rest[0], rest[1], rest[2], rest[3]


def _notched(piece: Signal, largest: float) -> bool:
    """A second peak within one deflection: an extremum that turns back by at least 50 µV and 5 %."""
    need = max(NOTCH_MV, 0.05 * largest)
    for sign in (1.0, -1.0):
        for start, stop in runs(sign * piece > 0):
            part = np.abs(piece[start:stop])
            if part.size < 5 or part.max() < 2 * need:
                continue
            rise = np.maximum.accumulate(part) - part  # how far below the highest so far
            recovery = np.maximum.accumulate(part[::-1])[::-1] - part  # how far below the highest to come
            if np.minimum(rise, recovery).max() >= need:
                return True
    return False


def _slurred(piece: Signal) -> bool:
    """A flank of a deflection that turns slow for 8 ms between two steep parts, or a broad flat top.

    PTB-XL folds 1-8, notch or slur in at least two of I, aVL, V5 and V6: 96 % of the complete left bundle
    branch blocks, 1 of 300 normal records at most.
    """
    slope = np.abs(np.convolve(np.gradient(piece), np.full(3, 1.0 / 3.0), mode="same"))
    for sign in (1.0, -1.0):
        for start, stop in runs(sign * piece > 0):
            part = sign * piece[start:stop]
            if part.max() < _SLUR_WAVE_MV:
                continue
            top = (part >= _TOP_SHARE * part.max()).sum() * 1000.0 / ANALYSIS_HZ
            peak = start + int(np.argmax(part))
            if top >= _TOP_MS or _slow_between(slope[start : peak - 2]) or _slow_between(slope[peak + 3 : stop]):
                return True
    return False


def _slow_between(flank: Signal) -> bool:
    """(m,) slopes of one flank: four slow samples with steep ones on both sides."""
    if flank.size < 10:
        return False
    steep = np.flatnonzero(flank >= _SLUR_STEEP * flank.max())
    between = flank[steep[0] : steep[-1] + 1] < _SLUR_SLOW * flank.max()
    return any(stop - start >= 4 for start, stop in runs(between))


def level_at(lead_mv: Signal, index: float) -> float:
    """Mean over ±4 ms around an index, clipped to the beat; NaN beyond it."""
    centre = int(round(index))
    if not 0 <= centre < lead_mv.size:
        return float("nan")
    return float(lead_mv[max(centre - 2, 0) : centre + 3].mean())
