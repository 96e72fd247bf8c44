"""The shape of one lead: Q R S R′ S′, notches, ST levels, P and T, read from the representative beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from calipers.tools.measure.analysis import ANALYSIS_HZ, Signal
from calipers.tools.measure.delineation import runs

#: A deflection smaller or shorter than this is not a wave (CSE: 20 µV and 6 ms; a little above the noise here).
WAVE_MV = 0.025
WAVE_MS = 6.0
#: A third or later wave of the QRS must be larger: noise at the end of the QRS makes none.
LATE_WAVE_MV = 0.05
NOTCH_MV = 0.05


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


def qrs_shape(lead_mv: Signal, onset: int, offset: int) -> QrsShape:
    """Split one lead's QRS into waves.

    Args:
        lead_mv: (m,) the representative beat of one lead, zero at the PR level.
        onset, offset: global QRS boundaries as indices.

    The sign of the signal separates the waves, as in the CSE recommendations: an R′ must cross the
    baseline; what does not is a notch.
    """
    piece = lead_mv[onset : offset + 1]
    waves = [
        Deflection(
            onset + int(start),
            onset + int(stop),
            onset + int(start) + int(np.argmax(np.abs(piece[start:stop]))),
            float(piece[start + int(np.argmax(np.abs(piece[start:stop])))]),
        )
        for sign in (1.0, -1.0)
        for start, stop in runs(sign * piece > 0)
        if _is_wave(sign * piece[start:stop])
    ]
    waves = _without_st_shift(_merge_same_sign(sorted(waves)), level_at(lead_mv, offset))
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
    return QrsShape(q, r, s, rp, sp, pattern or "none", _notched(piece, largest))


def _is_wave(piece: Signal) -> bool:
    return float(piece.max()) >= WAVE_MV and piece.size * 1000.0 / ANALYSIS_HZ >= WAVE_MS


def _without_st_shift(waves: list[Deflection], j_mv: float) -> list[Deflection]:
    """Drop last waves that are only the way to a displaced J point, or too small for a third wave."""
    while len(waves) > 1:
        last = waves[-1].amplitude_mv
        on_the_way = abs(last - j_mv) < max(WAVE_MV, 0.25 * abs(last)) and np.sign(last) == np.sign(j_mv)
        if not on_the_way and (len(waves) < 3 or abs(last) >= LATE_WAVE_MV):
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


def extremum(lead_mv: Signal, start: int, stop: int) -> tuple[int, float]:
    """Index and value of the largest absolute deflection in [start, stop)."""
    piece = lead_mv[start:stop]
    at = int(np.argmax(np.abs(piece)))
    return start + at, float(piece[at])


def level_at(lead_mv: Signal, index: float) -> float:
    """Mean over ±4 ms around an index, clipped to the beat; NaN beyond it."""
    centre = int(round(index))
    if not 0 <= centre < lead_mv.size:
        return float("nan")
    return float(lead_mv[max(centre - 2, 0) : centre + 3].mean())
