"""Vectors in Chroma, embedded and persistent: written once into a folder, then only read.

Chroma never embeds by itself here: its default function would download a model at the first query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

Vectors = NDArray[np.float32]
Label = str | int | float | bool

#: Searched so widely that neighbours are exact at the sizes that a folder of reports has.
_CONFIGURATION: Final[Any] = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 400, "num_threads": 1}}
_BATCH: Final = 2000


def write_vectors(
    folder: Path, name: str, ids: Sequence[str], vectors: Vectors, labels: Sequence[Mapping[str, Label]] | None = None
) -> None:
    """Write a collection into an empty folder and let go of it."""
    client = _client(folder)
    try:
        collection = client.create_collection(name, embedding_function=None, configuration=_CONFIGURATION)
        for first in range(0, len(ids), _BATCH):
            part = slice(first, first + _BATCH)
            collection.add(
                ids=list(ids[part]),
                embeddings=np.ascontiguousarray(vectors[part]),
                metadatas=[dict(label) for label in labels[part]] if labels is not None else None,
            )
    finally:
        _release(client)


class VectorCollection:
    """One published collection, open for reading."""

    def __init__(self, folder: Path, name: str) -> None:
        self._client = _client(folder)
        self._collection = self._client.get_collection(name, embedding_function=None)

    def __len__(self) -> int:
        return self._collection.count()

    def similarities(self, vector: Vectors, n: int, where: Mapping[str, Label] | None = None) -> dict[str, float]:
        """Cosine similarity of the `n` nearest by id, nearest first."""
        count = min(n, len(self))
        if count == 0:
            return {}
        found = self._collection.query(
            query_embeddings=np.ascontiguousarray(vector[None]),
            n_results=count,
            where=dict(where) if where else None,
            include=["distances"],
        )
        distances = found["distances"] or [[]]
        return {key: 1.0 - float(distance) for key, distance in zip(found["ids"][0], distances[0], strict=True)}

    def vectors(self) -> dict[str, Vectors]:
        """Every vector by id."""
        found = self._collection.get(include=["embeddings"])
        held = found["embeddings"]
        if held is None:
            return {}
        return {key: np.asarray(vector, np.float32) for key, vector in zip(found["ids"], held, strict=True)}

    def labels(self, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """What was stored beside each id."""
        found = self._collection.get(ids=list(ids), include=["metadatas"])
        return {key: label or {} for key, label in zip(found["ids"], found["metadatas"] or (), strict=True)}

    def close(self) -> None:
        """Let go of the folder."""
        _release(self._client)


def _client(folder: Path) -> ClientAPI:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def _release(client: ClientAPI) -> None:
    client.close()  # type: ignore[attr-defined]
