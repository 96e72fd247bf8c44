"""What simpler models say about the 71 statements: the teacher of the encoder's statement head.

Three models with other eyes than a convolutional network's: extremely randomised trees (Geurts 2006) over every
measurement, the same over the features of the median beat, and a ridge over random convolutions. On the few
thousand records here their mean ranks statements better than a network that learned from labels alone, and the
network learns from it what a label does not tell. What is taught about a record comes from models that did not
see the record's fold.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.mllm.calibration import fit_calibration, log_odds
from calipers.models.mllm.corpus import Corpus
from calipers.models.mllm.random_kernels import kernel_features, ridge

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesClassifier

Float32 = NDArray[np.float32]

TREES: Final = 200
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

    def rows_of(self, ecg_id: NDArray[np.int64]) -> NDArray[np.float64]:
        """The rows of these records, in their order.

        Raises:
            KeyError: a record is not in the table.
        """
        place = {int(number): row for row, number in enumerate(self.ecg_id)}
        return self.values[[place[int(number)] for number in ecg_id]]


class Lessons(NamedTuple):
    """probabilities: (r, 71), NaN outside the folds; beats: (r, 71) the beat forest's own, likewise."""

    probabilities: Float32
    beats: Float32


def read_table(path: Path) -> MeasurementTable:
    """Read the npz that `python -m calipers.evals.statements.table` wrote."""
    with np.load(path) as stored:
        return MeasurementTable(stored["ecg_id"], stored["values"])


def teach(corpus: Corpus, table: MeasurementTable, beats: Float32, *, folds: tuple[int, ...], seed: int = 0) -> Lessons:
    """What the simpler models say of the records of `folds` in millivolts.

    Args:
        corpus: all records.
        table: the measurements of those in millivolts.
        beats: (r, f) features of every record of the corpus, see `beat_table`.
        folds: those that may be learned from; the models for a part see the other parts of these only.
        seed: of the trees.
    """
    rows = np.flatnonzero(corpus.millivolts & np.isin(corpus.fold, folds))
    statements, known = corpus.statements[rows], corpus.known[rows]
    measured = _filled(table.rows_of(corpus.ecg_id[rows]))
    views: tuple[NDArray[np.floating], ...] = (measured, beats[rows])
    kernels = kernel_features(corpus.signal_mv[rows], seed)
    scores = np.full((3, *statements.shape), np.nan)
    for part in PARTS:
        inside = ~np.isin(corpus.fold[rows], part)
        if inside.all():
            continue
        for place, values in enumerate(views):
            trees = grow(values[inside], statements[inside], seed)
            scores[place, ~inside] = log_odds(chances_of(trees, values[~inside]))
        scores[2, ~inside] = ridge(kernels, statements, inside)
    probabilities = np.full(corpus.statements.shape, np.nan, dtype=np.float32)
    own = probabilities.copy()
    probabilities[rows] = fit_calibration(scores, statements, known).probabilities(scores)
    own[rows] = scores[1]
    return Lessons(probabilities, own)


def grow(values: NDArray[np.floating], statements: Float32, seed: int = 0) -> ExtraTreesClassifier:
    """Extremely randomised trees over (r, f) values without gaps."""
    from sklearn.ensemble import ExtraTreesClassifier

    trees = ExtraTreesClassifier(
        TREES, min_samples_leaf=SMALLEST_LEAF, max_features=SHARE_OF_FEATURES, random_state=seed, n_jobs=1
    )
    trees.fit(values, statements)
    return trees


def chances_of(trees: ExtraTreesClassifier, values: NDArray[np.floating]) -> NDArray[np.float64]:
    """(r, 71) probabilities."""
    columns = [p[:, 1] if p.shape[1] > 1 else np.zeros(len(p)) for p in trees.predict_proba(values)]
    return np.stack(columns, axis=1)


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns that were ever measured, gaps set far below."""
    kept = values[:, np.isfinite(values).any(axis=0)]
    low = np.nanmedian(kept, axis=0) - _MISSING_SD * np.nanstd(kept, axis=0)
    return np.where(np.isfinite(kept), kept, low)
