"""How much of each lead is noise: mains, muscle, bursts, and stretches in which it shows nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from calipers.tools.measure.analysis import ANALYSIS_HZ, Mask, Signal
from calipers.tools.measure.delineation import runs

_MAINS_HZ: Final = (50.0, 60.0)
#: A line stands this far above the spectrum around it; noise alone does not.
_LINE_RATIO: Final = 4.0
_WINDOW_S: Final = 0.25
#: What a moving average of 22 ms takes away: above about 20 Hz.
_AVERAGE: Final = 11
#: Steady noise is what the quiet quarter of the windows still holds.
_USUAL: Final = 0.25
#: A burst is this much louder than the lead usually is, and at least this loud.
_BURST_RATIO: Final = 4.0
_BURST_MV: Final = 0.03
#: A lead that moves less than this, and than this share of its usual second, shows nothing.
_DEAD_MV: Final = 0.08
_DEAD_SHARE: Final = 0.2


@dataclass(frozen=True)
class Noise:
    """All (12,).

    Attributes:
        mains_mv: RMS of the mains line and what stands out of the spectrum within 1 Hz of it.
        muscle_mv: RMS above about 20 Hz between the QRS complexes, without the mains.
        burst_mv: the same in the loudest stretches; 0 without any.
        burst_s: how long they last.
        dead_s: seconds in which the lead shows nothing while at least half of the leads do.
    """

    mains_mv: Signal
    muscle_mv: Signal
    burst_mv: Signal
    burst_s: Signal
    dead_s: Signal


def noise(raw_mv: Signal, level_mv: Signal) -> Noise:
    """Measure the noise of (12, n) leads at 500 Hz, as recorded and without baseline wander."""
    n = level_mv.shape[1]
    freq: Signal = np.fft.rfftfreq(n, 1.0 / ANALYSIS_HZ).astype(np.float64)
    mains, quiet = _mains(level_mv, freq)
    fast = np.abs(quiet - _averaged(quiet, _AVERAGE))
    size = min(int(_WINDOW_S * ANALYSIS_HZ), n)
    windows = fast[:, : n // size * size].reshape(len(level_mv), -1, size)
    # The median within a window passes over its QRS.
    loud = np.median(windows, axis=2) / 0.6745
    usual = np.quantile(loud, _USUAL, axis=1)
    burst = loud > np.maximum(_BURST_RATIO * usual, _BURST_MV)[:, None]
    # One window may hold a wide QRS alone.
    burst &= np.stack([_neighboured(row) for row in burst])
    share = np.where(burst, loud, 0.0).sum(axis=1) / np.maximum(burst.sum(axis=1), 1)
    return Noise(mains, usual, share, burst.sum(axis=1) * size / ANALYSIS_HZ, _dead(raw_mv))


def _mains(level_mv: Signal, freq: Signal) -> tuple[Signal, Signal]:
    """(12,) RMS of the stronger of the two mains lines, and the leads without it."""
    n = level_mv.shape[1]
    # Hanning halves the amplitude and spreads a line over three bins: this scale returns the RMS of a sine.
    power = 2.0 * np.abs(np.fft.rfft(level_mv * np.hanning(n), axis=1)) ** 2 / (n**2 * 0.375)
    lines = []
    for hz in _MAINS_HZ:
        near = np.abs(freq - hz) <= 1.0
        around = (np.abs(freq - hz) > 1.0) & (np.abs(freq - hz) <= 5.0)
        floor = np.median(power[:, around], axis=1) * near.sum() if around.any() else np.zeros(len(power))
        line = power[:, near].sum(axis=1)
        lines.append(np.sqrt(np.where(line > _LINE_RATIO * floor, line - floor, 0.0)))
    strength = np.stack(lines)
    hz = _MAINS_HZ[int(np.argmax(strength.max(axis=1)))]
    spectrum = np.fft.rfft(level_mv, axis=1)
    spectrum[:, np.abs(freq - hz) <= 1.0] = 0.0
    return strength.max(axis=0), np.fft.irfft(spectrum, n, axis=1)


def _averaged(mv: Signal, width: int) -> Signal:
    """Centred moving average along the last axis."""
    total = np.cumsum(np.pad(mv, ((0, 0), (width // 2 + 1, width // 2)), mode="edge"), axis=1)
    out: Signal = (total[:, width:] - total[:, :-width]) / width
    return out


def _neighboured(marked: Mask) -> Mask:
    out = np.zeros_like(marked)
    for start, stop in runs(marked):
        out[start:stop] = stop - start >= 2
    return out


def _dead(raw_mv: Signal) -> Signal:
    """(12,) seconds without any movement in one lead while others move."""
    second, half = int(ANALYSIS_HZ), int(ANALYSIS_HZ) // 2
    if raw_mv.shape[1] < 3 * second:
        return np.zeros(len(raw_mv))
    blocks = np.sort(np.lib.stride_tricks.sliding_window_view(raw_mv, second, axis=1)[:, ::half], axis=2)
    # The outermost 2.5 % are left to noise; a QRS lasts longer.
    moves = blocks[:, :, -second // 40] - blocks[:, :, second // 40]
    still = moves < np.minimum(_DEAD_MV, _DEAD_SHARE * np.median(moves, axis=1))[:, None]
    alone = still & (still.mean(axis=0) < 0.5)
    # Two blocks in a row are 1.5 s, longer than the quiet part of a slow beat.
    return np.array([sum(stop - start + 1 for start, stop in runs(row) if stop - start >= 2) / 2.0 for row in alone])
