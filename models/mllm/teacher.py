"""What the measurements alone say about the 71 statements: the teacher of the encoder's statement head.

A forest of extremely randomised trees (Geurts 2006) over every global and per-lead measurement, age and sex.
On the few thousand records here it ranks statements better than a network that sees the signal alone, and
the network learns from it what a label alone does not tell. Every probability it teaches comes from trees that
did not see the record's fold.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.mllm.corpus import Corpus

Float32 = NDArray[np.float32]

TREES: Final = 300
SMALLEST_LEAF: Final = 3
SHARE_OF_FEATURES: Final = 0.2
#: Folds that are left out together.
PARTS: Final = ((1, 2), (3, 4), (5, 6), (7, 8))
#: A value that was not measurable is set this many standard deviations below the median.
_MISSING_SD: Final = 3.0


class MeasurementTable(NamedTuple):
    """ecg_id: (r,); values: (r, m) float64, NaN where not measurable. `calipers.evals.statements.table` writes it."""

    ecg_id: NDArray[np.int64]
    values: NDArray[np.float64]


def read_table(path: Path) -> MeasurementTable:
    """Read the npz that `python -m calipers.evals.statements.table` wrote."""
    with np.load(path) as stored:
        return MeasurementTable(stored["ecg_id"], stored["values"])


def teach(corpus: Corpus, table: MeasurementTable, *, folds: tuple[int, ...], seed: int = 0) -> Float32:
    """(r, 71) probabilities for the records of `folds` that the table holds, NaN for the others.

    Args:
        corpus: all records.
        table: their measurements.
        folds: those that may be learned from; the trees for a part see the other parts of these only.
        seed: of the trees.
    """
    from sklearn.ensemble import ExtraTreesClassifier

    place = {int(ecg_id): row for row, ecg_id in enumerate(table.ecg_id)}
    found = [
        place.get(int(ecg_id), -1) if true else -1
        for ecg_id, true in zip(corpus.ecg_id, corpus.millivolts, strict=True)
    ]
    rows = np.flatnonzero((np.array(found) >= 0) & np.isin(corpus.fold, folds))
    values = _filled(table.values)[np.array(found)[rows]]
    probabilities = np.full(corpus.statements.shape, np.nan, dtype=np.float32)
    for part in PARTS:
        inside = np.isin(corpus.fold[rows], part)
        if not inside.any():
            continue
        forest = ExtraTreesClassifier(
            TREES, min_samples_leaf=SMALLEST_LEAF, max_features=SHARE_OF_FEATURES, random_state=seed, n_jobs=1
        )
        forest.fit(values[~inside], corpus.statements[rows[~inside]])
        each = forest.predict_proba(values[inside])
        columns = [p[:, 1] if p.shape[1] > 1 else np.zeros(len(p)) for p in each]
        probabilities[rows[inside]] = np.stack(columns, axis=1)
    return probabilities


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns that were ever measured, gaps set far below."""
    kept = values[:, np.isfinite(values).any(axis=0)]
    low = np.nanmedian(kept, axis=0) - _MISSING_SD * np.nanstd(kept, axis=0)
    return np.where(np.isfinite(kept), kept, low)
