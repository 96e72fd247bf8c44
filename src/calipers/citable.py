"""Evidence: everything a claim may cite.

Ids are the contract. A measurement is `pr`, `V3.st_j`, `qrs#4`, `V3.st_j#4` (beat 4, counted from 0 in
time). Everything else carries a prefix: `crit:ID` a criterion, `device:pr` the recorder's own value,
`guide:ID` a guideline passage, `prior:<record>/pr` an earlier ECG's measurement, `case:ID` another
patient's ECG, `model:KEY` a model's probability, `tool:NAME/KEY` what a tool of the user's own found.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

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


class ToolFinding(Frozen):
    """What a tool of the user's own gives to be cited: one value under a name, in the tool's artifact.

    Attributes:
        key: names it within the tool, `lvef`.
        label: how a sentence names it, letters only: `Left ventricular ejection fraction`.
        value: a number, or a few words.
        unit: as printed behind the number.

    Example:
        >>> ToolFinding(key="lvef", label="Left ventricular ejection fraction", value=55, unit="%").value
        55.0
    """

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    label: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z ()/-]{0,59}$")]
    value: float | Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z -]{0,39}$")]
    unit: Annotated[str, Field(pattern=r"^[A-Za-z%/°µ·²³]{0,12}$")] = ""


class ToolEvidence(ToolFinding):
    """The finding of a tool of the user's own: its word, never ours, and in no criterion."""

    kind: Literal["tool"] = "tool"
    id: str
    record: str
    tool: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]


Citable = Annotated[
    CriterionEvidence
    | DeviceEvidence
    | GuidelinePassage
    | PriorEvidence
    | SimilarCase
    | ModelProbability
    | ToolEvidence,
    Field(discriminator="kind"),
]
Evidence = (
    Measurement
    | CriterionEvidence
    | DeviceEvidence
    | GuidelinePassage
    | PriorEvidence
    | SimilarCase
    | ModelProbability
    | ToolEvidence
)


def measurement_id(name: str, lead: Lead | None = None, beat: int | None = None) -> str:
    """Spell a measurement's id: `name`, `LEAD.name`, with `#k` for beat k."""
    stem = f"{lead}.{name}" if lead else name
    return stem if beat is None else f"{stem}#{beat}"
