"""What leaves the program: claims, and the report that holds them with everything they cite."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from calipers.evidence import Citable, Frozen, Measurement, Truth
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
    `synthetic` marks a sentence about an ECG that was made by a generator, not recorded from a person;
    `digitised` one about an ECG that was read from paper or a picture.
    """

    id: str
    template: str
    text: str
    statement: Statement | None = None
    polarity: Polarity = "present"
    certainty: Certainty = "definite"
    evidence: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    synthetic: bool = False
    digitised: bool = False


class Withheld(Frozen):
    """A claim that was drafted, failed its check, and was kept back, with the reason."""

    claim: Claim
    reason: str


class Note(Frozen):
    """A remark of the user's own code on one claim, kept beside it and never part of what Calipers says."""

    claim_id: str
    text: str
    author: str


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
    digitised: bool = False
    unread: str | None = None


ChangeKind = Literal["new", "resolved", "progressed", "unchanged", "absent", "undecided"]
PriorOrder = Literal["earlier", "later", "unknown"]
LimitKind = Literal["identity", "date", "order", "same_record", "leads", "sampling", "digitised", "electrodes"]


class ComparisonLimit(Frozen):
    """What stands between two recordings and a plain comparison: said, and where it matters, weighed."""

    kind: LimitKind
    text: str


class MeasuredChange(Frozen):
    """One measurement on both ECGs.

    `difference` is this ECG's value less the prior's, axes the shorter way round; `uncertainty` the combined
    half-width of the 95 % interval. `exceeds` is None where there is no number on one side, or only words.
    """

    id: str
    value: float | str | None
    prior_value: float | str | None
    unit: str
    difference: float | None
    uncertainty: float | None
    exceeds: bool | None
    certainty: Certainty


class StatementChange(Frozen):
    """One diagnostic statement on both ECGs, and what has become of it.

    `evidence` are the measurements by which it was told, in the notation of this ECG; those on which
    it progressed where it did. `moved` are those among them that differ by more than their uncertainty.
    """

    statement: Statement
    change: ChangeKind
    result: Truth
    prior_result: Truth
    certainty: Certainty
    evidence: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()


class ChangeCriterion(Frozen):
    """One comparison statement of the AHA/ACC/HRS table, 400 to 406, with what decided it."""

    code: str
    text: str
    result: Truth
    leans: bool | None
    statements: tuple[str, ...] = ()
    measurements: tuple[str, ...] = ()
    source: str


class Changes(Frozen):
    """One ECG compared with another of the same patient.

    `prior_measurements` is what the prior was measured to be, in full, so that everything here can be
    computed again. Times are as recorded, ISO 8601, or None where the file does not say.
    """

    record: str
    recorded_at: str | None
    prior_record: str
    prior_recorded_at: str | None
    prior_patient: Demographics
    order: PriorOrder
    limits: tuple[ComparisonLimit, ...] = ()
    criteria: tuple[ChangeCriterion, ...] = ()
    statements: tuple[StatementChange, ...] = ()
    measurements: tuple[MeasuredChange, ...] = ()
    prior_measurements: tuple[Measurement, ...] = ()

    @property
    def same_record(self) -> bool:
        """Whether both are the same recording, of which nothing can be new."""
        return self.record == self.prior_record

    def measured(self, key: str) -> MeasuredChange | None:
        """The change of one measurement, by its id."""
        return next((row for row in self.measurements if row.id == key), None)

    def of(self, key: str) -> StatementChange | None:
        """The change of one statement, by its key."""
        return next((row for row in self.statements if row.statement.key == key), None)

    def criterion(self, code: str) -> ChangeCriterion:
        """One comparison statement by its code, `400` to `406`."""
        return next(row for row in self.criteria if row.code == code)


class Report(Frozen):
    """One ECG interpreted: every claim cites what was measured, and code has re-checked it.

    `changes` compares it with the priors that were given, the nearest in date first. `notes` are remarks of the
    hooks of whoever runs Calipers.
    """

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
    notes: tuple[Note, ...] = ()
    changes: tuple[Changes, ...] = ()
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
