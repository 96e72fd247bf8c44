"""How the signal reaches the file: noise, filters, electrodes in the wrong place, leads that fell off."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import signal as dsp

from calipers.leads import INDEX, LIMB_FROM_I_AND_II, require_lead
from calipers.models.simulator.specification import Noise, Specification, Swap
from calipers.models.simulator.textures import slow_noise
from calipers.models.simulator.waves import RECORDED, TWELVE_FROM_EIGHT, Floats

#: Root mean square in mV of wander, mains and muscle; and the chance of one motion artefact per lead.
_LEVELS: Final[dict[Noise, tuple[float, float, float, float]]] = {
    "clean": (0.0, 0.0, 0.0, 0.0),
    "light": (0.02, 0.002, 0.006, 0.0),
    "usual": (0.05, 0.006, 0.012, 0.05),
    "heavy": (0.15, 0.03, 0.04, 0.25),
}
_WHITE_MV: Final = 0.003
#: What leads I and II become when limb electrodes are exchanged, as weights of the true I and II.
_LIMB_SWAPS: Final[dict[Swap, tuple[tuple[float, float], tuple[float, float]]]] = {
    "arms": ((-1.0, 0.0), LIMB_FROM_I_AND_II["III"]),
    "right_arm_left_foot": ((1.0, -1.0), (0.0, -1.0)),
    "left_arm_left_foot": ((0.0, 1.0), (1.0, 0.0)),
}


def recorded(eight_mv: Floats, spec: Specification, rng: np.random.Generator) -> Floats:
    """(12, n) what the recorder stores of the true leads (8, n)."""
    disturbed = swapped(eight_mv, spec.swap) + noise(eight_mv.shape, spec, rng)
    filtered = _filtered(disturbed, spec)
    twelve: Floats = TWELVE_FROM_EIGHT @ filtered
    for name in spec.lost_leads:
        row = INDEX[require_lead(name)]
        twelve[row] = rng.normal(0.0, _WHITE_MV, twelve.shape[1])
    return twelve


def swapped(eight_mv: Floats, swap: Swap | None) -> Floats:
    """(8, n) with electrodes exchanged; Wilson's terminal, and so V1 to V6, stays with a swap of limb electrodes."""
    if swap is None:
        return eight_mv
    out = eight_mv.copy()
    if swap in _LIMB_SWAPS:
        out[:2] = np.array(_LIMB_SWAPS[swap]) @ eight_mv[:2]
        return out
    one, other = (RECORDED.index(require_lead(name)) for name in swap.split("_"))
    out[[one, other]] = eight_mv[[other, one]]
    return out


def noise(shape: tuple[int, int], spec: Specification, rng: np.random.Generator) -> Floats:
    """(8, n) wander, mains, muscle and motion, each electrode its own share."""
    # A flat line is never free of drift: without any, it could not be told from an unconnected recorder.
    level = "light" if spec.noise == "clean" and spec.rhythm == "asystole" else spec.noise
    wander, mains, muscle, motion = _LEVELS[level]
    n = shape[1]
    time_s = np.arange(n) / spec.fs_hz
    total = rng.normal(0.0, _WHITE_MV, shape)
    if level == "clean":
        return np.asarray(total)
    breathing = slow_noise(rng, time_s, 0.25)
    own = np.stack([slow_noise(rng, time_s, 0.4) for _ in range(8)])
    total += wander * (rng.normal(0.0, 0.8, (8, 1)) * breathing + 0.5 * own)
    hum = np.sin(2 * np.pi * spec.mains_hz * time_s + rng.uniform(0, 2 * np.pi))
    hum += 0.2 * np.sin(2 * np.pi * 3 * spec.mains_hz * time_s) if spec.fs_hz > 6 * spec.mains_hz else 0.0
    total += mains * np.abs(rng.normal(0.0, 1.2, (8, 1))) * hum
    swell = np.clip(1.0 + 0.7 * slow_noise(rng, time_s, 0.3), 0.1, None)
    total += muscle * np.exp(rng.normal(0.0, 0.4, (8, 1))) * swell * _muscle(rng, shape, spec.fs_hz)
    for row in np.flatnonzero(rng.random(8) < motion):
        total[row] += _motion(rng, time_s)
    return np.asarray(total)


def _muscle(rng: np.random.Generator, shape: tuple[int, int], fs_hz: float) -> Floats:
    """(8, n) of unit spread, 20 Hz to 120 Hz."""
    band = [20.0, min(120.0, 0.45 * fs_hz)]
    sos = dsp.butter(2, band, "bandpass", fs=fs_hz, output="sos")
    drawn = dsp.sosfilt(sos, rng.normal(0.0, 1.0, shape), axis=1)
    return np.asarray(drawn / drawn.std())


def _motion(rng: np.random.Generator, time_s: Floats) -> Floats:
    """(n,) one jump of the baseline that drifts back."""
    at_s = float(rng.uniform(time_s[0], time_s[-1]))
    since = np.clip(time_s - at_s, 0.0, None)
    shape = (1.0 - np.exp(-since / 0.03)) * np.exp(-since / float(rng.uniform(0.2, 0.8)))
    return np.asarray(float(rng.normal(0.0, 0.8)) * shape)


def _filtered(signal_mv: Floats, spec: Specification) -> Floats:
    """A cart's filters, forwards and backwards: no wave is moved."""
    if spec.filters == "none":
        return signal_mv
    low, high = (0.05, 150.0) if spec.filters == "diagnostic" else (0.5, 40.0)
    sos = dsp.butter(1, low, "highpass", fs=spec.fs_hz, output="sos")
    out = dsp.sosfiltfilt(sos, signal_mv, axis=1)
    if high < 0.45 * spec.fs_hz:
        out = dsp.sosfiltfilt(dsp.butter(2, high, "lowpass", fs=spec.fs_hz, output="sos"), out, axis=1)
    return np.asarray(out)
