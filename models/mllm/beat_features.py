"""A recording's median beat and its rhythm as some 350 numbers, in a few milliseconds: numpy, no delineator.

What a tree or a small network needs to see amplitudes, levels and regularity, which on few thousand records a
convolutional network learns only roughly. These are features and never measurements: nothing here is reported.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

Float = NDArray[np.float64]

#: Samples a second of the input.
FEATURE_HZ: Final = 250
#: Around a beat's centre.
_BEFORE_S, _AFTER_S = 0.36, 0.56
_B, _A = round(_BEFORE_S * FEATURE_HZ), round(_AFTER_S * FEATURE_HZ)
_INDEPENDENT: Final = (0, 1, 6, 7, 8, 9, 10, 11)
_II, _V1 = 1, 6
#: Share of the dominant beat's shape that makes a beat one of them.
_ALIKE: Final = 0.85
_QRS_POINTS: Final = 8


class Beats(NamedTuple):
    """centre: (k,) samples; cut: (k, 12, w); alike: (k,) correlation with the median beat; median: (12, w)."""

    centre: NDArray[np.int64]
    cut: Float
    alike: Float
    median: Float


def beat_features(signal_mv: NDArray[np.floating]) -> NDArray[np.float32]:
    """(f,) features of (12, n) millivolts at 250 Hz; NaN where there are no two beats.

    Args:
        signal_mv: all twelve leads, without gaps.
    """
    x = np.asarray(signal_mv, dtype=np.float64)
    beats = _beats(x)
    if beats is None:
        return np.full(size(), np.nan, dtype=np.float32)
    onset, offset = _qrs(beats.median)
    return np.concatenate(
        [_rhythm(x, beats, onset, offset), _global(beats.median, onset, offset), _by_lead(beats.median, onset, offset)]
    ).astype(np.float32)


def size() -> int:
    """How many features there are."""
    return _N_RHYTHM + _N_GLOBAL + 12 * _N_LEAD


def _beats(x: Float) -> Beats | None:
    speed = _speed(x)
    energy = uniform_filter1d(speed, round(0.1 * FEATURE_HZ))
    floor = np.median(energy)
    peaks, _ = find_peaks(
        energy, distance=round(0.24 * FEATURE_HZ), height=floor + 0.3 * (np.percentile(energy, 98) - floor)
    )
    width = _B + _A
    padded = np.pad(x, ((0, 0), (_B, _A + 1)), mode="edge")
    if len(peaks) < 2:
        return None
    centre = _aligned(speed, peaks)
    cut = padded[:, centre[:, None] + np.arange(width)].transpose(1, 0, 2)  # (k, 12, w)
    cut = cut - np.median(cut, axis=2, keepdims=True)
    whole = (centre >= _B) & (centre < x.shape[1] - _A)
    use = whole if whole.sum() >= 2 else np.ones(len(centre), dtype=bool)
    median = np.median(cut[use], axis=0)
    near = slice(_B - round(0.1 * FEATURE_HZ), _B + round(0.14 * FEATURE_HZ))
    for _ in range(2):
        alike = _correlation(cut[:, :, near], median[:, near])
        dominant = use & (alike > _ALIKE)
        if dominant.sum() < 2:
            break
        median = np.median(cut[dominant], axis=0)
    return Beats(centre, cut, alike, median)


def _speed(x: Float) -> Float:
    """(n,) millivolts a sample over the independent leads."""
    step = np.diff(x[list(_INDEPENDENT)], axis=1, prepend=x[list(_INDEPENDENT), :1])
    speed: Float = uniform_filter1d(np.sqrt((step**2).sum(axis=0)), 3)
    return speed


def _aligned(speed: Float, peaks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Centres moved to where the beat's speed fits the mean beat's best."""
    half, reach = round(0.08 * FEATURE_HZ), round(0.05 * FEATURE_HZ)
    edge = half + reach
    padded = np.pad(speed, edge, mode="edge")
    centre = peaks.astype(np.int64)
    for _ in range(2):
        template = padded[centre[:, None] + edge + np.arange(-half, half)].mean(axis=0)
        template = template - template.mean()
        shifts = np.arange(-reach, reach + 1)
        at = centre[:, None, None] + edge + shifts[None, :, None] + np.arange(-half, half)[None, None]
        best = (padded[np.clip(at, 0, len(padded) - 1)] @ template).argmax(axis=1)
        centre = np.clip(centre + shifts[best], 0, len(speed) - 1)
    return centre


