"""Fit the noise model to technicians' remarks (`CARD.md` has the command)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from calipers.models.signal_noise.features import Float, in_context
from calipers.models.signal_noise.network import KINDS, Layers, loudest_leads

Bool = NDArray[np.bool_]

#: Weight of the squared coefficients against the mean loss; chosen by `cross_fitted` on folds 1-8.
_SHRINKAGE: Final = 0.4
_SIXES: Final = (slice(0, 6), slice(6, 12))
#: Of the leads of quiet records every so many-th is enough.
_QUIET_STEP: Final = 5
#: Limits over which the best is smoothed.
_SMOOTH: Final = 9


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
            for others, step in ((near, 1), (~yes & ~near, _QUIET_STEP)):
                share[others] = 0.5 * step / max(others.sum(), 1)
            kept = yes | near | (np.arange(len(yes)) % _QUIET_STEP == 0)
            rows = x[:, part].reshape(len(yes), -1)[kept]
            weight[kind, six], bias[kind, six] = _logistic(rows, yes[kept], share[kept] / share[kept].sum())
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


def settled(layers: Layers, odds: Float, remarked: Bool, on_record: Bool) -> Layers:
    """The layers with the limits that serve records the model has not seen: fitted coefficients promise too much.

    Args:
        layers: of `fit`.
        odds: (records, 12, kinds) of `cross_fitted`.
        remarked: (records, 12, kinds).
        on_record: (records, kinds), remarks that name no lead included.
    """
    by_lead = lead_offsets(odds, remarked)
    moved = odds - np.repeat(by_lead.T, 6, axis=0)
    return layers._replace(bias=layers.bias - by_lead, record_offset=record_offsets(moved, on_record))


def lead_offsets(odds: Float, remarked: Bool) -> Float:
    """(kinds, 2) from which a limb or chest lead's odds speak for a remark; leads weigh as in `fit`."""
    found = np.zeros((len(KINDS), 2))
    for kind in range(len(KINDS)):
        noisy = remarked[:, :, kind].any(axis=1, keepdims=True)
        for six, part in enumerate(_SIXES):
            score, yes = odds[:, part, kind], remarked[:, part, kind]
            near, quiet = noisy & ~yes, np.broadcast_to(~noisy, yes.shape)
            found[kind, six] = _best_limit(score, ((yes, 1.0),), ((near, 0.5), (quiet, 0.5)))
    return found


def record_offsets(odds: Float, remarked: Bool) -> Float:
    """(kinds,) from which the noisiest leads speak for a remark on the record."""
    loudest = loudest_leads(odds)
    pairs = [(loudest[:, kind], remarked[:, kind]) for kind in range(len(KINDS))]
    return np.array([_best_limit(score, ((noisy, 1.0),), ((~noisy, 1.0),)) for score, noisy in pairs])


def _best_limit(score: Float, above: tuple[tuple[Bool, float], ...], below: tuple[tuple[Bool, float], ...]) -> float:
    """Where the best weighted share lies on its own side, smoothed over neighbouring limits."""
    limits = np.quantile(score, np.linspace(0.01, 0.995, 200))
    right = np.zeros(len(limits))
    for members, weight in above:
        right += weight * np.array([(score[members] > limit).mean() for limit in limits])
    for members, weight in below:
        right += weight * np.array([(score[members] <= limit).mean() for limit in limits])
    smooth = np.convolve(right, np.ones(_SMOOTH) / _SMOOTH, mode="valid")
    return float(limits[int(np.argmax(smooth)) + _SMOOTH // 2])


def _logistic(x: NDArray[np.float32], yes: Bool, share: Float) -> tuple[Float, float]:
    """Weighted logistic regression with a quadratic penalty; single precision is enough and twice as fast."""
    sign = np.where(yes, 1.0, -1.0)

    def loss(beta: Float) -> tuple[float, Float]:
        margin = sign * (x @ beta[:-1].astype(np.float32) + beta[-1])
        pull = -share * sign / (1.0 + np.exp(np.clip(margin, -30.0, 30.0)))
        value = share @ np.logaddexp(0.0, -margin) + 0.5 * _SHRINKAGE * beta[:-1] @ beta[:-1]
        slope = (pull.astype(np.float32) @ x).astype(np.float64)
        return float(value), np.append(slope + _SHRINKAGE * beta[:-1], pull.sum())

    found = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 60}).x
    return found[:-1], float(found[-1])
