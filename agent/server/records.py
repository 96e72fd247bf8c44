"""What the server remembers of one user: cases, conversations, answers, remarks. Nothing of anybody else."""

from __future__ import annotations

import base64
import json
import secrets
import zlib
from datetime import UTC, datetime
from typing import Any, Final

from calipers.agent.server.database import Database, Row
from calipers.agent.server.rows import (
    CaseRow,
    NotFound,
    RemarkKind,
    RemarkRow,
    RunRow,
    RunStatus,
    ThreadRow,
    WireEvent,
)

_CASE: Final = "SELECT id, store_key, name, created_at, patient_id, summary FROM cases WHERE owner = ?"
_THREAD: Final = "SELECT id, case_id, priors, created_at, memory FROM threads WHERE owner = ?"
_RUN: Final = "SELECT id, thread_id, question, status, started_at, finished_at FROM runs WHERE owner = ?"
_REMARK: Final = "SELECT id, template, claim_text, kind, text, author, made_at FROM remarks WHERE owner = ?"


class Records:
    """The rows of one user.

    Args:
        database: shared by all users.
        owner: whose rows these are; every statement names it.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._db = database
        self.owner = owner

    def add_case(self, store_key: str, name: str, patient_id: str | None, summary: dict[str, Any]) -> CaseRow:
        """Remember an upload."""
        row = CaseRow(new_id("case"), store_key, name, now(), patient_id, summary)
        self._db.write(
            "INSERT INTO cases (id, owner, store_key, name, created_at, patient_id, summary)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(row.id, self.owner, row.store_key, row.name, row.created_at, row.patient_id, json.dumps(summary)),
        )
        return row

    def cases(self) -> list[CaseRow]:
        """Every case, the newest first."""
        return [CaseRow.of(row) for row in self._db.read(f"{_CASE} ORDER BY created_at DESC, id", self.owner)]

    def case(self, case_id: str) -> CaseRow:
        """One case.

        Raises:
            NotFound: this user has none of this id.
        """
        rows = self._db.read(f"{_CASE} AND id = ?", self.owner, case_id)
        return CaseRow.of(_one(rows, "case"))

    def cases_of_patient(self, patient_id: str) -> list[CaseRow]:
        """The cases of one patient."""
        found = self._db.read(f"{_CASE} AND patient_id = ? ORDER BY created_at DESC, id", self.owner, patient_id)
        return [CaseRow.of(row) for row in found]

    def change_case(self, case_id: str, store_key: str, summary: dict[str, Any]) -> CaseRow:
        """Keep what has become of a case since more is known of its patient."""
        self._db.write(
            "UPDATE cases SET store_key = ?, summary = ? WHERE owner = ? AND id = ?",
            *(store_key, json.dumps(summary), self.owner, case_id),
        )
        return self.case(case_id)

    def remove_case(self, case_id: str) -> None:
        """Forget a case and all that was said about it; its signal stays in the case store."""
        self.case(case_id)
        for thread in self.threads(case_id):
            for run in self.runs(thread.id):
                self._db.write("DELETE FROM events WHERE run_id = ?", run.id)
                self._db.write("DELETE FROM pictures WHERE owner = ? AND run_id = ?", self.owner, run.id)
            self._db.write("DELETE FROM runs WHERE owner = ? AND thread_id = ?", self.owner, thread.id)
        for table in ("threads", "remarks"):
            self._db.write(f"DELETE FROM {table} WHERE owner = ? AND case_id = ?", self.owner, case_id)
        self._db.write("DELETE FROM cases WHERE owner = ? AND id = ?", self.owner, case_id)

    def add_thread(self, case_id: str, priors: tuple[str, ...]) -> ThreadRow:
        """Begin a conversation about one of this user's cases."""
        row = ThreadRow(new_id("thread"), case_id, priors, now(), new_id("memory"))
        self._db.write(
            "INSERT INTO threads (id, owner, case_id, priors, created_at, memory) VALUES (?, ?, ?, ?, ?, ?)",
            *(row.id, self.owner, case_id, json.dumps(priors), row.created_at, row.memory),
        )
        return row

    def thread(self, thread_id: str) -> ThreadRow:
        """One conversation.

        Raises:
            NotFound: this user has none of this id.
        """
        return ThreadRow.of(_one(self._db.read(f"{_THREAD} AND id = ?", self.owner, thread_id), "thread"))

    def threads(self, case_id: str) -> list[ThreadRow]:
        """The conversations about one case, the newest first."""
        statement = f"{_THREAD} AND case_id = ? ORDER BY created_at DESC, id"
        return [ThreadRow.of(row) for row in self._db.read(statement, self.owner, case_id)]

    def fresh_memory(self, thread_id: str) -> ThreadRow:
        """Give a conversation a new model memory: the old one is still held by an answer that was given up."""
        self._db.write(
            "UPDATE threads SET memory = ? WHERE owner = ? AND id = ?", new_id("memory"), self.owner, thread_id
        )
        return self.thread(thread_id)

    def add_run(self, thread_id: str, question: str) -> RunRow:
        """Remember a question before anything is computed: whatever happens next, it is not lost."""
        row = RunRow(new_id("run"), thread_id, question, "queued", now(), None)
        self._db.write(
            "INSERT INTO runs (id, owner, thread_id, question, status, started_at) VALUES (?, ?, ?, ?, ?, ?)",
            *(row.id, self.owner, thread_id, question, row.status, row.started_at),
        )
        return row

    def run(self, thread_id: str, run_id: str) -> RunRow:
        """One question of a conversation.

        Raises:
            NotFound: this user has none of this id in this thread.
        """
        rows = self._db.read(f"{_RUN} AND thread_id = ? AND id = ?", self.owner, thread_id, run_id)
        return RunRow(*_one(rows, "run"))

    def runs(self, thread_id: str) -> list[RunRow]:
        """The questions of a conversation, in their order."""
        rows = self._db.read(f"{_RUN} AND thread_id = ? ORDER BY started_at, id", self.owner, thread_id)
        return [RunRow(*row) for row in rows]

    def set_status(self, run_id: str, status: RunStatus) -> None:
        """Say what has become of a question."""
        ended = now() if status in ("done", "failed", "cancelled", "lost") else None
        self._db.write(
            "UPDATE runs SET status = ?, finished_at = ? WHERE owner = ? AND id = ?", status, ended, self.owner, run_id
        )

    def add_event(self, run_id: str, place: int, event: WireEvent) -> None:
        """Keep one event of a run."""
        self._db.write(
            "INSERT INTO events (run_id, place, name, data) VALUES (?, ?, ?, ?)",
            *(run_id, place, event.name, json.dumps(event.data)),
        )

    def events(self, run_id: str) -> list[WireEvent]:
        """Everything that happened in a run of this user, in its order."""
        rows = self._db.read(
            "SELECT e.name, e.data FROM events e JOIN runs r ON r.id = e.run_id"
            " WHERE r.owner = ? AND e.run_id = ? ORDER BY e.place",
            self.owner,
            run_id,
        )
        return [WireEvent(name, json.loads(data)) for name, data in rows]

    def keep_report(self, run_id: str, report_json: str) -> None:
        """Keep the report of an answer, packed."""
        packed = base64.b64encode(zlib.compress(report_json.encode(), 6)).decode()
        self._db.write("UPDATE runs SET report = ? WHERE owner = ? AND id = ?", packed, self.owner, run_id)

    def report(self, run_id: str) -> str | None:
        """The report of an answer as JSON, or None while there is none."""
        rows = self._db.read("SELECT report FROM runs WHERE owner = ? AND id = ?", self.owner, run_id)
        packed = rows[0][0] if rows else None
        return zlib.decompress(base64.b64decode(packed)).decode() if packed else None

    def add_picture(self, run_id: str, media_type: str, content: bytes) -> str:
        """Keep a picture that an answer shows; returns its id."""
        picture_id = new_id("picture")
        self._db.write(
            "INSERT INTO pictures (id, owner, run_id, media_type, content) VALUES (?, ?, ?, ?, ?)",
            *(picture_id, self.owner, run_id, media_type, base64.b64encode(content).decode()),
        )
        return picture_id

    def picture(self, picture_id: str) -> tuple[str, bytes]:
        """Media type and bytes of a picture.

        Raises:
            NotFound: this user has none of this id.
        """
        rows = self._db.read(
            "SELECT media_type, content FROM pictures WHERE owner = ? AND id = ?", self.owner, picture_id
        )
        media_type, content = _one(rows, "picture")
        return media_type, base64.b64decode(content)

    def add_remark(self, case_id: str, template: str, claim_text: str, kind: RemarkKind, text: str) -> RemarkRow:
        """Keep a clinician's word on a claim, dated and signed with the user's name."""
        row = RemarkRow(new_id("remark"), template, claim_text, kind, text, self.owner, now())
        self._db.write(
            "INSERT INTO remarks (id, template, claim_text, kind, text, author, made_at, owner, case_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(*row, self.owner, case_id),
        )
        return row

    def remarks(self, case_id: str) -> list[RemarkRow]:
        """Every remark on a case, the oldest first."""
        statement = f"{_REMARK} AND case_id = ? ORDER BY made_at, id"
        return [RemarkRow(*row) for row in self._db.read(statement, self.owner, case_id)]


def close_unfinished(database: Database) -> int:
    """After a restart: what was being answered when the server stopped is said to be lost; the question stays."""
    return database.write(
        "UPDATE runs SET status = 'lost', finished_at = ? WHERE status IN ('queued', 'running')", now()
    )


def new_id(kind: str) -> str:
    """An id that cannot be guessed."""
    return f"{kind}_{secrets.token_hex(12)}"


def now() -> str:
    """The time, in UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _one(rows: list[Row], what: str) -> Row:
    if not rows:
        raise NotFound(f"found no such {what}; needed one of yours")
    return rows[0]