def _correlation(cut: Float, median: Float) -> Float:
    a = cut.reshape(len(cut), -1)
    b = median.reshape(-1)
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean()
    found: Float = (a @ b) / (np.sqrt((a**2).sum(axis=1) * (b**2).sum()) + 1e-9)
    return found


def _qrs(median: Float) -> tuple[int, int]:
    """Onset and offset of the median beat's QRS, as samples of it."""
    speed = _speed(median)
    lo, hi = _B - round(0.13 * FEATURE_HZ), _B + round(0.17 * FEATURE_HZ)
    peak = lo + int(speed[lo:hi].argmax())
    quiet = np.percentile(speed[round(0.05 * FEATURE_HZ) : -round(0.05 * FEATURE_HZ)], 40)
    limit = quiet + 0.07 * (speed[peak] - quiet)
    slow = uniform_filter1d((speed < limit).astype(float), 3) > 0.9
    before = np.flatnonzero(slow[max(peak - round(0.16 * FEATURE_HZ), 1) : peak - 1])
    onset = max(peak - round(0.16 * FEATURE_HZ), 1) + (int(before[-1]) + 1 if len(before) else 0)
    after = np.flatnonzero(slow[peak + 2 : peak + round(0.2 * FEATURE_HZ)])
    offset = peak + 2 + (int(after[0]) - 1 if len(after) else round(0.2 * FEATURE_HZ))
    return onset, max(offset, onset + 6)


_N_RHYTHM: Final = 24


def _rhythm(x: Float, beats: Beats, onset: int, offset: int) -> Float:
    rr = np.diff(beats.centre) / FEATURE_HZ
    middle = np.median(rr)
    odd = beats.alike < _ALIKE
    early = np.concatenate(([1.0], rr / middle))
    p_from, p_to = max(onset - round(0.26 * FEATURE_HZ), 0), max(onset - round(0.02 * FEATURE_HZ), 4)
    found = [
        60.0 / middle, rr.std() / middle, np.abs(np.diff(rr)).mean() / middle if len(rr) > 1 else 0.0,
        rr.min() / middle, rr.max() / middle, np.percentile(rr, 25) / middle, np.percentile(rr, 75) / middle,
        (np.abs(np.diff(rr)) > 0.1 * middle).mean() if len(rr) > 1 else 0.0, float(len(rr)),
        odd.sum(), odd.mean(), beats.alike.min(), beats.alike.mean(), early[odd].min() if odd.any() else 1.0,
        (early < 0.85).sum(), ((early < 0.85) & ~odd).sum(),
    ]  # fmt: skip
    for lead in (_II, _V1):
        p = beats.cut[~odd][:, [lead], p_from:p_to] if (~odd).sum() > 1 else beats.cut[:, [lead], p_from:p_to]
        found += [np.mean(_correlation(p, np.median(p, axis=0))), np.median(p.std(axis=0)) / (p.std() + 1e-3)]
    rest = _residual(x, beats, offset)
    for lead in (_II, _V1):
        spectrum = np.abs(np.fft.rfft(rest[lead] - rest[lead].mean())) ** 2
        hz = np.fft.rfftfreq(rest.shape[1], 1.0 / FEATURE_HZ)
        band = (hz > 3.5) & (hz < 10)
        found += [np.log(spectrum[band].mean() + 1e-6), hz[band][spectrum[band].argmax()]]
    return np.array(found, dtype=np.float64)


def _residual(x: Float, beats: Beats, offset: int) -> Float:
    """The signal without its dominant beats' QRST: what the atria (and noise) leave."""
    rest = x - np.median(x, axis=1, keepdims=True)
    taper = np.ones(_B + _A)
    ramp = round(0.08 * FEATURE_HZ)
    taper[: _B - ramp] = 0.0
    taper[_B - ramp : _B] = np.linspace(0, 1, ramp)
    taper[-ramp:] = np.linspace(1, 0, ramp)
    shape = beats.median * taper
    for centre in beats.centre:
        a, b = max(centre - _B, 0), min(centre + _A, x.shape[1])
        rest[:, a:b] -= shape[:, a - centre + _B : b - centre + _B]
    return rest


