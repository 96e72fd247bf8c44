"""Noise is as loud as real recordings are, lead by lead and band by band, and comes and goes."""

from __future__ import annotations

import numpy as np
import pytest

from calipers.models.generator.marks import CODEC_HZ, Floats
from calipers.models.generator.noise import EDGES_HZ, NoiseSpace, in_bands, outside

_N = 10 * CODEC_HZ
_QRS_ON = np.arange(200.0, _N, 400.0)


def _recorded(seed: int) -> Floats:
    """Quiet and loud recordings; of the loud ones lead V1 is the loudest, and noise comes in one burst."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((8, _N)) * 0.004 * (1 + seed % 3)
    noise[2] *= 3.0
    noise[:, 1500:2500] *= 1.0 + 3.0 * (seed % 2)
    return noise


@pytest.fixture(scope="module")
def space() -> NoiseSpace:
    return NoiseSpace.fitted([_recorded(seed) for seed in range(20)], [_QRS_ON] * 20)


def _level(eight: Floats) -> Floats:
    counted = outside(eight.shape[1], _QRS_ON)
    level: Floats = np.sqrt((in_bands(eight)[:, :, counted] ** 2).mean(axis=2))
    return level


def test_the_bands_add_up_to_all_above_the_first_edge() -> None:
    wave = np.sin(2 * np.pi * 30.0 * np.arange(_N) / CODEC_HZ)[None].repeat(8, axis=0)
    slow = np.sin(2 * np.pi * 5.0 * np.arange(_N) / CODEC_HZ)[None].repeat(8, axis=0)
    assert np.allclose(in_bands(wave + slow).sum(axis=0), wave, atol=1e-6)


def test_drawn_noise_is_as_loud_as_the_recordings_were(space: NoiseSpace) -> None:
    steady = np.random.default_rng(99).standard_normal((8, _N)) * 0.05
    drawn = np.array([
        _level(space.shaped(steady, _QRS_ON, np.random.default_rng(seed), 0.99)) for seed in range(20)
    ])  # fmt: skip
    recorded = np.array([_level(_recorded(seed)) for seed in range(20)])
    ratio = np.median(drawn, axis=0) / np.median(recorded, axis=0)
    assert np.all((ratio > 0.6) & (ratio < 1.6))
    assert np.median(drawn[:, 2, 2] / drawn[:, 2, 0]) > 2.0  # lead V1 against lead I


def test_no_band_is_louder_than_the_quantile_asked_for(space: NoiseSpace) -> None:
    steady = np.random.default_rng(99).standard_normal((8, _N)) * 0.05
    half = np.exp(np.quantile(space.levels, 0.5, axis=1)).reshape(len(EDGES_HZ) - 1, 8)
    for seed in range(10):
        drawn = _level(space.shaped(steady, _QRS_ON, np.random.default_rng(seed), 0.5))
        assert np.all(drawn < 1.4 * half)


def test_what_is_slower_than_the_bands_stays_as_it_was(space: NoiseSpace) -> None:
    slow = np.sin(2 * np.pi * 3.0 * np.arange(_N) / CODEC_HZ)[None].repeat(8, axis=0) * 0.2
    assert np.allclose(space.shaped(slow, _QRS_ON, np.random.default_rng(1), 0.99), slow, atol=2e-3)
