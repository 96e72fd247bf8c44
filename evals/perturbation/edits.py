"""Changes of a recorded ECG with a known effect, made on marks that the engine had no part in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.evals.citations.second import FS_HZ, LEADS, Beat

Signal = NDArray[np.float64]

#: How much a QRS is stretched, a T–P stretch gives way, and how high ST is lifted.
QRS_STRETCH: Final = 1.8
TIME_STRETCH: Final = 1.6
_ST_MV: Final = 0.35
_ST_DOWN_MV: Final = 0.3
_MS: Final = FS_HZ / 1000.0


class Edited(NamedTuple):
    """A changed signal: (12, n) millivolts and its rate."""

    signal_mv: Signal
    fs_hz: float = FS_HZ


Edit = Callable[[Signal, list[Beat], np.random.Generator], Edited]


def erase_p(signal: Signal, beats: list[Beat], _rng: np.random.Generator) -> Edited:
    """A straight line in place of every P wave, in all leads."""
    out = signal.copy()
    for beat in beats:
        if beat.p_on >= 0:
            start, stop = max(0, beat.p_on - round(16 * _MS)), min(beat.on - 2, beat.p_off + round(12 * _MS))
            for row in out:
                row[start:stop] = np.linspace(row[start], row[stop], stop - start)
    return Edited(out)


def widen_qrs(signal: Signal, beats: list[Beat], _rng: np.random.Generator) -> Edited:
    """Every QRS drawn out from its onset; ST and T are pushed together so that the next beat stays where it is."""
    out = signal.copy()
    for beat, following in zip(beats, [*beats[1:], None], strict=True):
        end = (following.p_on if following.p_on >= 0 else following.on) if following else signal.shape[1] - 1
        wide = beat.on + round((beat.off - beat.on) * QRS_STRETCH)
        if end - wide < 0.15 * FS_HZ:
            continue
        at = np.arange(beat.on, end)
        source = np.interp(at, [beat.on, wide, end], [beat.on, beat.off, end])
        for row, old in zip(out, signal, strict=True):
            row[at] = np.interp(source, np.arange(old.size), old)
    return Edited(out)


def shift_st(leads: tuple[str, ...], mv: float) -> Edit:
    """ST and T lifted (or lowered) in chest leads, or in II and III with aVR, aVL and aVF as Einthoven has them."""

    def edit(signal: Signal, beats: list[Beat], _rng: np.random.Generator) -> Edited:
        out = signal.copy()
        shape = np.zeros(signal.shape[1])
        for beat in beats:
            end = beat.t_off if beat.t_off > beat.off else beat.off + round(300 * _MS)
            begin, stop = beat.off - round(6 * _MS), min(end, shape.size - 1)
            knots = [begin, beat.off + round(2 * _MS), beat.off + (stop - beat.off) * 0.6, stop]
            at = np.arange(max(begin, 0), stop)
            shape[at] = np.interp(at, knots, [0.0, 1.0, 1.0, 0.0])
        added = dict.fromkeys(leads, mv)
        if not leads[0].startswith("V"):
            one, two = added.get("I", 0.0), added.get("II", 0.0)
            added = {"I": one, "II": two, "III": two - one, "aVR": -(one + two) / 2}
            added |= {"aVL": one - two / 2, "aVF": two - one / 2}
        for lead, height in added.items():
            out[LEADS.index(lead)] += height * shape
        return Edited(out)

    return edit


def swap_arms(signal: Signal, _beats: list[Beat], _rng: np.random.Generator) -> Edited:
    """Left and right arm electrodes exchanged."""
    order = ["I", "III", "II", "aVL", "aVR", "aVF", *LEADS[6:]]
    out = signal[[LEADS.index(lead) for lead in order]].copy()
    out[0] = -out[0]
    return Edited(out)


def scale(factor: float) -> Edit:
    """Every lead taller or smaller."""
    return lambda signal, _beats, _rng: Edited(signal * factor)


def stretch_time(signal: Signal, _beats: list[Beat], _rng: np.random.Generator) -> Edited:
    """The same samples at a lower rate: every interval longer, the heart slower by the same factor."""
    return Edited(signal, FS_HZ / TIME_STRETCH)


def reverse_time(signal: Signal, _beats: list[Beat], _rng: np.random.Generator) -> Edited:
    """The record run backwards."""
    return Edited(signal[:, ::-1].copy())


def only_noise(signal: Signal, _beats: list[Beat], rng: np.random.Generator) -> Edited:
    """Muscle-like noise of the record's own height in place of it."""
    white = rng.standard_normal(signal.shape)
    return Edited(white * np.ptp(signal, axis=1, keepdims=True) / 8.0)


def flat_chest(signal: Signal, _beats: list[Beat], _rng: np.random.Generator) -> Edited:
    """No signal in the six chest leads."""
    out = signal.copy()
    out[6:] = 0.0
    return Edited(out)


def light_noise(signal: Signal, _beats: list[Beat], rng: np.random.Generator) -> Edited:
    """Ten microvolts of noise and a slow wander of 50, as on any recording."""
    times = np.arange(signal.shape[1]) / FS_HZ
    wander = 0.05 * np.sin(2 * np.pi * (0.15 * times + rng.random((12, 1))))
    # Limb leads stay a system: noise is added to I and II, and the others follow.
    added = 0.01 * rng.standard_normal(signal.shape) + wander
    one, two = added[0], added[1]
    added[2:6] = [two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return Edited(signal + added)


def offset(signal: Signal, _beats: list[Beat], _rng: np.random.Generator) -> Edited:
    """A constant half millivolt on every chest lead."""
    out = signal.copy()
    out[6:] += 0.5
    return Edited(out)


EDITS: Final[dict[str, Edit]] = {
    "P waves erased": erase_p,
    "QRS widened": widen_qrs,
    "ST up, inferior": shift_st(("II", "III", "aVF"), _ST_MV),
    "ST up, V2–V4": shift_st(("V2", "V3", "V4"), _ST_MV),
    "ST down, V4–V6": shift_st(("V4", "V5", "V6"), -_ST_DOWN_MV),
    "arms swapped": swap_arms,
    "a quarter as tall": scale(0.25),
    "three times as tall": scale(3.0),
    "time stretched": stretch_time,
    "time reversed": reverse_time,
    "noise alone": only_noise,
    "chest leads flat": flat_chest,
    "light noise": light_noise,
    "constant offset": offset,
}
