"""How like real ECGs a set of generated ones is: Fréchet distance, precision, recall, density, coverage, memorisation.

Features are the statement network's pooled ones (`models/mllm`), reduced to the directions in which real ECGs of the
training folds vary most, so that a few hundred ECGs are enough for a covariance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from calipers.ecg import Ecg
from calipers.models.mllm.encoder_input import encoder_input
from calipers.models.mllm.encoder_tokens import encode

DIRECTIONS: Final = 48
NEIGHBOURS: Final = 5

Floats = NDArray[np.float64]


class Seen(NamedTuple):
    """What the network makes of n ECGs: pooled (n, 960) features and statements (n, 71) logits."""

    pooled: Floats
    statements: Floats


def features(ecgs: Sequence[Ecg], threads: int = 2) -> Seen:
    """The statement network's view of some ECGs; the patient is not told to it."""
    inputs = [encoder_input(ecg.signal_mv, ecg.fs_hz) for ecg in ecgs]
    signal, present = np.stack([one.signal_mv for one in inputs]), np.stack([one.present for one in inputs])
    found = encode(signal, present, threads=threads)
    return Seen(found.pooled.astype(np.float64), found.statements.astype(np.float64))


@dataclass(frozen=True, eq=False)
class Space:
    """The directions in which the reference varies: `mean` (960,), `basis` (960, DIRECTIONS) to unit variance."""

    mean: Floats
    basis: Floats

    @classmethod
    def of(cls, reference: Floats) -> Space:
        """From (n, 960) features of real ECGs."""
        mean = reference.mean(axis=0)
        _, size, directions = np.linalg.svd(reference - mean, full_matrices=False)
        kept = min(DIRECTIONS, len(size) - 1)
        return cls(mean, directions[:kept].T / (size[:kept] / np.sqrt(len(reference))))

    def __call__(self, found: Floats) -> Floats:
        """(n, 960) → (n, DIRECTIONS)."""
        out: Floats = (found - self.mean) @ self.basis
        return out


def frechet(one: Floats, other: Floats) -> float:
    """Fréchet distance of the two sets' Gaussians (Heusel 2017)."""
    first, second = np.cov(one.T), np.cov(other.T)
    root = linalg.sqrtm(first @ second)
    distance = ((one.mean(axis=0) - other.mean(axis=0)) ** 2).sum() + np.trace(first + second - 2.0 * np.real(root))
    return float(distance)


class Manifold(NamedTuple):
    """Precision and recall (Kynkäänniemi 2019), density and coverage (Naeem 2020) of generated against real ECGs."""

    precision: float
    recall: float
    density: float
    coverage: float


def manifold(real: Floats, made: Floats) -> Manifold:
    """With balls to the fifth nearest neighbour in the own set."""
    real_radius, made_radius = _radii(real), _radii(made)
    between = _distances(real, made)
    return Manifold(
        precision=float((between <= real_radius[:, None]).any(axis=0).mean()),
        recall=float((between <= made_radius[None, :]).any(axis=1).mean()),
        density=float((between <= real_radius[:, None]).sum(axis=0).mean() / NEIGHBOURS),
        coverage=float((between.min(axis=1) <= real_radius).mean()),
    )


def nearest(one: Floats, other: Floats, *, same: bool = False) -> Floats:
    """(n,) distance of each row of `one` to its nearest in `other`; `same` leaves out itself."""
    distances = _distances(one, other)
    if same:
        np.fill_diagonal(distances, np.inf)
    return np.asarray(distances.min(axis=1))


def _radii(points: Floats) -> Floats:
    distances = np.sort(_distances(points, points), axis=1)
    return np.asarray(distances[:, min(NEIGHBOURS, len(points) - 1)])


def _distances(one: Floats, other: Floats) -> Floats:
    squared = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None, :] - 2.0 * one @ other.T
    out: Floats = np.sqrt(np.maximum(squared, 0.0))
    return out
