"""Evidence: everything a claim may cite, and the ledger that holds it for one run.

Ids are the contract. A measurement is `pr`, `V3.st_j`, `qrs#4`, `V3.st_j#4` (beat 4, counted from 0 in
time). Everything else carries a prefix: `crit:ID` a criterion, `device:pr` the recorder's own value,
`guide:ID` a guideline passage, `prior:<record>/pr` an earlier ECG's measurement, `case:ID` another
patient's ECG, `model:KEY` a model's probability.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from calipers.errors import UnknownEvidence
from calipers.leads import Lead

Truth = Literal["met", "not_met", "indeterminate", "not_applicable"]


class Frozen(BaseModel):
    """Base of every value that crosses a boundary: immutable, no unknown fields, finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Span(NamedTuple):
    """A stretch of one lead, in seconds from the record's start; lead None means all leads."""

    lead: Lead | None
    start_s: float
    end_s: float


class Measurement(Frozen):
    """One measured parameter of one ECG, or the reason why it could not be measured.

    `uncertainty` is the half-width of the 95 % interval in `unit`. For a global measurement
    `spans[0]` holds the global onset and offset.
    """

    id: str
    record: str
    name: str
    value: float | str | None
    unit: str
    lead: Lead | None = None
    beat: int | None = None
    spans: tuple[Span, ...] = ()
    uncertainty: float | None = None
    method: str
    status: Literal["measured", "not_measurable"]
    reason: str | None = None

    @property
    def number(self) -> float | None:
        """The value as a number, or None when it is text or was not measurable."""
        return self.value if isinstance(self.value, float) else None


class CriterionEvidence(Frozen):
    """One published criterion as it was evaluated on this ECG."""

    kind: Literal["criterion"] = "criterion"
    id: str
    record: str
    statement: str
    text: str
    threshold: float | None
    unit: str
    result: Truth
    leans: bool | None
    probability: float | None
    measurements: tuple[str, ...]
    source: str


class DeviceEvidence(Frozen):
    """What the recorder itself measured or printed; its word, never ours."""

    kind: Literal["device"] = "device"
    id: str
    record: str
    name: str
    value: float | str
    unit: str


class GuidelinePassage(Frozen):
    """A paraphrased recommendation.

    `section`, `recommendation_class` and `level` are None where they were not checked at the source;
    `seen_at` is the page in which the fact was read, None where it was not read again.
    """

    kind: Literal["guideline"] = "guideline"
    id: str
    record: str
    text: str
    society: str
    year: int
    title: str | None = None
    section: str | None = None
    recommendation_class: str | None = None
    level: str | None = None
    seen_at: str | None = None


class PriorEvidence(Frozen):
    """A measurement of an earlier ECG of the same patient, or a line of its report."""

    kind: Literal["prior"] = "prior"
    id: str
    record: str
    recorded_at: str | None
    author: Literal["clinician", "device", "calipers"]
    text: str
    measurement: Measurement | None = None


class SimilarCase(Frozen):
    """Another patient's ECG that resembles this one."""

    kind: Literal["case"] = "case"
    id: str
    record: str
    similarity: float
    labels: tuple[str, ...]


class ModelProbability(Frozen):
    """A model's calibrated probability of one statement."""

    kind: Literal["model"] = "model"
    id: str
    record: str
    statement: str
    probability: float
    model: str


Citable = Annotated[
    CriterionEvidence | DeviceEvidence | GuidelinePassage | PriorEvidence | SimilarCase | ModelProbability,
    Field(discriminator="kind"),
]
Evidence = (
    Measurement | CriterionEvidence | DeviceEvidence | GuidelinePassage | PriorEvidence | SimilarCase | ModelProbability
)


def measurement_id(name: str, lead: Lead | None = None, beat: int | None = None) -> str:
    """Spell a measurement's id: `name`, `LEAD.name`, with `#k` for beat k."""
    stem = f"{lead}.{name}" if lead else name
    return stem if beat is None else f"{stem}#{beat}"


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
