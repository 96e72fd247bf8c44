"""Conversations on disk: SQLite checkpoints under `CALIPERS_HOME`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from langgraph.checkpoint.sqlite import SqliteSaver


def open_checkpoints(home: Path) -> tuple[SqliteSaver, sqlite3.Connection]:
    """The saver and its connection, which the caller closes. Threads survive a restart."""
    home.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(home / "threads.sqlite", check_same_thread=False, timeout=30.0)
    saver = SqliteSaver(connection)
    saver.setup()
    return saver, connection
