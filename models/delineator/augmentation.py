"""What other hospitals, carts and patients do to a trace: noise, filters, gains, reversed electrodes.

Everything acts on (leads, n) at 250 Hz after `normalise`, where a typical beat spans about 2. None of it
moves a wave's bounds, except for the few milliseconds that a real cart's filters move them too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt, sosfiltfilt

from calipers.models.delineator.normalise import WORKING_HZ

Signal = NDArray[np.float32]


@dataclass(frozen=True)
class AugmentationConfig:
    """Share of the training windows that gets each disturbance, and its largest size."""

    simulated_share: float = 0.4
    wander_share: float = 0.5
    wander_size: float = 0.5
    mains_share: float = 0.3
    mains_size: float = 0.25
    muscle_share: float = 0.5
    muscle_size: float = 0.15
    noisy_lead_share: float = 0.15
    filter_share: float = 0.5
    gain_sd: float = 0.2
    reversed_lead_share: float = 0.1
    flat_lead_share: float = 0.03
    spike_share: float = 0.05


def disturb(signal: Signal, rng: np.random.Generator, config: AugmentationConfig) -> Signal:
    """A disturbed copy of (leads, n) float32."""
    leads, n = signal.shape
    x = signal.astype(np.float64)
    if rng.random() < config.filter_share:
        x = _cart_filter(x, rng)
    time_s = np.arange(n) / WORKING_HZ
    if rng.random() < config.wander_share:
        x += _wander(time_s, leads, rng) * config.wander_size * rng.random()
    if rng.random() < config.mains_share:
        phase = rng.uniform(0, 2 * np.pi, (leads, 1))
        hum = np.sin(2 * np.pi * rng.choice([50.0, 60.0]) * time_s + phase)
        x += hum * config.mains_size * rng.random() * rng.random((leads, 1))
    if rng.random() < config.muscle_share:
        x += _muscle(leads, n, rng) * config.muscle_size * rng.random() * rng.random((leads, 1))
    loud = rng.random((leads, 1)) < config.noisy_lead_share * rng.random()
    if bool(np.any(loud)):
        size = rng.uniform(0.1, 0.6, (leads, 1)) * loud
        x += size * (_muscle(leads, n, rng) + _wander(time_s, leads, rng))
    if rng.random() < config.spike_share:
        at = rng.integers(0, n - 1, rng.integers(1, 6))
        x[:, at] += rng.normal(0, 1.5, (leads, 1))
    signs = np.where(rng.random((leads, 1)) < config.reversed_lead_share, -1.0, 1.0)
    x *= signs * np.exp(rng.normal(0, config.gain_sd, (leads, 1)))
    x[rng.random(leads) < config.flat_lead_share] = 0.0
    return x.astype(np.float32)


def _cart_filter(x: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """The range of carts: high-pass 0.05-0.67 Hz one way, low-pass 35-110 Hz both ways."""
    if rng.random() < 0.5:
        corner_hz = np.exp(rng.uniform(np.log(0.05), np.log(0.67)))
        high_pass = butter(1, corner_hz, "high", fs=WORKING_HZ, output="sos")
        x = sosfilt(high_pass, x - x[:, :1], axis=1)
    if rng.random() < 0.6:
        low_pass = butter(2, rng.uniform(35.0, 110.0), fs=WORKING_HZ, output="sos")
        x = sosfiltfilt(low_pass, x, axis=1)
    return np.asarray(x, dtype=np.float64)


def _wander(time_s: NDArray[np.float64], leads: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Breathing and movement: three slow sines, a size of its own in every lead."""
    frequency = rng.uniform(0.05, 0.6, 3)
    phase = rng.uniform(0, 2 * np.pi, 3)
    waves = np.sin(2 * np.pi * frequency[:, None] * time_s + phase[:, None])  # (3, n)
    return np.asarray(rng.normal(0, 1, (leads, 3)) @ waves)


def _muscle(leads: int, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """White noise, or with a random slope towards the low frequencies."""
    noise = rng.normal(0, 1, (leads, n))
    if rng.random() < 0.5:
        noise = (noise[:, 1:] + noise[:, :-1]) / np.sqrt(2)
        noise = np.pad(noise, ((0, 0), (1, 0)))
    return noise
