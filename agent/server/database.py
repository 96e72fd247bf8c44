"""The server's own tables: cases, threads, runs with their events, remarks. SQLite, or Postgres by setting.

Every row carries its user, and every question to a table names one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import RLock
from typing import Any, Final

from calipers.errors import MissingPart

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS cases (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, store_key TEXT NOT NULL, name TEXT NOT NULL,
        created_at TEXT NOT NULL, patient_id TEXT, summary TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS cases_of_owner ON cases (owner, created_at)",
    """CREATE TABLE IF NOT EXISTS threads (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, case_id TEXT NOT NULL, priors TEXT NOT NULL,
        created_at TEXT NOT NULL, memory TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS threads_of_case ON threads (owner, case_id)",
    """CREATE TABLE IF NOT EXISTS runs (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, thread_id TEXT NOT NULL, question TEXT NOT NULL,
        status TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT, report TEXT)""",
    "CREATE INDEX IF NOT EXISTS runs_of_thread ON runs (owner, thread_id, started_at)",
    """CREATE TABLE IF NOT EXISTS events (
        run_id TEXT NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (run_id, place))""",
    """CREATE TABLE IF NOT EXISTS pictures (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, run_id TEXT NOT NULL, media_type TEXT NOT NULL, content TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS remarks (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, case_id TEXT NOT NULL, template TEXT NOT NULL,
        claim_text TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, author TEXT NOT NULL, made_at TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS remarks_of_case ON remarks (owner, case_id)",
)

Row = Sequence[Any]


class Database:
    """One connection behind one lock: the writes are small, and the measuring is what takes time.

    Args:
        folder: where `server.sqlite` is kept.
        url: a Postgres URL instead.

    Raises:
        MissingPart: a Postgres URL without the package for it.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self._lock = RLock()
        self._postgres = url.startswith(("postgres://", "postgresql://"))
        self._connection = _postgres(url) if self._postgres else _sqlite(folder)
        for statement in _SCHEMA:
            self.write(statement)

    def write(self, statement: str, *values: Any) -> int:
        """Change rows; returns how many."""
        with self._lock:
            cursor = self._connection.execute(self._spelt(statement), values)
            self._connection.commit()
            return int(cursor.rowcount)

    def read(self, statement: str, *values: Any) -> list[Row]:
        """All rows of a question."""
        with self._lock:
            rows: list[Row] = self._connection.execute(self._spelt(statement), values).fetchall()
            return rows

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def _spelt(self, statement: str) -> str:
        return statement.replace("?", "%s") if self._postgres else statement


def _sqlite(folder: Path) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "server.sqlite", check_same_thread=False, timeout=30.0)
    # What was answered survives a killed process; a power cut may cost the last answer.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _postgres(url: str) -> Any:
    try:
        import psycopg
    except ImportError as absent:
        raise MissingPart('found no Postgres client; needed: pip install "calipers[postgres]"') from absent
    return psycopg.connect(url, autocommit=True)
