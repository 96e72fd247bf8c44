"""95 % intervals by resampling patients, not beats or records: what is drawn together belongs together."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

DRAWS: Final = 1000
SEED: Final = 0

Numbers = NDArray[np.float64]


class Estimate(NamedTuple):
    """A number, its 95 % interval (NaN where there is none), and how many observations it rests on."""

    value: float
    low: float
    high: float
    n: int

    @classmethod
    def alone(cls, value: float, n: int) -> Estimate:
        """A number without an interval."""
        return cls(value, float("nan"), float("nan"), n)

    @property
    def has_interval(self) -> bool:
        """Whether resampling gave an interval."""
        return bool(np.isfinite(self.low) and np.isfinite(self.high))


class Bootstrap:
    """Percentile bootstrap over clusters (Efron 1979; cluster resampling as Field & Welsh 2007).

    Every statistic here is a function of weighted sums, so one matrix of weights serves them all.

    Args:
        clusters: the patient (or record) behind each observation.
        seed: of the draws.
        draws: how many.
    """

    def __init__(self, clusters: Sequence[Hashable], *, seed: int = SEED, draws: int = DRAWS) -> None:
        numbered = {cluster: number for number, cluster in enumerate(dict.fromkeys(clusters))}
        self._members = np.array([numbered[cluster] for cluster in clusters], dtype=np.int64)
        k = len(numbered)
        rng = np.random.default_rng(seed)
        counts = rng.multinomial(k, np.full(k, 1.0 / k), size=draws) if k else np.empty((draws, 0))
        self._weights: Numbers = counts[:, self._members].astype(np.float64)  # (draws, n)

    def mean(self, x: ArrayLike) -> Estimate | None:
        """Mean over the observations that are not NaN; None without any."""
        values, weights = self._known(x)
        if not len(values):
            return None
        total = weights.sum(axis=1)
        return self._estimate(float(values.mean()), _divide(weights @ values, total), len(values))

    def sd(self, x: ArrayLike) -> Estimate | None:
        """Sample standard deviation (n - 1); None with fewer than two observations."""
        values, weights = self._known(x)
        if len(values) < 2:
            return None
        total = weights.sum(axis=1)
        centred = values - values.mean()
        variance = _divide(weights @ centred**2, total) - _divide(weights @ centred, total) ** 2
        drawn = np.sqrt(np.maximum(variance, 0.0) * _divide(total, total - 1))
        return self._estimate(float(values.std(ddof=1)), drawn, len(values))

    def ratio(self, numerator: ArrayLike, denominator: ArrayLike) -> Estimate | None:
        """Sum over sum, as for sensitivities, predictive values and F1; None where the divisor is zero."""
        top, bottom = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
        if not bottom.sum():
            return None
        drawn = _divide(self._weights @ top, self._weights @ bottom)
        return self._estimate(float(top.sum() / bottom.sum()), drawn, int(bottom.sum()))

    def share(self, hits: ArrayLike, trials: ArrayLike) -> Estimate | None:
        """Like `ratio`, of counts: where none or all are hits, resampling says nothing and the exact limit stands.

        The limit is Clopper and Pearson's (1934) over the clusters that had a trial, not over the trials.
        """
        found = self.ratio(hits, trials)
        if found is None or found.value not in (0.0, 1.0):
            return found
        tried = np.asarray(trials, dtype=np.float64) > 0
        uncertain = 1.0 - 0.025 ** (1.0 / len(np.unique(self._members[tried])))
        low, high = (0.0, uncertain) if found.value == 0.0 else (1.0 - uncertain, 1.0)
        return Estimate(found.value, low, high, found.n)

    def ratio_difference(self, one: ArrayLike, other: ArrayLike) -> Estimate | None:
        """One ratio of sums minus another on the same observations; None where a divisor is zero.

        Args:
            one: (2, n) numerators and denominators.
            other: the same of what is subtracted.
        """
        (top, bottom), (less, divisor) = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
        if not bottom.sum() or not divisor.sum():
            return None
        drawn = _divide(self._weights @ top, self._weights @ bottom)
        drawn = drawn - _divide(self._weights @ less, self._weights @ divisor)
        value = float(top.sum() / bottom.sum() - less.sum() / divisor.sum())
        return self._estimate(value, drawn, len(top))

    def ratio_of_ratios(self, one: ArrayLike, other: ArrayLike) -> Estimate | None:
        """One ratio of sums over another on the same observations; None where a divisor or the second ratio is zero.

        Args:
            one: (2, n) numerators and denominators.
            other: the same of what it is divided by.
        """
        (top, bottom), (by, divisor) = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
        if not bottom.sum() or not by.sum():
            return None
        drawn = _divide(
            _divide(self._weights @ top, self._weights @ bottom), _divide(self._weights @ by, self._weights @ divisor)
        )
        value = float((top.sum() / bottom.sum()) / (by.sum() / divisor.sum()))
        return self._estimate(value, drawn, len(top))

    def balanced_accuracy(self, said: ArrayLike, truth: ArrayLike) -> Estimate | None:
        """Mean of sensitivity and specificity; None without both kinds of truth."""
        yes, true = np.asarray(said, dtype=bool), np.asarray(truth, dtype=bool)
        if true.all() or not true.any():
            return None
        hit = (yes == true).astype(np.float64)
        halves = [
            _divide(self._weights @ (hit * kind), self._weights @ kind.astype(np.float64)) for kind in (true, ~true)
        ]
        value = float((hit[true].mean() + hit[~true].mean()) / 2.0)
        return self._estimate(value, (halves[0] + halves[1]) / 2.0, len(true))

    def median_ratio(self, numerator: ArrayLike, denominator: ArrayLike) -> Estimate | None:
        """Median over median, for timings; None without observations."""
        top, bottom = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
        if not len(top):
            return None
        drawn = [
            float(np.median(np.repeat(top, row)) / np.median(np.repeat(bottom, row)))
            for row in self._weights.astype(np.int64)
        ]
        return self._estimate(float(np.median(top) / np.median(bottom)), np.array(drawn), len(top))

    def median(self, x: ArrayLike) -> Estimate | None:
        """Median over the observations that are not NaN; None without any."""
        values, weights = self._known(x)
        if not len(values):
            return None
        drawn = [np.median(np.repeat(values, row)) if row.any() else np.nan for row in weights.astype(np.int64)]
        return self._estimate(float(np.median(values)), np.array(drawn), len(values))

    def macro_f1(self, said: ArrayLike, labels: ArrayLike) -> Estimate | None:
        """Mean F1 over columns; None without a column that has a label or a finding.

        Args:
            said: (n, k) what was found.
            labels: (n, k) what is true. A column with neither is left out, in each draw as well.
        """
        found, truth = np.asarray(said, dtype=bool), np.asarray(labels, dtype=bool)
        twice, either = 2.0 * (found & truth), found.astype(np.float64) + truth
        counted = either.sum(axis=0) > 0
        if not counted.any():
            return None
        value = np.mean(twice.sum(axis=0)[counted] / either.sum(axis=0)[counted])
        columns = _divide(self._weights @ twice, self._weights @ either)  # (draws, k)
        known = np.isfinite(columns)
        drawn = _divide(np.where(known, columns, 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64))
        return self._estimate(float(value), drawn, len(truth))

    def macro_auroc(self, scores: ArrayLike, labels: ArrayLike) -> Estimate | None:
        """Mean area under the ROC curve over columns; None without a column that has both kinds of label.

        Args:
            scores: (n, k), larger where more likely; ties count half.
            labels: (n, k) 0 or 1. In a draw, a column that lost all of one kind is left out.
        """
        chances, truth = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.float64)
        both = np.flatnonzero((truth.sum(axis=0) > 0) & (truth.sum(axis=0) < len(truth)))
        if not both.size:
            return None
        once = np.ones((1, len(truth)))
        value = np.mean([_auroc(chances[:, k], truth[:, k], once)[0] for k in both])
        columns = np.array([_auroc(chances[:, k], truth[:, k], self._weights) for k in both])
        known = np.isfinite(columns)
        drawn = _divide(np.where(known, columns, 0.0).sum(axis=0), known.sum(axis=0).astype(np.float64))
        return self._estimate(float(value), drawn, len(truth))

    def _known(self, x: ArrayLike) -> tuple[Numbers, Numbers]:
        values = np.asarray(x, dtype=np.float64)
        known = np.isfinite(values)
        return values[known], self._weights[:, known]

    @staticmethod
    def _estimate(value: float, drawn: Numbers, n: int) -> Estimate:
        drawn = drawn[np.isfinite(drawn)]
        if n < 2 or len(drawn) < DRAWS // 10:
            return Estimate.alone(value, n)
        low, high = np.percentile(drawn, [2.5, 97.5])
        return Estimate(value, float(low), float(high), n)


def _auroc(score: Numbers, label: Numbers, weights: Numbers) -> Numbers:
    """(n,) scores and labels, (draws, n) weights → (draws,) areas under the ROC curve."""
    values, place = np.unique(score, return_inverse=True)
    positive = np.zeros((len(weights), len(values)))
    negative = np.zeros_like(positive)
    for column in range(len(score)):
        target = positive if label[column] else negative
        target[:, place[column]] += weights[:, column]
    below = np.cumsum(negative, axis=1) - negative / 2.0
    return _divide((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))


def _divide(top: Numbers, bottom: Numbers) -> Numbers:
    """Element by element; NaN where the divisor is not positive."""
    out = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out
