"""Fit the distribution of beats and choose the thresholds of the exchanges (`CARD.md` has the command)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.models.electrodes.likelihood import EXCHANGES, FREEDOM, PLACES, ElectrodeOrder, Float, StudentT

#: Shrinkage of the scale matrix towards its diagonal, and the share of its mean variance added to each.
_SHRINKAGE: Final = 0.05
_FLOOR: Final = 1e-3
_ROUNDS: Final = 4
#: No exchange is suspected below a likelihood ratio of twenty.
_LEAST_LOG_RATIO: Final = 3.0
#: Share of the records whose own order is farther than the model will explain.
_BEYOND: Final = 0.01
_STEPS: Final = (1, 2, 3, 5)


def fit(samples: Float, has_p: NDArray[np.bool_]) -> tuple[StudentT, StudentT]:
    """(n, 8, 15) samples → distributions with P (of the records that have one) and without (of all)."""
    columns = sum(PLACES[:2])
    return _fit_t(samples[has_p].reshape(int(has_p.sum()), -1)), _fit_t(
        samples[:, :, :columns].reshape(len(samples), -1)
    )


def _fit_t(rows: Float) -> StudentT:
    """Iteratively reweighted: a record far from the centre counts less (Lange 1989)."""
    centre, weight = np.median(rows, axis=0), np.ones(len(rows))
    for _ in range(_ROUNDS):
        centre = weight @ rows / weight.sum()
        away = rows - centre
        scale = (weight[:, None] * away).T @ away / weight.sum()
        scale = (1.0 - _SHRINKAGE) * scale + _SHRINKAGE * np.diag(np.diag(scale))
        scale += _FLOOR * np.trace(scale) / len(scale) * np.eye(len(scale))
        model = StudentT(centre, np.linalg.inv(scale))
        weight = (FREEDOM + rows.shape[1]) / (FREEDOM + model.distances(rows))
    return model


def cross_fitted(samples: Float, has_p: NDArray[np.bool_], groups: NDArray[np.int64]) -> tuple[Float, Float, float]:
    """Log ratios of records the model has not seen, as recorded and with each exchange made.

    Args:
        samples, has_p: the records.
        groups: (n,) patients never cross groups.

    Returns:
        (n, exchanges) as recorded, (exchanges, n, exchanges) exchanged, and the farthest plausible distance.
    """
    own, made = np.empty((len(samples), len(EXCHANGES))), np.empty((len(EXCHANGES), len(samples), len(EXCHANGES)))
    models = {group: fit(samples[groups != group], has_p[groups != group]) for group in np.unique(groups)}
    columns = sum(PLACES[:2])
    distance = np.empty(len(samples))
    for group, (with_p, without) in models.items():
        there, bare = (groups == group) & has_p, (groups == group) & ~has_p
        distance[there] = with_p.distances(samples[there].reshape(int(there.sum()), -1)) / samples[0].size
        distance[bare] = without.distances(samples[bare][:, :, :columns].reshape(int(bare.sum()), -1)) / (8 * columns)
    farthest = float(np.quantile(distance, 1.0 - _BEYOND))
    for group, pair in models.items():
        rows = groups == group
        model = ElectrodeOrder(*pair, np.zeros(len(EXCHANGES)), farthest)
        own[rows] = model.log_ratios(samples[rows], has_p[rows])
        for k, exchange in enumerate(EXCHANGES):
            made[k, rows] = model.log_ratios(exchange.matrix @ samples[rows], has_p[rows])
    return own, made, farthest


def thresholds(own: Float, made: Float, false_alarms: float) -> Float:
    """Share the allowed alarms among the exchanges, each time where one more alarm finds the most.

    Args:
        own, made: from `cross_fitted`.
        false_alarms: allowed share of records with any alarm as recorded.
    """
    n, kinds = own.shape
    candidates = np.maximum(np.sort(own, axis=0)[::-1][: int(n * false_alarms) + 2] + 1e-6, _LEAST_LOG_RATIO)
    place = np.zeros(kinds, dtype=np.int64)
    limit: Float = candidates[0] + 0.5
    alarm: NDArray[np.bool_] = np.asarray((own > limit).any(axis=1))
    while True:
        best, best_gain = None, 0.0
        for kind in range(kinds):
            found = float((made[kind, :, kind] > limit[kind]).mean())
            for step in _STEPS:
                if place[kind] + step >= len(candidates):
                    break
                level = candidates[place[kind] + step, kind]
                alarms = alarm | (own[:, kind] > level)
                gain = float((made[kind, :, kind] > level).mean()) - found
                worth = gain / (float(alarms.sum() - alarm.sum()) + 0.2)
                if alarms.mean() <= false_alarms and gain > 1e-4 and worth > best_gain:
                    best, best_gain = (kind, step, level, alarms), worth
        if best is None:
            return limit
        kind, step, limit[kind], alarm = best
        place[kind] += step


def save(path: Path, pair: tuple[StudentT, StudentT], limit: Float, farthest: float) -> None:
    """Write the model as `likelihood.shipped` reads it."""
    with_p, without = pair
    np.savez_compressed(
        path,
        centre_p=with_p.centre.astype(np.float32),
        precision_p=with_p.precision.astype(np.float32),
        centre=without.centre.astype(np.float32),
        precision=without.precision.astype(np.float32),
        thresholds=limit.round(2),
        farthest=np.float64(round(farthest, 2)),
    )
