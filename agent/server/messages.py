"""What goes over the wire, typed: the source of the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from calipers.agent.server.rows import RemarkKind, RunStatus
from calipers.ecg import Sex
from calipers.evidence import Span
from calipers.leads import Lead
from calipers.report import Urgency


class Message(BaseModel):
    """Base of everything a client sends or gets."""

    model_config = ConfigDict(extra="forbid")


class Health(Message):
    """The server is up; models are loaded when they are needed."""

    status: Literal["ok"] = "ok"
    version: str


class Session(Message):
    """Who is signed in, and what answers."""

    user: str
    version: str
    model: str
    model_reason: str
    remote: bool
    missing: list[str] = Field(default_factory=list, description="Parts that are not there, in words")
    max_upload_mb: int


class CaseSummary(Message):
    """What the list of cases shows."""

    record: str
    format: str
    age: float | None
    sex: Sex | None
    recorded_at: str | None
    duration_s: float
    fs_hz: float
    missing_leads: list[Lead]
    derived_leads: list[Lead]
    synthetic: bool
    digitised: bool
    urgency: Urgency
    urgency_reasons: list[str]
    impression: str


class CaseListed(Message):
    """One case in the list."""

    case_id: str
    name: str
    created_at: str
    patient_id: str | None
    summary: CaseSummary


class UploadedCase(Message):
    """One ECG of an upload: its case, or why there is none."""

    name: str
    case_id: str | None = None
    error: str | None = None


class Uploaded(Message):
    """The outcome of an upload; `case_id` is the first ECG that could be read."""

    case_id: str
    cases: list[UploadedCase]


class Remark(Message):
    """A clinician's word on one claim."""

    remark_id: str
    template: str
    claim_text: str
    kind: RemarkKind
    text: str
    author: str
    made_at: str


class NewRemark(Message):
    """A word on a claim, to be kept."""

    template: str = Field(min_length=1, max_length=4000)
    claim_text: str = Field(min_length=1, max_length=4000)
    kind: RemarkKind
    text: str = Field(default="", max_length=4000)


class PatientFacts(Message):
    """What the file of an ECG did not say of the patient."""

    age: float | None = Field(default=None, ge=0, le=130, description="Years")
    sex: Sex | None = None


class ThreadListed(Message):
    """One conversation in a case."""

    thread_id: str
    prior_case_ids: list[str]
    created_at: str
    questions: int


class CaseDetail(CaseListed):
    """One case with what belongs to it. `prior_case_ids` are the same patient's earlier ECGs, the nearest first."""

    prior_case_ids: list[str]
    threads: list[ThreadListed]
    remarks: list[Remark]
    quality: dict[str, Any]
    device_statements: list[str]
    picture: bool = Field(description="Whether the picture that it was read from can be shown")
    read_from_picture: list[str] = Field(description="How a picture became this signal, and what could not be read")


class EvidenceItem(Message):
    """What a citation shows: words, facts, and where it lies.

    `spans` are its own stretches; `beats` those of single beats that show the same value; `about` are the
    measurements that a criterion was judged by.
    """

    label: str
    value: str
    unit: str
    number: float | None
    lead: Lead | None
    name: str
    phrase: str
    kind: str
    measurable: bool
    facts: list[tuple[str, str]]
    spans: list[Span]
    beats: list[Span]
    about: list[str] = Field(default_factory=list)


class Evidence(Message):
    """Evidence by id."""

    items: dict[str, EvidenceItem]


class Beat(Message):
    """Where one beat's waves begin and end, in seconds; None where there is no such wave."""

    p: tuple[float, float] | None
    qrs: tuple[float, float]
    t_end: float | None


class MedianBeats(Message):
    """The typical beat of each lead, from before to after QRS onset; millivolts from the level before it."""

    fs_hz: float
    before_s: float
    signal_mv: dict[str, list[float | None]]


class Fiducials(Message):
    """Waves of every beat, and the median beats."""

    beats: list[Beat]
    median: MedianBeats | None


class Trace(Message):
    """Samples of a stretch of the record; null where nothing was recorded."""

    record: str
    fs_hz: float
    start_s: float
    duration_s: float
    leads: list[Lead]
    unit: Literal["mV"] = "mV"
    signal_mv: list[list[float | None]]


class NewThread(Message):
    """A conversation about a case."""

    case_id: str
    prior_case_ids: list[str] = Field(default_factory=list, max_length=16)


class NewRun(Message):
    """A question."""

    text: str = Field(min_length=1, max_length=4000)


class Resumption(Message):
    """The answer to a question back."""

    value: bool | str


class ThreadCreated(Message):
    """The new conversation."""

    thread_id: str


class WireEvent(Message):
    """One event of a run, as it was streamed."""

    event: str
    data: dict[str, Any]


class Run(Message):
    """A question and all that came of it."""

    run_id: str
    question: str
    status: RunStatus
    started_at: str
    finished_at: str | None
    events: list[WireEvent]


class Thread(Message):
    """A conversation in full."""

    thread_id: str
    case_id: str
    prior_case_ids: list[str]
    created_at: str
    runs: list[Run]


class Done(Message):
    """Something was done, and there is nothing to tell of it."""

    done: bool = True


class Problem(Message):
    """Why something was refused: what was found, what was needed."""

    error: str
