"""From scores to probabilities and decisions: members weighed by likelihood, thresholds for the best F1."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Float = NDArray[np.float64]

#: Weight of the prior that keeps a statement's offset at the common one, in records.
_PRIOR: Final = 5.0
#: A statement with this many labels has a threshold half its own, half the common one.
_LABELS_FOR_HALF: Final = 10.0
#: The common threshold is the best one of the statements with at least this many labels.
_LABELS_FOR_COMMON: Final = 5.0
#: A threshold is not lower than this, nor higher than one minus it.
_LOWEST: Final = 0.1


class Calibration(NamedTuple):
    """weight: (members,) of each member's score; offset: (71,). Their sum is a log-odds."""

    weight: Float
    offset: Float

    def probabilities(self, scores: Float) -> Float:
        """(r, 71) of (members, r, 71) scores."""
        return 1.0 / (1.0 + np.exp(-(np.tensordot(self.weight, scores, axes=1) + self.offset)))


def log_odds(chances: NDArray[np.floating]) -> Float:
    """Of probabilities that may be 0 or 1."""
    odds: Float = np.log((np.asarray(chances, dtype=np.float64) + 1e-3) / (1.0 - chances + 1e-3))
    return odds


def fit_calibration(scores: Float, statements: NDArray[np.float32], known: NDArray[np.float32]) -> Calibration:
    """One weight a member for all statements and an offset for each statement, by penalised likelihood (Platt 1999).

    Args:
        scores: (members, r, 71) log-odds for records that no member has seen.
        statements: (r, 71) labels.
        known: (r, 71) 1 where a label counts.

    Returns:
        Weights not below 0, and offsets drawn towards their mean where a statement is rare.
    """
    members = len(scores)

    def loss(parameters: Float) -> tuple[float, Float]:
        weight, offset = parameters[:members], parameters[members:]
        score = np.tensordot(weight, scores, axes=1) + offset
        surprise = np.logaddexp(0.0, score) - statements * score
        away = offset - offset.mean()
        value = float((known * surprise).sum() + 0.5 * _PRIOR * (away**2).sum())
        slack = known * (1.0 / (1.0 + np.exp(-score)) - statements)
        return value, np.concatenate(((scores * slack).sum(axis=(1, 2)), slack.sum(axis=0) + _PRIOR * away))

    start = np.concatenate((np.full(members, 1.0 / members), np.zeros(scores.shape[2])))
    bounds = [(0.0, None)] * members + [(None, None)] * scores.shape[2]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return Calibration(np.asarray(found.x[:members]), np.asarray(found.x[members:]))


def fit_thresholds(chances: Float, statements: NDArray[np.float32], known: NDArray[np.float32]) -> Float:
    """(71,) probabilities from which a statement is said, for the best F1; a rare statement's is near the common one.

    A label and its calibrated probability count half each, so that a handful of labels does not decide alone.

    Args:
        chances: (r, 71) calibrated probabilities of records no member has seen.
        statements: (r, 71) labels.
        known: (r, 71) 1 where a label counts.
    """
    labels = (statements * known).sum(axis=0)
    soft = np.where(known > 0, 0.5 * statements + 0.5 * chances, chances)
    grid = np.arange(_LOWEST, 1.0 - _LOWEST + 1e-9, 0.01)
    f1 = np.array([[_soft_f1(chances[:, k] >= limit, soft[:, k]) for limit in grid] for k in range(len(labels))])
    often = labels >= _LABELS_FOR_COMMON
    common = grid[f1[often].mean(axis=0).argmax()] if often.any() else 0.5
    own = grid[f1.argmax(axis=1)]
    share = labels / (labels + _LABELS_FOR_HALF)
    return np.asarray(share * own + (1.0 - share) * common)


def _soft_f1(said: NDArray[np.bool_], soft: Float) -> float:
    return float(2.0 * soft[said].sum() / max(said.sum() + soft.sum(), 1e-9))
