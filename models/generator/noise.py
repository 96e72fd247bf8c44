"""How loud a recording's noise is, lead by lead and band by band, and how it comes and goes: fitted on folds 1-8.

The texture flow gives every recording nearly the same spectrum, at one loudness from the first second to the last. Real
ones differ by a factor of seven between quiet and noisy, and muscle comes in bursts. Here the fine texture above 12 Hz
is brought, outside the QRS complexes' own shape, to levels drawn from the training folds' joint distribution (a Gaussian
copula), and rises and falls by an envelope whose depth is drawn likewise.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.special import ndtr, ndtri

from calipers.models.generator.marks import CODEC_HZ, EIGHT, Floats

#: Edges of the bands, Hz; below the first nothing is changed: fibrillation and the waves' own shapes lie there.
EDGES_HZ: Final = (12.0, 20.0, 45.0, 55.0, 95.0, 130.0, 165.0, 250.0)
BANDS: Final = len(EDGES_HZ) - 1
#: Of the band in which bursts are looked for, and how long a piece of it is.
_MUSCLE: Final = 1
_PIECE: Final = 200
#: Samples around a QRS onset that do not count as noise.
_QRS: Final = (-20, 90)
_QUANTILES: Final = np.linspace(0.01, 0.99, 33)
_LEAST_MV: Final = 1e-4
_MOST_GAIN: Final = 6.0
#: How slowly an envelope changes, seconds, and the share of its variance that the leads have in common.
_ENVELOPE_S: Final = 0.15
_IN_COMMON: Final = 0.45

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class NoiseSpace:
    """The fitted distribution.

    `levels` (8 * BANDS, 33) quantiles of log millivolts; `together` (8 * BANDS, 8 * BANDS) Cholesky factor of the
    copula's correlation; `bursts` (33,) quantiles of the standard deviation of an envelope's logarithm.
    """

    levels: Floats
    together: Floats
    bursts: Floats

    @classmethod
    def fitted(cls, fine_mv: list[Floats], onsets: list[Floats]) -> NoiseSpace:
        """From (8, n) recordings without their beats' shapes, and where the QRS complexes begin."""
        rng, rows, bursts = np.random.default_rng(0), [], []
        for fine, qrs_on in zip(fine_mv, onsets, strict=True):
            counted = outside(fine.shape[1], qrs_on)
            bands = in_bands(fine)
            rows.append(np.log(_loudness(bands, counted)).ravel())
            # What a steady noise of the same length would show is no burst.
            steady = rng.standard_normal(fine.shape)
            depth = _unsteadiness(bands[_MUSCLE], counted) ** 2 - _unsteadiness(in_bands(steady)[_MUSCLE], counted) ** 2
            bursts.append(np.sqrt(max(depth, 0.0)))
        found = np.stack(rows)
        ranks = (found.argsort(axis=0).argsort(axis=0) + 0.5) / len(found)
        correlation = np.corrcoef(ndtri(ranks).T) + 1e-6 * np.eye(found.shape[1])
        levels: Floats = np.quantile(found, _QUANTILES, axis=0).T.astype(np.float64)
        depths: Floats = np.quantile(bursts, _QUANTILES).astype(np.float64)
        return cls(levels, np.linalg.cholesky(correlation).astype(np.float64), depths)

    def shaped(self, rest_mv: Floats, qrs_on: Floats, rng: np.random.Generator, loudest: float) -> Floats:
        """(8, n) what a recording has besides its beats, with noise of a loudness and unsteadiness drawn from real ones.

        Args:
            rest_mv: as the texture flow drew it.
            qrs_on: where the QRS complexes begin, samples.
            rng: of the draw.
            loudest: no band of a lead is louder than this quantile of the training recordings.
        """
        n = rest_mv.shape[1]
        bands = in_bands(rest_mv)
        chance = np.minimum(ndtr(self.together @ rng.standard_normal(len(self.together))), loudest)
        wanted = np.array([np.interp(one, _QUANTILES, of) for one, of in zip(chance, self.levels, strict=True)])
        depth = float(np.interp(min(rng.random(), loudest), _QUANTILES, self.bursts))
        gain = np.exp(wanted.reshape(BANDS, len(EIGHT))) / _loudness(bands, outside(n, qrs_on))
        gain = np.clip(gain, 1.0 / _MOST_GAIN, _MOST_GAIN)
        changed = (bands * (gain[:, :, None] * _envelopes(depth, n, rng)[None] - 1.0)).sum(axis=0)
        out: Floats = rest_mv + changed
        return out

    def save(self, path: Path) -> None:
        """Write as npz."""
        np.savez(path, **{name: getattr(self, name).astype(np.float32) for name in ("levels", "together", "bursts")})

    @classmethod
    def load(cls, path: Path) -> NoiseSpace:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            return cls(*(stored[name].astype(np.float64) for name in ("levels", "together", "bursts")))


def in_bands(eight_mv: Floats) -> Floats:
    """(8, n) → (BANDS, 8, n); the bands overlap by a tenth of their edges and add up to all above the first edge."""
    n = eight_mv.shape[1]
    spectrum, at = np.fft.rfft(eight_mv, axis=1), np.fft.rfftfreq(n, 1.0 / CODEC_HZ)
    above = [np.clip((at - 0.95 * edge) / (0.1 * edge), 0.0, 1.0) for edge in EDGES_HZ[:-1]] + [np.zeros_like(at)]
    out: Floats = np.stack(
        [np.fft.irfft(spectrum * (low - high), n, axis=1) for low, high in itertools.pairwise(above)]
    )
    return out


def outside(n: int, qrs_on: Floats) -> Mask:
    """(n,) samples away from the QRS complexes; all where hardly any are left."""
    out = np.ones(n, dtype=np.bool_)
    for onset in qrs_on:
        out[max(int(onset) + _QRS[0], 0) : max(int(onset) + _QRS[1], 0)] = False
    return out if out.sum() > 2 * _PIECE else np.ones(n, dtype=np.bool_)


def _loudness(bands: Floats, counted: Mask) -> Floats:
    """(BANDS, 8) root mean square, mV."""
    out: Floats = np.maximum(np.sqrt((bands[:, :, counted] ** 2).mean(axis=2)), _LEAST_MV)
    return out


def _unsteadiness(band: Floats, counted: Mask) -> float:
    """Standard deviation of the logarithm of the loudness of pieces, median of the leads."""
    pieces = [
        np.sqrt((band[:, first : first + _PIECE][:, here] ** 2).mean(axis=1))
        for first in range(0, band.shape[1] - _PIECE + 1, _PIECE)
        if (here := counted[first : first + _PIECE]).sum() > _PIECE // 3
    ]
    return float(np.median(np.log(np.maximum(pieces, _LEAST_MV)).std(axis=0)))


def _envelopes(depth: float, n: int, rng: np.random.Generator) -> Floats:
    """(8, n) envelopes of mean square one."""
    white = rng.standard_normal((len(EIGHT) + 1, n))
    slow = gaussian_filter1d(white, _ENVELOPE_S * CODEC_HZ, axis=1, mode="wrap")
    slow /= slow.std(axis=1, keepdims=True)
    log = depth * (np.sqrt(1.0 - _IN_COMMON) * slow[1:] + np.sqrt(_IN_COMMON) * slow[:1])
    envelope = np.exp(log)
    out: Floats = envelope / np.sqrt((envelope**2).mean(axis=1, keepdims=True))
    return out
