"""A sample's score as counts, so that every figure is a sum over sums and two runs compare sample by sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.evals.framework.bootstrap import Bootstrap, Estimate


@dataclass(frozen=True)
class Row:
    """What one reader made of one sample.

    Attributes:
        id: of the sample, the same in every run.
        cluster: the patient (or whatever else is drawn together).
        reader: whose answer it is: a model's name, a peer's, or a control's.
        tallies: metric → (hits, trials); a metric that does not apply is left out.
        groups: parts of the data that it belongs to.
        prompt: what was asked.
        output: the raw answer, as JSON has it.
    """

    id: str
    cluster: str
    reader: str
    tallies: Mapping[str, tuple[float, float]]
    groups: tuple[str, ...] = ()
    prompt: str = ""
    output: Mapping[str, Any] = field(default_factory=dict)


def metrics_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Every metric that a row has, in the order in which they first come."""
    return tuple(dict.fromkeys(name for row in rows for name in row.tallies))


def score(rows: Sequence[Row], *, seed: int = 0) -> dict[str, Estimate | None]:
    """Every metric over the rows: hits over trials, clusters resampled."""
    draws = Bootstrap([row.cluster for row in rows], seed=seed)
    found: dict[str, Estimate | None] = {}
    for name in metrics_of(rows):
        hits, trials = np.array([row.tallies.get(name, (0.0, 0.0)) for row in rows], dtype=np.float64).T
        share = bool((hits <= trials).all() and (hits >= 0).all())
        found[name] = draws.share(hits, trials) if share else draws.ratio(hits, trials)
    return found


def by_reader(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each reader, in the order in which they first come."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.reader, []).append(row)
    return found


def by_group(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each group, in the order in which they first come."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        for group in row.groups:
            found.setdefault(group, []).append(row)
    return found


def paired_difference(first: Sequence[Row], second: Sequence[Row], metric: str, *, seed: int = 0) -> Estimate | None:
    """Second minus first on the samples that both answered, clusters resampled together; None without any.

    The interval is that of the difference of two ratios of sums drawn with the same weights.
    """
    pairs = _paired(first, second, metric)
    return None if pairs is None else Bootstrap(pairs.clusters, seed=seed).ratio_difference(pairs.second, pairs.first)


def paired_ratio(first: Sequence[Row], second: Sequence[Row], metric: str, *, seed: int = 0) -> Estimate | None:
    """Second over first on the samples that both answered, clusters resampled together; None where the first is zero."""
    pairs = _paired(first, second, metric)
    return None if pairs is None else Bootstrap(pairs.clusters, seed=seed).ratio_of_ratios(pairs.second, pairs.first)


class _Pairs(NamedTuple):
    """(2, n) hits and trials of the same samples in two runs, and their clusters."""

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    clusters: list[str]


def _paired(first: Sequence[Row], second: Sequence[Row], metric: str) -> _Pairs | None:
    known = {row.id: row for row in first if metric in row.tallies}
    pairs = [(known[row.id], row) for row in second if metric in row.tallies and row.id in known]
    if not pairs:
        return None
    one, other = (np.array([pair[side].tallies[metric] for pair in pairs], dtype=np.float64).T for side in (0, 1))
    return _Pairs(one, other, [pair[1].cluster for pair in pairs])
