"""One answer in the making: what has happened so far, and who is told."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from calipers.agent.server.rows import RunRow, RunStatus, ThreadRow, WireEvent
from calipers.agent.server.workspace import Workspace
from calipers.errors import CalipersError

#: What a run stays in until somebody acts; nothing more will come of it by itself.
ENDED: Final[frozenset[RunStatus]] = frozenset({"waiting", "done", "failed", "cancelled", "lost"})


class GivenUp(CalipersError):
    """The run was cancelled or has outlived its time: whatever it still finds out is not wanted."""


@dataclass(eq=False)
class LiveRun:
    """One answer in the making.

    Attributes:
        events: what has happened so far, each kept in the database as well.
        status: what has become of it.
        turn: counts the attempts at it; only the present one is listened to.
        busy: threads that still work for it, wanted or not.
        changed: set whenever there is something new to tell.
        settled: set when its present attempt has ended, or is not wanted any more.
    """

    workspace: Workspace
    thread: ThreadRow
    row: RunRow
    loop: asyncio.AbstractEventLoop
    events: list[WireEvent]
    status: RunStatus = "queued"
    turn: int = 0
    busy: int = 0
    started: float = field(default_factory=time.perf_counter)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    lock: Lock = field(default_factory=Lock)

    def add(self, name: str, data: dict[str, Any]) -> None:
        """Keep one event and wake whoever listens; callable from any thread."""
        event = WireEvent(name, data)
        self.workspace.records.add_event(self.row.id, len(self.events), event)
        self.events.append(event)
        self.loop.call_soon_threadsafe(self.changed.set)

    def become(self, status: RunStatus) -> None:
        """Change the status; callable from any thread."""
        self.workspace.records.set_status(self.row.id, status)
        self.status = status
        self.loop.call_soon_threadsafe(self.changed.set)
        if status in ENDED:
            self.loop.call_soon_threadsafe(self.settled.set)
