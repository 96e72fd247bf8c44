"""Evidence by id: the measurements of a record, and the ledger of all that a claim may cite in one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from calipers.citable import (
    Citable,
    CriterionEvidence,
    DeviceEvidence,
    Evidence,
    Frozen,
    GuidelinePassage,
    Measurement,
    ModelProbability,
    PriorEvidence,
    SimilarCase,
    Span,
    ToolEvidence,
    ToolFinding,
    Truth,
    measurement_id,
)
from calipers.errors import UnknownEvidence

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Citable",
    "CriterionEvidence",
    "DeviceEvidence",
    "Evidence",
    "Frozen",
    "GuidelinePassage",
    "Ledger",
    "Measurement",
    "Measurements",
    "ModelProbability",
    "PriorEvidence",
    "SimilarCase",
    "Span",
    "ToolEvidence",
    "ToolFinding",
    "Truth",
    "measurement_id",
]


class Measurements(Mapping[str, Measurement]):
    """All measurements of one record: id → Measurement, in reading order (global, leads, beats).

    Args:
        items: the measurements at hand.
        beats: of a long record, its beat items, each made when it is asked for.
    """

    def __init__(self, items: Iterable[Measurement], beats: Mapping[str, Measurement] | None = None) -> None:
        self._items = {item.id: item for item in items}
        self._beats: Mapping[str, Measurement] = beats if beats is not None else {}

    @property
    def beats(self) -> Mapping[str, Measurement]:
        """The beat items that are made on demand; empty for a short record, which holds its own."""
        return self._beats

    @property
    def held(self) -> tuple[Measurement, ...]:
        """What exists already: everything of a short record, the global and per-lead items of a long one."""
        return tuple(self._items.values())

    @property
    def whole(self) -> tuple[Measurement, ...]:
        """The global and per-lead items, without those of single beats."""
        return tuple(item for item in self._items.values() if item.beat is None)

    def __getitem__(self, key: str) -> Measurement:
        item = self._items.get(key) or self._beats.get(key)
        if item is None:
            raise UnknownEvidence(f"found id `{key}`; needed a measurement id such as `pr`, `V3.st_j` or `qrs#4`")
        return item

    def __contains__(self, key: object) -> bool:
        return key in self._items or key in self._beats

    def __iter__(self) -> Iterator[str]:
        yield from self._items
        yield from self._beats

    def __len__(self) -> int:
        return len(self._items) + len(self._beats)

    def number(self, key: str) -> float | None:
        """The numeric value of one id, or None when absent, textual or not measurable."""
        return self[key].number if key in self else None

    def to_frame(self) -> pd.DataFrame:
        """A table, a row a measurement: `record id name lead beat value text unit uncertainty onset_s offset_s …`."""
        from calipers.frame import measurements_frame

        return measurements_frame(self.values())

    def __repr__(self) -> str:
        measured = sum(item.status == "measured" for item in self._items.values())
        lazy = f", {len(self._beats)} of single beats" if self._beats else ""
        return f"Measurements({measured} measured, {len(self._items) - measured} not measurable{lazy})"


class Ledger(Mapping[str, Evidence]):
    """The id → evidence table of one run. An id never changes its meaning within a run.

    Args:
        record: the record's key.
        items: evidence to enter.
        beats: beat items of a long record, each made when it is asked for.
    """

    def __init__(
        self, record: str, items: Iterable[Evidence] = (), beats: Mapping[str, Measurement] | None = None
    ) -> None:
        self.record = record
        self._items: dict[str, Evidence] = {}
        self._beats: Mapping[str, Measurement] = beats if beats is not None else {}
        for item in items:
            self.add(item)

    def add(self, item: Evidence) -> None:
        """Enter one item.

        Raises:
            UnknownEvidence: the item belongs to another record and is not marked as a prior or a case.
        """
        if item.record != self.record and not item.id.startswith(("prior:", "case:", "guide:")):
            raise UnknownEvidence(f"found `{item.id}` of record {item.record}; needed evidence of record {self.record}")
        self._items[item.id] = item

    @property
    def entered(self) -> tuple[Evidence, ...]:
        """What was entered, without the beat items that are made on demand."""
        return tuple(self._items.values())

    def __getitem__(self, key: str) -> Evidence:
        item = self._items.get(key) or self._beats.get(key)
        if item is None:
            raise UnknownEvidence(f"found id `{key}`; needed an id of this run's ledger")
        return item

    def __contains__(self, key: object) -> bool:
        return key in self._items or key in self._beats

    def __iter__(self) -> Iterator[str]:
        yield from self._items
        yield from self._beats

    def __len__(self) -> int:
        return len(self._items) + len(self._beats)
