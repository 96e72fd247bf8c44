"""What the shapes leave over, as tokens of 40 ms: drift, noise, fibrillation, the differences between beats.

A token holds the drift of the eight leads at its middle and the principal components of the fine texture, each
lead in units of its own level. Components left out (above about 150 Hz) are put back as noise of the right size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from calipers.models.generator.marks import CODEC_HZ, EIGHT, Floats

PATCH: Final = 20
KEPT: Final = 96
TOKEN: Final = len(EIGHT) + KEPT
#: The drift is what a Gaussian of this many seconds lets through.
_DRIFT_S: Final = 0.22
_LEAST_MV: Final = 0.002
#: Samples around a QRS onset that do not count for the level of the fine texture.
_QRS: Final = (-15, 75)

Float32 = NDArray[np.float32]


class Texture(NamedTuple):
    """`tokens` (n / PATCH, TOKEN); `levels` (16,) mV, drift then fine texture of each lead; `offset` (8,) mV."""

    tokens: Float32
    levels: Floats
    offset: Floats


@dataclass(frozen=True, eq=False)
class TextureSpace:
    """Principal components of a patch of fine texture: `basis` (KEPT, 8 * PATCH) orthonormal, `scale` (KEPT,).

    `rest` (8 * PATCH,) is the standard deviation of what the kept components miss.
    """

    basis: Floats
    scale: Floats
    rest: Floats

    @classmethod
    def fitted(cls, patches: Floats) -> TextureSpace:
        """From (patches, 8 * PATCH) patches in units of their leads' levels."""
        covariance = patches.T @ patches / len(patches)
        values, vectors = np.linalg.eigh(covariance)
        order = np.argsort(values)[::-1][:KEPT]
        basis = vectors[:, order].T
        left = patches - patches @ basis.T @ basis
        return cls(basis, np.sqrt(values[order]), left.std(axis=0))

    def encode(self, residual_mv: Floats, qrs_on: Floats) -> Texture:
        """(8, n) what the shapes leave over → tokens; n a multiple of PATCH."""
        drift, fine, levels, offset = split(residual_mv, qrs_on)
        patches = in_patches(fine / levels[len(EIGHT) :, None])
        middle = (drift[:, PATCH // 2 :: PATCH] / levels[: len(EIGHT), None]).T
        tokens = np.concatenate((middle, patches @ self.basis.T / self.scale), axis=1)
        return Texture(tokens.astype(np.float32), levels, offset)

    def decode(self, texture: Texture, rng: np.random.Generator | None = None) -> Floats:
        """Tokens → (8, n) millivolts; with `rng`, what the components miss is put back as noise."""
        tokens = texture.tokens.astype(np.float64)
        patches = (tokens[:, len(EIGHT) :] * self.scale) @ self.basis
        if rng is not None:
            # White noise of the missing size in the directions that the components leave out.
            noise = rng.standard_normal(patches.shape)
            patches += (
                (noise - noise @ self.basis.T @ self.basis)
                * self.rest.mean()
                * np.sqrt(patches.shape[1] / max(patches.shape[1] - KEPT, 1))
            )
        fine = patches.reshape(len(tokens), len(EIGHT), PATCH).transpose(1, 0, 2).reshape(len(EIGHT), -1)
        n = fine.shape[1]
        middle = tokens[:, : len(EIGHT)].T * texture.levels[: len(EIGHT), None]
        at = np.arange(len(tokens)) * PATCH + PATCH // 2
        drift = CubicSpline(at, middle, axis=1)(np.clip(np.arange(n), at[0], at[-1]))
        out: Floats = drift + fine * texture.levels[len(EIGHT) :, None] + texture.offset[:, None]
        return out

    def save(self, path: Path) -> None:
        """Write as npz."""
        np.savez(path, **{name: getattr(self, name).astype(np.float32) for name in ("basis", "scale", "rest")})

    @classmethod
    def load(cls, path: Path) -> TextureSpace:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            return cls(*(stored[name].astype(np.float64) for name in ("basis", "scale", "rest")))


def split(residual_mv: Floats, qrs_on: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Drift, fine texture, (16,) levels and (8,) offsets of (8, n)."""
    offset = np.median(residual_mv, axis=1)
    centred = residual_mv - offset[:, None]
    at = np.arange(PATCH // 2, centred.shape[1], PATCH)
    slow = gaussian_filter1d(centred, _DRIFT_S * CODEC_HZ, axis=1, mode="nearest")
    # As the decoder will draw it: a curve through the middles of the patches.
    drift = CubicSpline(at, slow[:, at], axis=1)(np.clip(np.arange(centred.shape[1]), at[0], at[-1]))
    fine = centred - drift
    outside = np.ones(centred.shape[1], dtype=np.bool_)
    for onset in qrs_on:
        outside[max(int(onset) + _QRS[0], 0) : max(int(onset) + _QRS[1], 0)] = False
    counted = fine[:, outside] if outside.sum() > 200 else fine
    levels = np.concatenate((drift.std(axis=1), np.sqrt((counted**2).mean(axis=1))))
    return drift, fine, np.maximum(levels, _LEAST_MV), offset


def in_patches(eight: Floats) -> Floats:
    """(8, n) → (n / PATCH, 8 * PATCH)."""
    whole = eight.shape[1] // PATCH * PATCH
    patches: Floats = eight[:, :whole].reshape(len(EIGHT), -1, PATCH).transpose(1, 0, 2).reshape(whole // PATCH, -1)
    return patches
