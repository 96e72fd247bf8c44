"""What a technician would see of noise in each lead, as numbers: by band, by stretch, and beside the other leads."""

from __future__ import annotations

from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, find_peaks, sosfiltfilt

Float = NDArray[np.float64]
Band = float | tuple[float | None, float]

FS_HZ: Final = 500
#: Stretches over which a level is taken, in samples: a tenth of a second and half a second.
_SHORT: Final = 50
_LONG: Final = 250
#: Below a second no level is steady.
SHORTEST: Final = 2 * _LONG
#: Above a frequency, within a band, or (from None) below one. Around 50 Hz lie the mains.
_WHOLE_HZ: Final[tuple[Band, ...]] = (20.0, 40.0, (45.0, 55.0), 70.0, 110.0)
_REST_HZ: Final[tuple[Band, ...]] = ((0.5, 5.0), (5.0, 30.0), 30.0)
_LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.9, 1.0)
_REST_LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
#: Shifts by which a beat may lie beside its usual place, in samples.
_SHIFTS: Final = (-6, -4, -2, 0, 2, 4, 6)


def lead_features(signal_mv: Float) -> Float:
    """Noise levels of each lead.

    Args:
        signal_mv: (12, n) millivolts at 500 Hz without NaN, at least a second; a missing lead is flat.

    Returns:
        (12, k): log of levels in microvolts, so that equal steps are equal ratios.
    """
    signal_mv = signal_mv[:, : signal_mv.shape[1] // _LONG * _LONG]
    level = signal_mv - np.median(signal_mv, axis=1, keepdims=True)
    columns = [*_fast(level), *_slow(level), *_beside_the_beats(level)]
    return np.log1p(np.maximum(np.stack(columns, axis=1), 0.0) * 1000.0)


def in_context(features: Float) -> Float:
    """Each lead's features with how they stand against its own six leads, and what both sixes show.

    Args:
        features: (…, 12, k) of `lead_features`.

    Returns:
        (…, 12, 4 k + 12); the last twelve say which lead it is.
    """
    limb = features[..., :6, :].mean(axis=-2, keepdims=True)
    chest = features[..., 6:, :].mean(axis=-2, keepdims=True)
    own = np.concatenate([np.repeat(limb, 6, axis=-2), np.repeat(chest, 6, axis=-2)], axis=-2)
    which = np.broadcast_to(np.eye(12), (*features.shape[:-1], 12))
    both = [np.broadcast_to(six, features.shape) for six in (limb, chest)]
    return np.concatenate([features, features - own, *both, which], axis=-1)


def _fast(level: Float) -> list[Float]:
    """Levels of fast bands; the median of a short stretch passes over its QRS."""
    columns: list[Float] = []
    for band in _WHOLE_HZ:
        size = np.abs(_filtered(level, band))
        short, long = _stretches(size, _SHORT), _stretches(size, _LONG)
        columns += list(np.quantile(np.median(short, axis=2), _LEVELS, axis=1))
        columns += list(np.sort(np.median(long, axis=2), axis=1)[:, [-1, -3 if long.shape[1] > 2 else 0]].T)
        columns += list(np.quantile(short.max(axis=2), (0.1, 0.3, 0.5), axis=1))
    second = np.abs(np.diff(level, 2, axis=1))
    return [*columns, *np.quantile(second, (0.25, 0.5, 0.75, 0.9), axis=1)]


def _slow(level: Float) -> list[Float]:
    """The baseline: its spread, its steps, and the height of the complexes to hold them against."""
    wander, slow = _filtered(level, (None, 0.5)), _filtered(level, (0.5, 2.0))
    steps = np.abs(np.diff(wander[:, :: FS_HZ // 5], axis=1))
    halves = np.median(_stretches(level, _LONG), axis=2)
    jumps = np.abs(np.diff(halves, axis=1))
    return [
        wander.std(axis=1), np.ptp(wander, axis=1), steps.max(axis=1), slow.std(axis=1),
        np.ptp(halves, axis=1), jumps.max(axis=1), np.median(jumps, axis=1), _height(level),
    ]  # fmt: skip


def _beside_the_beats(level: Float) -> list[Float]:
    """Levels of what is left when every beat is taken away: bursts, and where one lead is louder than the others."""
    clean = _filtered(level, (0.5, 150.0))
    peaks = _beat_places(clean)
    rest = _without_beats(clean, peaks)
    columns = [_height(clean), np.full(len(level), len(peaks) / 1000.0)]
    for band in _REST_HZ:
        part = _filtered(rest, band)
        for size in (_SHORT, _LONG):
            loud = np.sqrt(np.mean(_stretches(part, size) ** 2, axis=2))  # (12, stretches)
            usual = loud - np.median(loud, axis=1, keepdims=True)
            alone = usual - np.median(usual, axis=0, keepdims=True)
            ratio = loud / (np.median(loud, axis=0, keepdims=True) + 1e-3)
            columns += list(np.quantile(loud, _REST_LEVELS, axis=1))
            columns += [0.01 * ratio.max(axis=1), 0.01 * np.quantile(ratio, 0.9, axis=1)]
            columns += list(np.sort(alone, axis=1)[:, [-1, -2]].T)
    return columns


def _beat_places(clean: Float) -> NDArray[np.int64]:
    """Samples at which most leads move fast together."""
    fast = np.abs(_filtered(clean, (8.0, 25.0)))
    fast = fast / np.maximum(np.percentile(fast, 98, axis=1, keepdims=True), 1e-3)
    together = uniform_filter1d(np.median(fast, axis=0), 40)
    places, _ = find_peaks(together, height=0.35 * np.percentile(together, 98), distance=FS_HZ // 4)
    return np.asarray(places, dtype=np.int64)


def _without_beats(clean: Float, peaks: NDArray[np.int64]) -> Float:
    """The leads less their median beat at every beat, each shifted to where it fits best."""
    level = np.median(clean, axis=1, keepdims=True)
    rest: Float = clean - level
    if len(peaks) < 3:
        return rest
    usual = float(np.median(np.diff(peaks)))
    before, after = int(min(0.35 * FS_HZ, 0.4 * usual)), int(min(0.6 * FS_HZ, 0.62 * usual))
    n = clean.shape[1]
    whole = peaks[(peaks >= before) & (peaks + after < n)]
    if len(whole) < 3:
        return rest
    moved = clean - level
    beat = np.median(np.stack([moved[:, at - before : at + after] for at in whole]), axis=0)
    for at in peaks:
        shift = min(_SHIFTS, key=lambda by: _misfit(moved, beat, at + by - before, before))
        start = at + shift - before
        low, high = max(start, 0), min(start + before + after, n)
        rest[:, low:high] = moved[:, low:high] - beat[:, low - start : high - start]
    return rest


def _misfit(moved: Float, beat: Float, start: int, before: int) -> float:
    """How badly the median beat fits about its QRS, in the median lead."""
    low, high = max(start, start + before - 40, 0), min(start + before + 40, moved.shape[1])
    gap = np.abs(moved[:, low:high] - beat[:, low - start : high - start])
    return float(np.median(gap.mean(axis=1))) if high > low else np.inf


def _height(level: Float) -> Float:
    high, low = np.percentile(level, [99.5, 0.5], axis=1)
    height: Float = high - low
    return height


def _stretches(x: Float, size: int) -> Float:
    return x.reshape(len(x), -1, size)


def _filtered(x: Float, band: Band) -> Float:
    out: Float = sosfiltfilt(_sections(band), x, axis=1)
    return out


@cache
def _sections(band: Band) -> Float:
    """Second-order sections: above a frequency, within a band, or below one."""
    kind: Literal["highpass", "lowpass", "bandpass"]
    edges: float | tuple[float, float]
    if isinstance(band, float):
        kind, edges = "highpass", band
    elif band[0] is None:
        kind, edges = "lowpass", band[1]
    else:
        kind, edges = "bandpass", (band[0], band[1])
    sections: Float = butter(3, edges, btype=kind, fs=FS_HZ, output="sos")
    return sections
