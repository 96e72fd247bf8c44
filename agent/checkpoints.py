"""Conversations on disk: SQLite checkpoints under `CALIPERS_HOME`, or Postgres by `CALIPERS_DATABASE`."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from langgraph.checkpoint.sqlite import SqliteSaver

from calipers.errors import MissingPart, UsageError
from calipers.settings import settings

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

_MOST_CONNECTIONS: Final = 4
#: How long a database may take to answer for the first time.
_PATIENCE_S: Final = 15.0


def open_checkpoints(home: Path) -> tuple[BaseCheckpointSaver[Any], Any]:
    """The saver and its connection, which the caller closes. Threads survive a restart.

    Raises:
        MissingPart: a Postgres URL is set and the packages for it are not installed.
    """
    if settings().database:
        return _postgres(settings().database)
    home.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(home / "threads.sqlite", check_same_thread=False, timeout=30.0)
    saver = SqliteSaver(connection)
    saver.setup()
    return saver, connection


def _postgres(url: str) -> tuple[BaseCheckpointSaver[Any], Any]:
    pool = postgres_pool(url)
    from langgraph.checkpoint.postgres import PostgresSaver

    saver = PostgresSaver(pool)
    saver.setup()
    return saver, pool


def postgres_pool(url: str) -> Any:
    """A few connections to a Postgres database, each tried before it is lent: a restarted database is found again.

    Raises:
        MissingPart: the packages for it are not installed.
        UsageError: no database answers at the URL.
    """
    try:
        import langgraph.checkpoint.postgres  # noqa: F401
        from psycopg_pool import ConnectionPool, PoolTimeout
    except ImportError as absent:
        raise MissingPart('found no Postgres client; needed: pip install "calipers[postgres]"') from absent
    pool = ConnectionPool(
        url,
        min_size=1,
        max_size=_MOST_CONNECTIONS,
        kwargs={"autocommit": True, "prepare_threshold": 0},
        check=ConnectionPool.check_connection,
        open=True,
    )
    try:
        pool.wait(_PATIENCE_S)
    except PoolTimeout as silent:
        pool.close()
        raise UsageError(
            f"found no database at CALIPERS_DATABASE within {_PATIENCE_S:g} s; needed Postgres"
        ) from silent
    return pool
