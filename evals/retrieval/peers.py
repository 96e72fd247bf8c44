"""The two halves of the search alone, and no search: what BM25, cosine similarity and a fixed answer find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from calipers.evals.retrieval.questions import Question
from calipers.knowledge.guidelines import passages
from calipers.knowledge.store.embedding import embedder
from calipers.knowledge.store.guideline_index import COLLECTION
from calipers.knowledge.store.vectors import VectorCollection
from calipers.knowledge.store.word_index import WordIndex

Search = Callable[[str], tuple[str, ...]]
WORDS: Final = "reader BM25 alone"
VECTORS: Final = "reader cosine alone"
USUAL: Final = "control: always the same passages"


def searches(asked: Sequence[Question], first: int, folder: Path) -> dict[str, Search]:
    """Name → a search that brings `first` passages to every question, whether one answers or not.

    Args:
        asked: the questions; the control brings the passages that most of them want.
        first: how many passages.
        folder: of the index, whose vectors are used.
    """
    everything = tuple(passages().values())
    words = WordIndex([f"{passage.searched} {passage.source}" for passage in everything])
    model, vectors = embedder(), VectorCollection(folder, COLLECTION)

    def best(scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[str, ...]:
        return tuple(everything[place].id for place in np.argsort(-scores, kind="stable")[:first])

    def similar(question: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        near = vectors.similarities(model([question])[0], len(everything))
        return np.array([near.get(passage.id, 0.0) for passage in everything], dtype=np.float64)

    wanted = [sum(passage.id in question.answers for question in asked) for passage in everything]
    usual = best(np.array(wanted, dtype=np.float64))
    return {
        WORDS: lambda question: best(np.asarray(words.scores(question), dtype=np.float64)),
        VECTORS: lambda question: best(similar(question)),
        USUAL: lambda _question: usual,
    }
