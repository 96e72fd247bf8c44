"""Conversations on disk: SQLite checkpoints under `CALIPERS_HOME`, or Postgres by `CALIPERS_DATABASE`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.sqlite import SqliteSaver

from calipers.agent.postgres import postgres_pool
from calipers.settings import settings

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver


def open_checkpoints(home: Path) -> tuple[BaseCheckpointSaver[Any], Callable[[], None]]:
    """The saver, and what closes it. Threads survive a restart.

    Raises:
        MissingPart: a Postgres URL is set and the packages for it are not installed.
    """
    if settings().database:
        return _postgres(settings().database)
    home.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(home / "threads.sqlite", check_same_thread=False, timeout=30.0)
    saver = SqliteSaver(connection)
    saver.setup()

    def close() -> None:
        # A run of another thread may be writing: SQLite does not survive being closed under its hands.
        with saver.lock:
            connection.close()

    return saver, close


def _postgres(url: str) -> tuple[BaseCheckpointSaver[Any], Callable[[], None]]:
    pool = postgres_pool(url)
    from langgraph.checkpoint.postgres import PostgresSaver

    saver = PostgresSaver(pool)
    saver.setup()
    return saver, pool.close
