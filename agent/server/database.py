"""The server's own tables: cases, threads, runs with their events, remarks. SQLite, or Postgres by setting.

Every row carries its user, and every question to a table names one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final, Protocol

from calipers.agent.postgres import postgres_pool

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
    """The tables; safe for several threads. The writes are small, and the measuring is what takes time.

    Args:
        folder: where `server.sqlite` is kept.
        url: a Postgres URL instead.

    Raises:
        MissingPart: a Postgres URL without the package for it.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self._postgres = url.startswith(("postgres://", "postgresql://"))
        self._source: _Source = _Pool(url) if self._postgres else _Sqlite(folder)
        for statement in _SCHEMA:
            self.write(statement)

    def write(self, statement: str, *values: Any) -> int:
        """Change rows; returns how many."""
        with self._source.connection() as connection:
            cursor = connection.execute(self._spelt(statement), values)
            connection.commit()
            return int(cursor.rowcount)

    def read(self, statement: str, *values: Any) -> list[Row]:
        """All rows of a question."""
        with self._source.connection() as connection:
            rows: list[Row] = connection.execute(self._spelt(statement), values).fetchall()
            return rows

    def close(self) -> None:
        """Close what is open."""
        self._source.close()

    def _spelt(self, statement: str) -> str:
        return statement.replace("?", "%s") if self._postgres else statement


class _Source(Protocol):
    """Lends a connection, to one thread at a time."""

    def connection(self) -> AbstractContextManager[Any]: ...

    def close(self) -> None: ...


class _Sqlite:
    """One connection behind one lock."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._connection = sqlite3.connect(folder / "server.sqlite", check_same_thread=False, timeout=30.0)
        # What was answered survives a killed process; a power cut may cost the last answer.
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class _Pool:
    """A few connections to Postgres; one that was cut off is replaced."""

    def __init__(self, url: str) -> None:
        self._pool = postgres_pool(url)

    def connection(self) -> AbstractContextManager[Any]:
        lent: AbstractContextManager[Any] = self._pool.connection()
        return lent

    def close(self) -> None:
        self._pool.close()