_N_GLOBAL: Final = 16


def _global(median: Float, onset: int, offset: int) -> Float:
    speed = uniform_filter1d(_speed(median), 7)
    level = median[:, max(onset - 12, 0) : max(onset - 2, 1)].mean(axis=1, keepdims=True)
    y = median - level
    size_t = np.sqrt((y[list(_INDEPENDENT)] ** 2).sum(axis=0))
    first = min(offset + round(0.06 * FEATURE_HZ), y.shape[1] - 20)
    t_peak = first + int(size_t[first:].argmax())
    down = np.flatnonzero(size_t[t_peak:] < 0.25 * size_t[t_peak])
    t_end = t_peak + (int(down[0]) if len(down) else y.shape[1] - t_peak)
    p_from = max(onset - round(0.3 * FEATURE_HZ), 0)
    p_to = max(onset - round(0.03 * FEATURE_HZ), p_from + 3)
    p_peak = p_from + int(size_t[p_from:p_to].argmax())
    p_size = size_t[p_from:p_to].max()
    rise = np.flatnonzero(size_t[p_from : p_peak + 1] < 0.3 * p_size)
    qrs = slice(onset, offset)
    area, t_area = y[:, qrs].sum(axis=1), y[:, first:t_end].sum(axis=1)
    return np.array(
        [
            offset - onset, onset - p_peak, onset - (p_from + (int(rise[-1]) if len(rise) else 0)), t_peak - onset,
            t_end - onset, t_end - t_peak, p_size, size_t[t_peak], speed[qrs].max(), size_t[qrs].max(),
            np.degrees(np.arctan2(area[5], area[0])), np.degrees(np.arctan2(t_area[5], t_area[0])),
            (area @ t_area) / (np.linalg.norm(area) * np.linalg.norm(t_area) + 1e-9),
            size_t[offset], np.abs(np.diff(median, 2)).max(), speed[:p_to].mean(),
        ],
        dtype=np.float64,
    )  # fmt: skip


_N_LEAD: Final = 12 + _QRS_POINTS + 8


def _by_lead(median: Float, onset: int, offset: int) -> Float:
    y = median - median[:, max(onset - 12, 0) : max(onset - 2, 1)].mean(axis=1, keepdims=True)
    n = int(y.shape[1])
    qrs = y[:, onset : offset + 1]
    r_at, s_at = qrs.argmax(axis=1), qrs.argmin(axis=1)
    before_r = np.where(np.arange(qrs.shape[1]) <= r_at[:, None], qrs, np.inf).min(axis=1)
    after_r = np.where(np.arange(qrs.shape[1]) >= r_at[:, None], qrs, np.inf).min(axis=1)
    after_s = np.where(np.arange(qrs.shape[1]) >= s_at[:, None], qrs, -np.inf).max(axis=1)
    points = qrs[:, np.linspace(0, qrs.shape[1] - 1, _QRS_POINTS).round().astype(int)]
    step = np.diff(qrs, axis=1)
    turns = ((step[:, 1:] * step[:, :-1] < 0) & (np.abs(step[:, 1:] - step[:, :-1]) > 0.02)).sum(axis=1)

    def after(ms: float) -> int:
        return min(offset + round(ms * FEATURE_HZ / 1000), n - 1)

    t = y[:, after(70) : min(onset + round(0.5 * FEATURE_HZ), n)]
    p = y[:, max(onset - round(0.28 * FEATURE_HZ), 0) : max(onset - 4, 4)]
    half = p.shape[1] // 2
    columns = [
        qrs.max(axis=1), qrs.min(axis=1), before_r, after_r, after_s, r_at, s_at, qrs.sum(axis=1),
        np.ptp(qrs, axis=1), np.abs(step).max(axis=1), turns, qrs.max(axis=1) / (np.ptp(qrs, axis=1) + 1e-3),
        *points.T,
        y[:, offset], y[:, after(40)], y[:, after(80)], t.max(axis=1), t.min(axis=1), t.argmax(axis=1),
        p.max(axis=1) - np.median(p, axis=1), p[:, half:].min(axis=1) - np.median(p, axis=1),
    ]  # fmt: skip
    return np.stack(columns, axis=1).reshape(-1).astype(np.float64)
