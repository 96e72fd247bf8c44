"""One row each: a case, a conversation, a question, an event of its answer, a remark."""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

from calipers.agent.server.database import Row
from calipers.errors import UsageError

RunStatus = Literal["queued", "running", "waiting", "done", "failed", "cancelled", "lost"]
RemarkKind = Literal["agree", "disagree", "correction"]


class NotFound(UsageError):
    """The user has no such case, thread, run or picture; another user's look the same."""


class CaseRow(NamedTuple):
    """One uploaded ECG. `store_key` finds it in the case store; `summary` is what the list shows."""

    id: str
    store_key: str
    name: str
    created_at: str
    patient_id: str | None
    summary: dict[str, Any]

    @classmethod
    def of(cls, row: Row) -> CaseRow:
        """From its columns."""
        return cls(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]))


class ThreadRow(NamedTuple):
    """One conversation about a case. `memory` names the model's own conversation behind it."""

    id: str
    case_id: str
    priors: tuple[str, ...]
    created_at: str
    memory: str

    @classmethod
    def of(cls, row: Row) -> ThreadRow:
        """From its columns."""
        return cls(row[0], row[1], tuple(json.loads(row[2])), row[3], row[4])


class RunRow(NamedTuple):
    """One question and what has become of it."""

    id: str
    thread_id: str
    question: str
    status: RunStatus
    started_at: str
    finished_at: str | None


class WireEvent(NamedTuple):
    """One event as it goes over the wire and stays in the table."""

    name: str
    data: dict[str, Any]


class RemarkRow(NamedTuple):
    """A clinician's word on one claim; the claim is known by its template, which holds no value."""

    id: str
    template: str
    claim_text: str
    kind: RemarkKind
    text: str
    author: str
    made_at: str
