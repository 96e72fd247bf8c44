"""What else is known of a training record, for the encoder to learn beside the statements.

Two tasks that only training has: what `measure` found (every number of the table, standardised), and which
words the cardiologist's report uses. Both say more of a record than its few statements do; neither head is kept.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.mllm.corpus import Corpus
from calipers.models.mllm.teacher import MeasurementTable

Float32 = NDArray[np.float32]

#: A number that fewer records have, or a word that fewer reports use, is not learned.
_FEWEST_RECORDS: Final = 15
#: A word of nearly every report says nothing.
_MOST_REPORTS: Final = 0.9
#: Standardised measurements are cut off here.
_LIMIT_SD: Final = 3.0
_WORD: Final = re.compile(r"[a-zäöüåß0-9-]+")


class Auxiliary(NamedTuple):
    """Targets for the records of a corpus.

    Attributes:
        measured: (r, m) standardised measurements, 0 where there are none.
        measurable: (r, m) 1 where `measured` counts.
        words: (r, w) 1 where the report has the word, or the pair of neighbouring words.
        reported: (r, 1) 1 where there is a report.
    """

    measured: Float32
    measurable: Float32
    words: Float32
    reported: Float32


def auxiliary_targets(corpus: Corpus, table: MeasurementTable, *, folds: tuple[int, ...]) -> Auxiliary:
    """Targets, with spreads and vocabulary from `folds` alone; other records' count for nothing."""
    inside = np.isin(corpus.fold, folds) & corpus.millivolts
    place = {int(ecg_id): row for row, ecg_id in enumerate(table.ecg_id)}
    values = np.full((len(corpus.ecg_id), table.values.shape[1]), np.nan)
    for row in np.flatnonzero(inside):
        values[row] = table.values[place[int(corpus.ecg_id[row])]]
    counted = np.isfinite(values).sum(axis=0) >= _FEWEST_RECORDS
    values = values[:, counted]
    low, middle, high = np.nanpercentile(values, (16, 50, 84), axis=0)
    spread = np.where(high > low, (high - low) / 2, np.nanstd(values, axis=0))
    useful = spread > 0
    standard = np.clip((values[:, useful] - middle[useful]) / spread[useful], -_LIMIT_SD, _LIMIT_SD)
    measurable = np.isfinite(standard)
    said = [_terms(report) if keep else set() for report, keep in zip(corpus.report, inside, strict=True)]
    reported = np.array([[float(bool(terms))] for terms in said], dtype=np.float32)
    often = Counter(term for terms in said for term in terms)
    kept = sorted(t for t, n in often.items() if _FEWEST_RECORDS <= n <= _MOST_REPORTS * reported.sum())
    words = np.array([[float(term in terms) for term in kept] for terms in said], dtype=np.float32)
    return Auxiliary(
        np.where(measurable, standard, 0.0).astype(np.float32), measurable.astype(np.float32), words, reported
    )


def _terms(report: str) -> set[str]:
    """The words of a report and its pairs of neighbours."""
    words = _WORD.findall(report.lower())
    return {*words, *(f"{one} {two}" for one, two in itertools.pairwise(words))}
