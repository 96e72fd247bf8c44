"""Finding the passages that answer a question, or none.

Three scores are added: the cosine similarity of question and passage, the share of the question's content
that the passage holds, and BM25. The order comes from all three. Whether anything is released is decided by
the first two, at a threshold set on the tuning half of `evals/retrieval/questions.yaml`
(`calipers eval retrieval --split training`), so that a question about something else returns nothing.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from calipers.knowledge.guidelines import Corpus, Passage, corpus, installed, passages
from calipers.knowledge.store.embedding import EMBEDDING, embedder
from calipers.knowledge.store.folders import IndexFolder
from calipers.knowledge.store.vectors import VectorCollection, Vectors, write_vectors
from calipers.knowledge.store.word_index import WordIndex
from calipers.knowledge.store.wording import mended, spelled_out
from calipers.settings import settings

COLLECTION: Final = "guidelines"
#: Weights of coverage and BM25 beside cosine similarity in the order of passages.
_COVERAGE_WEIGHT: Final = 0.2
_BM25_WEIGHT: Final = 0.2
#: Similarity plus coverage (0 to 2) from which a passage answers a question.
RELEVANT: Final = 0.96
#: Beside a relevant passage, others are shown from this relevance on.
_ALSO_RELEVANT: Final = 0.6
_EMBEDDED: Final = files("calipers.knowledge.store") / "guidelines.npz"


class Hit(NamedTuple):
    """A passage that answers, and how relevant it is: similarity plus coverage, 0 to 2."""

    passage: Passage
    relevance: float


class GuidelineIndex:
    """The corpus, indexed: open it once, ask it often. Read-only and safe for several threads."""

    def __init__(self, folder: Path) -> None:
        self._passages = tuple(passages().values())
        self._words = WordIndex([f"{passage.searched} {passage.source}" for passage in self._passages])
        self._vectors = VectorCollection(folder, COLLECTION)

    def search(self, question: str, limit: int = 5) -> list[Hit]:
        """The passages that answer, best first; empty when nothing in the corpus does."""
        model = embedder()
        asked = mended(question, self._words.vocabulary, model.knows)
        near = self._vectors.similarities(model([spelled_out(asked)])[0], len(self._passages))
        similarity = np.array([near.get(passage.id, 0.0) for passage in self._passages])
        coverage = self._words.coverage(asked)
        relevance = similarity + coverage
        if relevance.max() < RELEVANT:
            return []
        order = similarity + _COVERAGE_WEIGHT * coverage + _BM25_WEIGHT * self._words.scores(asked)
        best = np.argsort(-order, kind="stable")[:limit]
        return [Hit(self._passages[at], float(relevance[at])) for at in best if relevance[at] >= _ALSO_RELEVANT]


def index_version(of: Corpus | None = None) -> str:
    """What the index is made of: corpus and embedding."""
    return hashlib.sha256(f"{(of or corpus()).sha256} {EMBEDDING}".encode()).hexdigest()


def build_guideline_index(home: Path | None = None) -> Path:
    """Build the index anew and publish it; the one in use stays until then."""
    return _folder(home).publish(
        index_version(), lambda folder: write_vectors(folder, COLLECTION, list(passages()), _corpus_vectors())
    )


def guideline_index(home: Path | None = None) -> GuidelineIndex:
    """The index of this corpus, built when it is not there yet."""
    found = _folder(home).current(index_version())
    return _opened(found if found is not None else build_guideline_index(home))


def embed_corpus() -> Path:
    """Embed every passage and write the vectors beside this module; run after the corpus changed."""
    with as_file(_EMBEDDED) as path:
        vectors = embedder()([passage.searched for passage in passages().values()])
        np.savez_compressed(path, vectors=vectors.astype(np.float16), version=np.array(index_version()))
        return path


@cache
def _opened(folder: Path) -> GuidelineIndex:
    return GuidelineIndex(folder)


def _folder(home: Path | None) -> IndexFolder:
    return IndexFolder((home or settings().home) / "index", corpus().name)


def _corpus_vectors() -> Vectors:
    """The passages' vectors, in their order: as shipped where they fit, else computed now."""
    known = _shipped_vectors()
    unknown = [passage for passage in passages().values() if passage.id not in known]
    if unknown:
        computed = embedder()([passage.searched for passage in unknown])
        known |= {passage.id: vector for passage, vector in zip(unknown, computed, strict=True)}
    return np.stack([known[key] for key in passages()])


def _shipped_vectors() -> dict[str, Vectors]:
    """The installed passages' vectors by id; none where they were made of another corpus."""
    if not _EMBEDDED.is_file():
        return {}
    with as_file(_EMBEDDED) as path, np.load(path) as packed:
        if str(packed["version"]) != index_version(installed()):
            return {}
        return dict(zip(installed().passages, np.asarray(packed["vectors"], np.float32), strict=True))


if __name__ == "__main__":
    print(embed_corpus())
