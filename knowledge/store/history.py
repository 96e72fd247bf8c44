"""Earlier reports of the user's patients: one file an entry, by patient; an index beside them that can be rebuilt.

Only what a clinician wrote or confirmed may support a claim. Nothing synthetic enters.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import numpy as np
from pydantic import Field, StringConstraints, ValidationError

from calipers.evidence import Frozen, PriorEvidence
from calipers.knowledge.store.embedding import EMBEDDING, Embedder, embedder, weights_folder
from calipers.knowledge.store.folders import IndexFolder
from calipers.knowledge.store.vectors import VectorCollection, write_vectors
from calipers.knowledge.store.word_index import WordIndex
from calipers.knowledge.store.wording import spelled_out
from calipers.settings import settings

COLLECTION: Final = "history"
Author = Literal["clinician", "device", "calipers"]


class HistoryEntry(Frozen):
    """One earlier report of one patient.

    Attributes:
        recorded_at: ISO date or time of the report, as far as known.
        confirmed: a clinician confirmed what a device or Calipers wrote.
        ecg_record: the record key of the ECG it speaks of, where known.
        format, name: of the file it came from.
    """

    patient_id: Annotated[str, StringConstraints(min_length=1, max_length=128, strip_whitespace=True)]
    text: Annotated[str, Field(min_length=2, max_length=8000)]
    author: Author
    confirmed: bool = False
    recorded_at: str | None = None
    ecg_record: str | None = None
    format: str
    name: str

    @property
    def id(self) -> str:
        """Sixteen hex digits of what makes it this report; the same report in another file has the same."""
        key = "\0".join((self.patient_id, self.author, self.recorded_at or "", self.text.casefold()))
        return hashlib.sha256(key.encode()).hexdigest()[:16]

    @property
    def supports_claims(self) -> bool:
        """Whether a clinician stands behind it."""
        return self.author == "clinician" or self.confirmed

    def evidence(self) -> PriorEvidence:
        """The report as evidence of an earlier examination."""
        return PriorEvidence(
            id=f"prior:{self.id}/report",
            record=self.id,
            recorded_at=self.recorded_at,
            author="clinician" if self.supports_claims else self.author,
            text=self.text,
        )


class Added(NamedTuple):
    """What one entry came to: new, or there already."""

    entry: HistoryEntry
    new: bool


class HistoryStore:
    """`<home>/history/<patient>/<id>.json`. Writing is atomic and repeats are harmless, so several may write."""

    def __init__(self, home: Path | None = None) -> None:
        self._home = home or settings().home
        self.folder = self._home / "history"

    def add(self, entry: HistoryEntry) -> Added:
        """Keep an entry; one that is there already stays as it is, unless this one is confirmed and it was not."""
        folder = self._patient(entry.patient_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = folder / f"{entry.id}.json"
        known = _read(target)
        if known is not None and (known.confirmed or not entry.confirmed):
            return Added(known, False)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(entry.model_dump_json(indent=1))
        os.replace(name, target)
        return Added(entry, known is None)

    def entries(self, patient_id: str) -> list[HistoryEntry]:
        """Every report of a patient, the latest first, those without a date last."""
        found = [entry for path in sorted(self._patient(patient_id).glob("*.json")) if (entry := _read(path))]
        return sorted(found, key=lambda entry: entry.recorded_at or "", reverse=True)

    def search(self, patient_id: str, question: str, limit: int = 5) -> list[HistoryEntry]:
        """A patient's reports, those nearest to the question first; without words, the latest first."""
        entries = self.entries(patient_id)
        if not entries or not question.strip():
            return entries[:limit]
        words = WordIndex([entry.text for entry in entries])
        score = (
            words.coverage(question) + 0.3 * words.scores(question) + self._similarity(patient_id, entries, question)
        )
        order = np.argsort(-score, kind="stable")
        return [entries[at] for at in order[:limit]]

    def rebuild(self) -> int:
        """Build the index of all reports anew, reusing the vectors it has; 0 where the weights are not there."""
        entries = list(self._all())
        if weights_folder() is None or not entries:
            return 0
        known = self._vectors()
        missing = [entry for entry in entries if entry.id not in known]
        known |= dict(zip([entry.id for entry in missing], embedder()([entry.text for entry in missing]), strict=True))
        ids = [entry.id for entry in entries]
        labels = [{"patient": _patient_key(entry.patient_id)} for entry in entries]
        version = hashlib.sha256(f"{EMBEDDING} {' '.join(ids)}".encode()).hexdigest()
        vectors = np.stack([known[key] for key in ids])
        self._index.publish(version, lambda folder: write_vectors(folder, COLLECTION, ids, vectors, labels))
        return len(ids)

    @property
    def _index(self) -> IndexFolder:
        return IndexFolder(self._home / "index", COLLECTION)

    def _vectors(self) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        folder = self._index.current()
        if folder is None:
            return {}
        collection = VectorCollection(folder, COLLECTION)
        try:
            return collection.vectors()
        finally:
            collection.close()

    def _similarity(
        self, patient_id: str, entries: list[HistoryEntry], question: str
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """Cosine similarity of each entry; zeros without an index or weights."""
        folder = self._index.current()
        if folder is None or weights_folder() is None:
            return np.zeros(len(entries))
        model: Embedder = embedder()
        collection = VectorCollection(folder, COLLECTION)
        try:
            near = collection.similarities(
                model([spelled_out(question)])[0], len(entries), {"patient": _patient_key(patient_id)}
            )
        finally:
            collection.close()
        return np.array([near.get(entry.id, 0.0) for entry in entries])

    def _patient(self, patient_id: str) -> Path:
        return self.folder / _patient_key(patient_id)

    def _all(self) -> Iterator[HistoryEntry]:
        for path in sorted(self.folder.glob("*/*.json")):
            if (entry := _read(path)) is not None:
                yield entry


def plain_text(text: str) -> str:
    """A report's text as it may be shown: one line, no control signs, no braces that a slot would have."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return re.sub(r"\s+", " ", printable.replace("{", "(").replace("}", ")")).strip()


def _patient_key(patient_id: str) -> str:
    return hashlib.sha256(patient_id.strip().encode()).hexdigest()[:32]


def _read(path: Path) -> HistoryEntry | None:
    """An entry; None when it is not there or is no entry."""
    try:
        return HistoryEntry.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError):
        return None
