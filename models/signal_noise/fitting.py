"""Fit the noise model to technicians' remarks (`CARD.md` has the command)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from calipers.models.signal_noise.features import Float, in_context
from calipers.models.signal_noise.network import KINDS, Layers

Bool = NDArray[np.bool_]

#: Weight of the squared coefficients against the mean loss; chosen by `cross_fitted` on folds 1-8.
_SHRINKAGE: Final = 0.1
_SIXES: Final = (slice(0, 6), slice(6, 12))


def fit(features: Float, remarked: Bool) -> Layers:
    """Fit every kind, limb and chest leads apart; the record's offsets are left at zero.

    A lead with the remark weighs as much as all without it together, and of these the leads of records that have
    the remark elsewhere as much as the others: telling the leads of a noisy record apart is half of the task.

    Args:
        features: (records, 12, k) of `lead_features`.
        remarked: (records, 12, kinds).
    """
    x = in_context(features)
    mean, scale = x.mean(axis=(0, 1)), x.std(axis=(0, 1)) + 1e-6
    x = np.clip((x - mean) / scale, -6.0, 6.0).astype(np.float32)
    weight, bias = np.zeros((len(KINDS), 2, x.shape[-1])), np.zeros((len(KINDS), 2))
    for kind in range(len(KINDS)):
        noisy = remarked[:, :, kind].any(axis=1)
        for six, part in enumerate(_SIXES):
            yes = remarked[:, part, kind].ravel()
            near = np.repeat(noisy, 6) & ~yes
            share = np.where(yes, 1.0 / max(yes.sum(), 1), 0.0)
            for others in (near, ~yes & ~near):
                share[others] = 0.5 / max(others.sum(), 1)
            weight[kind, six], bias[kind, six] = _logistic(x[:, part].reshape(len(yes), -1), yes, share / share.sum())
    return Layers(mean, scale, weight, bias, np.zeros(len(KINDS)))


def cross_fitted(
    features: Float, remarked: Bool, folds: NDArray[np.int64], groups: tuple[tuple[int, ...], ...]
) -> Float:
    """(records, 12, kinds) log odds of records that the model has not seen; patients never cross folds."""
    odds = np.full(remarked.shape, np.nan)
    for group in groups:
        held = np.isin(folds, group)
        odds[held] = fit(features[~held], remarked[~held]).lead_log_odds(features[held])
    return odds


def record_offsets(odds: Float, remarked: Bool) -> Float:
    """(kinds,) from which the noisiest leads speak for a remark on the record, at the best balanced accuracy."""
    unset = Layers(*(np.zeros(0) for _ in range(4)), np.zeros(len(KINDS)))
    loudest = unset.record_log_odds(odds)
    best = []
    for kind in range(len(KINDS)):
        noisy, score = remarked[:, kind], loudest[:, kind]
        places = np.quantile(score, np.linspace(0.02, 0.98, 97))
        balanced = [(score[noisy] > at).mean() + (score[~noisy] <= at).mean() for at in places]
        best.append(places[int(np.argmax(balanced))])
    return np.array(best)


def _logistic(x: NDArray[np.float32], yes: Bool, share: Float) -> tuple[Float, float]:
    """Weighted logistic regression with a quadratic penalty."""
    sign = np.where(yes, 1.0, -1.0)

    def loss(beta: Float) -> tuple[float, Float]:
        margin = sign * (x @ beta[:-1] + beta[-1])
        pull = -share * sign / (1.0 + np.exp(np.clip(margin, -30.0, 30.0)))
        value = share @ np.logaddexp(0.0, -margin) + 0.5 * _SHRINKAGE * beta[:-1] @ beta[:-1]
        return float(value), np.append(x.T @ pull + _SHRINKAGE * beta[:-1], pull.sum())

    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return found[:-1], float(found[-1])
