"""The Gaussians that the networks start from: one matrix solution each, from the same batches that train them."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from calipers.models.generator.beat_training import BeatSet, batch_of
from calipers.models.generator.conditions import ConditionSpace
from calipers.models.generator.latents import LatentSpace
from calipers.models.generator.networks import BeatFlow, TextureFlow, bands_of, cosines
from calipers.models.generator.texture_training import TextureSet

#: Rows drawn for the beat's regression, and its ridge as a share of them.
_ROWS: Final = 6000
_RIDGE: Final = 0.01
_AT_ONCE: Final = 500
#: No direction is taken to vary less than this.
_LEAST: Final = 0.02
#: A kind of recording with fewer records borrows the spectrum of all.
_FEWEST: Final = 8

Floats = NDArray[np.float64]


def fit_beat(
    network: BeatFlow,
    data: BeatSet,
    rows: NDArray[np.int64],
    share: Floats,
    latents: LatentSpace,
    space: ConditionSpace,
) -> None:
    """Set the network's Gaussian: mean linear in the conditions, covariance of what the mean leaves."""
    rng = np.random.default_rng(0)
    told, elements, known = [], [], []
    for _ in range(_ROWS // _AT_ONCE):
        batch = batch_of(data, rng.choice(rows, size=_AT_ONCE, p=share), latents, space, rng, vary=True)
        told.append(batch.conditions.numpy())
        elements.append(batch.elements.numpy())
        known.append(batch.known.numpy())
    x = np.concatenate(told).astype(np.float64)
    x = np.concatenate((x, np.ones((len(x), 1))), axis=1)
    y, there = np.concatenate(elements).astype(np.float64), np.concatenate(known).astype(np.float64)
    weights = _regressions(x, y, there)
    left = (y - x @ weights.T) * there
    covariance = left.T @ left / np.maximum(there.T @ there, 1.0)
    values, axes = np.linalg.eigh(covariance)
    network.mean.copy_(torch.from_numpy(weights))
    network.axes.copy_(torch.from_numpy(axes))
    network.spread.copy_(torch.from_numpy(np.maximum(values, _LEAST)))


def _regressions(x: Floats, y: Floats, there: Floats) -> Floats:
    """(elements, conditions + 1), each element on the rows that have it; elements known together share a solution."""
    out = np.zeros((y.shape[1], x.shape[1]))
    patterns, group = np.unique(there > 0, axis=1, return_inverse=True)
    for number in range(patterns.shape[1]):
        members, rows = np.flatnonzero(group.ravel() == number), patterns[:, number]
        if rows.sum() < 20:
            continue
        a = x[rows]
        gram = a.T @ a
        gram[np.diag_indices_from(gram)] += _RIDGE * rows.sum()
        out[members] = np.linalg.solve(gram, a.T @ y[np.ix_(rows, members)]).T
    return out


def fit_texture(network: TextureFlow, data: TextureSet, rows: NDArray[np.int64]) -> None:
    """Set the network's Gaussian: for each kind and band of frequency the covariance of the cosine components."""
    n, config = data.tokens.shape[1], network.config
    turn, band = cosines(n).numpy().astype(np.float32), bands_of(n, config.bands).numpy()
    flags = data.conditions[rows][:, -(config.kinds - 1) :]
    kind = np.where(flags.max(axis=1) > 0.5, flags.argmax(axis=1) + 1, 0)
    for number in range(config.kinds):
        of = rows[kind == number]
        sums = np.zeros((config.bands, config.token, config.token))
        counts = np.zeros(config.bands)
        for row in of if len(of) >= _FEWEST else rows[:: max(len(rows) // 200, 1)]:
            waves = turn @ data.tokens[row].astype(np.float32)
            for place in range(config.bands):
                part = waves[band == place]
                sums[place] += part.T @ part
                counts[place] += len(part)
        values, axes = np.linalg.eigh(sums / counts[:, None, None])
        network.axes[number].copy_(torch.from_numpy(axes))
        network.spread[number].copy_(torch.from_numpy(np.maximum(values, _LEAST)))
