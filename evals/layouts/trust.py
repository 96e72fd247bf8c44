"""Fit how far a reading may be trusted: `CONSTANT` and `WEIGHTS` of `calipers.tools.digitise.trust`.

`python -m calipers.evals.layouts.trust --n 4` reads pages of PTB-XL's folds 7 and 8, `n` of each layout and damage of
the eval `digitisation`, holds each against its record, and prints the logistic and, leaving each page out in turn,
how many pages read wrongly it refuses, doubts, or lets pass, and what it costs those read rightly.
"""

from __future__ import annotations

import argparse
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from calipers.errors import UnreadableInput
from calipers.evals.digitisation.pages import drawn
from calipers.evals.digitisation.scoring import score
from calipers.evals.digitisation.task import Page, pages_of
from calipers.evals.framework import Options, data_folder, each
from calipers.evals.measurement.ptbxl import as_ecg
from calipers.tools.digitise.digitise import read_with_evidence
from calipers.tools.digitise.trust import DOUBTED, REFUSED, Evidence

FOLDS: Final = (7, 8)
_READ: Final = 0.9
_RIDGE: Final = 2e-4

Float64 = NDArray[np.float64]


class Judged(NamedTuple):
    """A page's evidence, and the mean correlation of its leads with the record."""

    found: Evidence
    correlation: float


def judged(page: Page) -> Judged | None:
    """Read one page; None where it is refused without this."""
    ecg = as_ecg(page.row, page.uv)
    picture = drawn(page.condition, ecg, np.random.default_rng(page.seed)).damaged.image
    try:
        read, found = read_with_evidence(picture, threads=1)
    except UnreadableInput:
        return None
    return Judged(found, score(read.signal_mv, read.digitisation, ecg).correlation)


def fitted(values: Float64, right: Float64) -> Float64:
    """Constant and weights of a logistic whose weights only lower trust.

    Args:
        values: (pages, evidence).
        right: (pages,) 1 where the page was read rightly.
    """

    def loss(weights: Float64) -> float:
        z = weights[0] + values @ weights[1:]
        likelihood = np.logaddexp(0.0, -z) * right + np.logaddexp(0.0, z) * (1.0 - right)
        return float(likelihood.mean() + _RIDGE * (weights[1:] ** 2).sum())

    count = values.shape[1]
    start = np.array([3.0, *[-1.0] * count])
    found: Float64 = minimize(loss, start, bounds=[(None, None)] + [(None, 0.0)] * count).x
    return found


def left_out(values: Float64, right: Float64) -> Float64:
    """(pages,) each page's trust by a fit on all others."""
    chances = []
    for at in range(len(right)):
        weights = fitted(np.delete(values, at, 0), np.delete(right, at))
        chances.append(1.0 / (1.0 + np.exp(-(weights[0] + values[at] @ weights[1:]))))
    return np.array(chances)


def main() -> None:
    """Print the fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=4, help="pages of each condition and fold")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    options = Options(data_folder(), n=given.n, workers=given.workers)
    pages = [page for fold in FOLDS for page in pages_of(options, fold)]
    read = [one for one in each(judged, pages, len(pages), "pages", options) if one is not None]
    values = np.array([one.found for one in read])
    right = np.array([float(one.correlation >= _READ) for one in read])
    constant, *weights = fitted(values, right)
    print(f"{len(read)} of {len(pages)} pages; constant {constant:.1f}")
    print(", ".join(f"{name} {weight:.1f}" for name, weight in zip(Evidence._fields, weights, strict=True)))
    chances = left_out(values, right)
    for name, group in (("wrongly", right == 0), ("rightly", right == 1)):
        refused, doubted = chances[group] < REFUSED, chances[group] < DOUBTED
        print(
            f"{int(group.sum())} read {name}: {int(refused.sum())} refused, {int((doubted & ~refused).sum())} in doubt,"
            f" {int((~doubted).sum())} passed"
        )


if __name__ == "__main__":
    main()
