"""ECGs like this one: the nearest labelled ECGs of an archive that the user added.

An ECG is placed by a vector of standardised measurements (the network's encoder takes their place once it is
there): rate, intervals, axes on the circle, rhythm, and R, S, ST and T in every lead, each less a typical value
and over a typical spread, zero where it could not be measured. Nearness is the cosine of these vectors.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from calipers.ecg import Ecg
from calipers.evidence import Measurements, SimilarCase
from calipers.knowledge.store.folders import IndexFolder
from calipers.knowledge.store.vectors import VectorCollection, Vectors, write_vectors
from calipers.leads import LEADS
from calipers.settings import settings

COLLECTION: Final = "cases"
EMBEDDING: Final = "measurements-1"
#: Name → (typical value, typical spread) of an adult's resting ECG; the units are those of the measurement.
_WHOLE: Final = {
    "hr": (70.0, 18.0),
    "pr": (160.0, 30.0),
    "p_dur": (105.0, 15.0),
    "qrs": (95.0, 18.0),
    "qtc_fridericia": (415.0, 30.0),
    "p_per_qrs": (0.9, 0.3),
    "rr_irregularity": (0.05, 0.1),
}
_AXES: Final = ("p_axis", "qrs_axis", "t_axis")
_LEADWISE: Final = {"r_amp": (0.7, 0.5), "s_amp": (-0.5, 0.5), "st_j": (0.0, 0.08), "t_amp": (0.2, 0.25)}
#: Beyond this many spreads a value counts as this far: one wild number must not decide alone.
_FARTHEST: Final = 4.0


class LabelledEcg(NamedTuple):
    """One ECG of an archive with the labels a person gave it."""

    ecg: Ecg
    measurements: Measurements
    labels: tuple[str, ...]


def placed(measurements: Measurements) -> Vectors:
    """The vector of one ECG: (61,) float32; zeros where nothing was measured."""
    return np.array(list(_coordinates(measurements)), np.float32)


def add_cases(archive: Iterable[LabelledEcg], *, home: Path | None = None) -> int:
    """Add labelled ECGs to the archive; synthetic ones never enter, and one that is there already stays.

    Returns:
        How many were new.
    """
    index = _index(home)
    vectors, labels = _held(index)
    before = len(vectors)
    for item in archive:
        if not item.ecg.synthetic and item.ecg.record not in vectors:
            vectors[item.ecg.record] = placed(item.measurements)
            labels[item.ecg.record] = {"labels": json.dumps(list(item.labels))}
    ids = sorted(vectors)
    if len(ids) > before:
        version = hashlib.sha256(f"{EMBEDDING} {' '.join(ids)}".encode()).hexdigest()
        stacked, marks = np.stack([vectors[key] for key in ids]), [labels[key] for key in ids]
        index.publish(version, lambda folder: write_vectors(folder, COLLECTION, ids, stacked, marks))
    return len(ids) - before


def similar_cases(
    ecg: Ecg, measurements: Measurements, *, limit: int = 5, home: Path | None = None
) -> list[SimilarCase]:
    """The nearest labelled ECGs of other recordings, nearest first; empty until an archive was added."""
    folder = _index(home).current()
    vector = placed(measurements)
    if folder is None or not vector.any():
        return []
    collection = VectorCollection(folder, COLLECTION)
    try:
        near = {key: value for key, value in collection.similarities(vector, limit + 1).items() if key != ecg.record}
        labels = collection.labels(list(near))
    finally:
        collection.close()
    return [
        SimilarCase(
            id=f"case:{key}",
            record=key,
            similarity=round(min(1.0, value), 4),
            labels=tuple(json.loads(str(labels[key]["labels"]))),
        )
        for key, value in list(near.items())[:limit]
    ]


def _coordinates(measurements: Measurements) -> Iterator[float]:
    for name, (typical, spread) in _WHOLE.items():
        yield _standard(measurements.number(name), typical, spread)
    for name in _AXES:
        angle = measurements.number(name)
        yield 0.0 if angle is None else math.cos(math.radians(angle))
        yield 0.0 if angle is None else math.sin(math.radians(angle))
    for lead in LEADS:
        for name, (typical, spread) in _LEADWISE.items():
            yield _standard(measurements.number(f"{lead}.{name}"), typical, spread)


def _standard(value: float | None, typical: float, spread: float) -> float:
    return 0.0 if value is None else max(-_FARTHEST, min(_FARTHEST, (value - typical) / spread))


def _index(home: Path | None) -> IndexFolder:
    return IndexFolder((home or settings().home) / "index", COLLECTION)


def _held(index: IndexFolder) -> tuple[dict[str, Vectors], dict[str, dict[str, str]]]:
    folder = index.current()
    if folder is None:
        return {}, {}
    collection = VectorCollection(folder, COLLECTION)
    try:
        vectors = collection.vectors()
        marks = collection.labels(list(vectors))
    finally:
        collection.close()
    return vectors, {key: {"labels": str(mark["labels"])} for key, mark in marks.items()}
