"""What leaves the program: claims, and the report that holds them with everything they cite."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from calipers.evidence import Citable, Frozen, Measurement
from calipers.leads import Lead

SCHEMA: Final = "calipers.report/1"

Polarity = Literal["present", "absent"]
Certainty = Literal["definite", "probable", "possible"]
Urgency = Literal["critical", "urgent", "routine", "not_assessable"]


class Statement(Frozen):
    """A diagnostic statement and its codes: AHA/ACC/HRS (Mason 2007), SCP-ECG as in PTB-XL, SNOMED CT."""

    key: str
    aha: tuple[str, ...] = ()
    scp: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    label: str


class Claim(Frozen):
    """One sentence about this ECG, the unit of release.

    `template` holds slots (`{pr}`, `{crit:first_degree_av_block.pr}`), `text` is the template filled by
    code. `evidence` are ledger ids, `criteria` are criterion ids without their `crit:` prefix.
    """

    id: str
    template: str
    text: str
    statement: Statement | None = None
    polarity: Polarity = "present"
    certainty: Certainty = "definite"
    evidence: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()


class Withheld(Frozen):
    """A claim that was drafted, failed its check, and was kept back, with the reason."""

    claim: Claim
    reason: str


class Side(Frozen):
    """One party's word in a disagreement, with what it rests on."""

    who: str
    text: str
    evidence: tuple[str, ...] = ()


class Disagreement(Frozen):
    """Two sources that do not agree; both are shown, neither is dropped."""

    about: str
    sides: tuple[Side, ...]


class LeadQuality(Frozen):
    """How readable one lead is: 0 unusable, 1 clean; `reasons` say what was seen."""

    lead: Lead
    score: float
    usable: bool
    reasons: tuple[str, ...] = ()


class Quality(Frozen):
    """How readable the record is. `assessable` False means no statement about the heart was attempted."""

    score: float
    assessable: bool
    reasons: tuple[str, ...] = ()
    leads: tuple[LeadQuality, ...] = ()
    missing_leads: tuple[Lead, ...] = ()
    derived_leads: tuple[Lead, ...] = ()


class Demographics(Frozen):
    """What the criteria need to know of the patient, and nothing else."""

    age: float | None = None
    sex: Literal["male", "female"] | None = None


class Provenance(Frozen):
    """What made this report. No clock time and no path, so that equal input gives equal bytes."""

    calipers: str
    versions: dict[str, str] = Field(default_factory=dict)
    weights: dict[str, str] = Field(default_factory=dict)
    model: str
    model_reason: str
    seed: int
    prompts_sha256: str
    criteria_sha256: str
    input_sha256: str
    input_format: str
    synthetic: bool = False


class Report(Frozen):
    """One ECG interpreted: every claim cites what was measured, and code has re-checked it."""

    schema_: Literal["calipers.report/1"] = Field(default=SCHEMA, alias="schema")
    record: str
    patient: Demographics
    question: str | None = None
    answer: str | None = None
    quality: Quality
    measurements: tuple[Measurement, ...]
    claims: tuple[Claim, ...]
    withheld: tuple[Withheld, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    impression: str
    urgency: Urgency
    urgency_reasons: tuple[str, ...] = ()
    evidence_table: tuple[Citable, ...] = ()
    provenance: Provenance

    model_config = Frozen.model_config | {"populate_by_name": True, "serialize_by_alias": True}


FaultKind = Literal[
    "unknown_id",
    "foreign_record",
    "number",
    "unit",
    "slot",
    "text",
    "lead",
    "criteria",
    "absence",
    "quotation",
    "scope",
    "measurement",
    "report",
]


class Fault(Frozen):
    """One thing wrong with one claim, found by the verifier. `claim_id` is empty for the report itself."""

    claim_id: str
    kind: FaultKind
    detail: str
