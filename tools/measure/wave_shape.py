"""The shape of P and T in one lead: upright, inverted, flat, notched or two-phased, and how large and wide."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from calipers.tools.measure.analysis import MS_PER_SAMPLE, Signal
from calipers.tools.measure.delineation import runs
from calipers.tools.measure.morphology import level_at

#: A phase of P smaller or shorter than this is not one (CSE: 20 µV); noise may ask for more.
P_PHASE_MV: Final = 0.02
P_PHASE_MS: Final = 12.0
#: A T wave within half a millimetre of the baseline shows no polarity on paper.
T_FLAT_MV: Final = 0.05
#: The smaller of two phases must reach this share of the larger to be named.
_SECOND_PHASE: Final = 0.25
#: Two peaks of one wave: this far apart (P mitrale: 40 ms), with a dip this deep between them.
_NOTCH_MS: Final = 40.0
_NOTCH_DIP: Final = 0.1
_P_DIP_MV: Final = 0.015
_T_DIP_MV: Final = 0.03
_P_SMOOTH, _T_SMOOTH = 5, 15


class PWave(NamedTuple):
    """P of one lead against the line from its onset to its end.

    Attributes:
        shape: one of `parameters.WAVE_SHAPES`.
        peak, amplitude_mv: largest deflection, as an index of the beat and in mV (signed).
        terminal_mv: depth of the negative phase that ends the wave (Morris 1964); 0 where it ends upright.
        terminal: start and stop index of that phase; equal where there is none. Of a wholly negative wave
            the second half counts: all of it was counted in a quarter of PTB-XL's normal records.
    """

    shape: str
    peak: int
    amplitude_mv: float
    terminal_mv: float
    terminal: tuple[int, int]


class TWave(NamedTuple):
    """T of one lead against the PR baseline.

    Attributes:
        shape: one of `parameters.WAVE_SHAPES`.
        peak, amplitude_mv: peak of the larger phase, as an index of the beat and in mV (signed).
        half: indices where the larger phase falls to half its height; None where one side does not.
    """

    shape: str
    peak: int
    amplitude_mv: float
    half: tuple[float, float] | None


def p_wave(lead_mv: Signal, start: int, stop: int, noise_mv: float) -> PWave:
    """Read P between its global onset and end.

    Args:
        lead_mv: (m,) representative beat of one lead.
        start, stop: global P onset and end as indices.
        noise_mv: smallest deflection that is not noise here.
    """
    before, after = level_at(lead_mv, start), level_at(lead_mv, stop)
    wave = smoothed(lead_mv, start, stop, _P_SMOOTH) - np.linspace(before, after, stop - start + 1)
    least = max(P_PHASE_MV, noise_mv)
    peak = int(np.argmax(np.abs(wave)))
    phases = [
        (sign, int(a), int(b))
        for sign in (1.0, -1.0)
        for a, b in runs(sign * wave > 0)
        if (b - a) * MS_PER_SAMPLE >= P_PHASE_MS and float((sign * wave[a:b]).max()) >= least
    ]
    last = max(phases, key=lambda phase: phase[2], default=None)
    terminal, depth = (start, start), 0.0
    if last is not None and last[0] < 0:
        # A wholly negative P has no initial part to end: its second half is the left atrium's.
        first = last[1] if any(sign > 0 for sign, _, _ in phases) else (last[1] + last[2]) // 2
        terminal, depth = (start + first, start + last[2]), float(wave[first : last[2]].min())
    shape = _named(wave, phases, max(_P_DIP_MV, 0.5 * noise_mv))
    return PWave(shape, start + peak, float(wave[peak]), depth, terminal)


def _named(wave: Signal, phases: list[tuple[float, int, int]], dip_mv: float) -> str:
    if not phases:
        return "flat"
    up = max((float(wave[a:b].max()) for sign, a, b in phases if sign > 0), default=0.0)
    down = max((float(-wave[a:b].min()) for sign, a, b in phases if sign < 0), default=0.0)
    if min(up, down) >= _SECOND_PHASE * max(up, down):
        return "positive-negative" if int(np.argmax(wave)) < int(np.argmin(wave)) else "negative-positive"
    if down > up:
        return "inverted"
    return "notched" if _two_peaked(wave, dip_mv) else "upright"


def t_wave(lead_mv: Signal, start: int, stop: int, qrs_off: int, noise_mv: float) -> TWave:
    """Read T between its global onset and end.

    Args:
        lead_mv: (m,) representative beat of one lead, zero at the PR level.
        start, stop: global T onset and end as indices.
        qrs_off: global QRS end, where the search for half the height stops.
        noise_mv: smallest deflection that is not noise here.

    A phase must have its own peak inside the window: an ST level that only runs into T is none. So ST
    elevation that falls into a negative T is `inverted`, a T that first rises and then dips is
    `positive-negative`.
    """
    wave = smoothed(lead_mv, start, stop, _T_SMOOTH)
    least = max(T_FLAT_MV, noise_mv)
    top, bottom = int(np.argmax(wave)), int(np.argmin(wave))
    up = float(wave[top]) if _stands_out(wave, top, least) else 0.0
    down = -float(wave[bottom]) if _stands_out(-wave, bottom, least) else 0.0
    if up == down == 0.0:
        peak = int(np.argmax(np.abs(wave)))
        value = float(lead_mv[start + peak])
        shape = "flat" if abs(value) < least else ("upright" if value > 0 else "inverted")
        return TWave(shape, start + peak, value, None)
    peak = top if up >= down else bottom
    if min(up, down) >= _SECOND_PHASE * max(up, down):
        shape = "positive-negative" if top < bottom else "negative-positive"
    elif down > up:
        shape = "inverted"
    else:
        shape = "notched" if _two_peaked(wave, max(_T_DIP_MV, noise_mv)) else "upright"
    return TWave(shape, start + peak, float(wave[peak]), _half_height(lead_mv, start + peak, qrs_off, wave[peak]))


def _stands_out(wave: Signal, peak: int, least: float) -> bool:
    """A positive peak inside the window, clear of the level that the window starts and ends with."""
    edge = max(float(wave[0]), float(wave[-1]), 0.0)
    return float(wave[peak]) >= least and float(wave[peak]) - edge >= 0.5 * least


def _half_height(lead_mv: Signal, peak: int, qrs_off: int, amplitude: float) -> tuple[float, float] | None:
    low = lead_mv * np.sign(amplitude) < 0.5 * abs(amplitude)
    before = np.flatnonzero(low[qrs_off:peak])
    after = np.flatnonzero(low[peak:])
    if not before.size or not after.size:
        return None
    return float(qrs_off + before[-1]), float(peak + after[0])


def _two_peaked(wave: Signal, dip_mv: float) -> bool:
    """Two upright peaks at least 40 ms apart with a dip between them."""
    inner = np.flatnonzero((wave[1:-1] >= wave[:-2]) & (wave[1:-1] > wave[2:])) + 1
    if inner.size < 2:
        return False
    need = max(dip_mv, _NOTCH_DIP * float(wave.max()))
    return any(
        (b - a) * MS_PER_SAMPLE >= _NOTCH_MS and float(min(wave[a], wave[b]) - wave[a:b].min()) >= need
        for i, a in enumerate(inner)
        for b in inner[i + 1 :]
    )


def smoothed(lead_mv: Signal, start: int, stop: int, width: int) -> Signal:
    """Moving average over `width` samples of [start, stop], with the true neighbours at its edges."""
    half = width // 2
    around = np.clip(np.arange(start - half, stop + half + 1), 0, lead_mv.size - 1)
    out: Signal = np.convolve(lead_mv[around], np.full(width, 1.0 / width), mode="valid")
    return out
