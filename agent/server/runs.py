"""Answers being made: each runs in a thread of its own, is kept event by event, and outlives its listener.

A closed page loses nothing; a page that comes back listens on. A model that does not answer in time is given
up, and measurements and criteria answer in its place.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from calipers.agent.server.live import ENDED, GivenUp, LiveRun
from calipers.agent.server.rows import RunRow, RunStatus, ThreadRow, WireEvent
from calipers.agent.server.telling import finish, wire_event
from calipers.agent.server.workspace import Workspace
from calipers.errors import CalipersError, UsageError

if TYPE_CHECKING:
    from calipers.agent.api import Agent
    from calipers.agent.events import Answer, Event

logger = logging.getLogger(__name__)
#: An idle stream says so, so that no proxy takes it for dead.
_KEEP_ALIVE_S: Final = 15.0
#: How long the server waits for answers in the making when it stops, and how often it looks.
_PATIENCE_S: Final = 3.0
_GLANCE_S: Final = 0.02


class Runs:
    """All answers of the server.

    Args:
        timeout_s: when a language model is given up.
        most: how many are computed at once.
    """

    def __init__(self, timeout_s: float, most: int) -> None:
        self._timeout_s = timeout_s
        self._slots = asyncio.Semaphore(most)
        self._live: dict[str, LiveRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, workspace: Workspace, thread: ThreadRow, text: str) -> LiveRun:
        """Begin to answer; the question is kept before anything else happens.

        Raises:
            UsageError: the conversation is still busy with another question.
        """
        for other in self._of_thread(thread.id):
            if other.status not in ENDED:
                raise UsageError("found a question still being answered; needed its end, or to cancel it")
            if other.busy:
                # The given-up model still writes into the old memory.
                thread = workspace.records.fresh_memory(thread.id)
        for row in workspace.records.runs(thread.id):
            if row.status == "waiting":
                workspace.records.set_status(row.id, "cancelled")
        run = self._open(workspace, thread, workspace.records.add_run(thread.id, text), [])
        self._start(run, lambda agent, listen: self._asked(run, agent, listen))
        return run

    def resume(self, workspace: Workspace, thread: ThreadRow, value: bool | str) -> LiveRun:
        """Go on with a conversation that was interrupted with a question back.

        Raises:
            UsageError: nothing waits for an answer.
        """
        waiting = [row for row in workspace.records.runs(thread.id) if row.status == "waiting"]
        if not waiting:
            raise UsageError("found nothing that waits for an answer in this conversation")
        run = self._open(workspace, thread, waiting[-1], workspace.records.events(waiting[-1].id))
        self._start(run, lambda agent, listen: agent.resume(thread.memory, value, listen=listen))
        return run

    def cancel(self, workspace: Workspace, thread_id: str) -> bool:
        """End what is being answered or waits; the question stays. Says whether there was anything."""
        ended = False
        for run in self._of_thread(thread_id):
            if run.status not in ENDED:
                self._end(run, "cancelled", "error", {"message": "Cancelled.", "kind": "cancelled"})
                ended = True
        for row in workspace.records.runs(thread_id):
            if row.status == "waiting":
                workspace.records.set_status(row.id, "cancelled")
                ended = True
        return ended

    async def close(self) -> None:
        """Listen to nothing any more and give the threads a moment to end; what is unfinished is asked again."""
        for run in self._live.values():
            run.turn += 1
        for _ in range(round(_PATIENCE_S / _GLANCE_S)):
            if not any(run.busy for run in self._live.values()):
                return
            await asyncio.sleep(_GLANCE_S)

    def live(self, run_id: str) -> LiveRun | None:
        """An answer in the making, or one just made."""
        return self._live.get(run_id)

    async def follow(self, run: LiveRun, place: int = 0) -> AsyncIterator[WireEvent | None]:
        """Its events from one on, as they come, until it ends; None when nothing came for a while."""
        while True:
            run.changed.clear()
            ended = run.status in ENDED
            while place < len(run.events):
                yield run.events[place]
                place += 1
            if ended:
                return
            try:
                await asyncio.wait_for(run.changed.wait(), _KEEP_ALIVE_S)
            except TimeoutError:
                yield None

    def _of_thread(self, thread_id: str) -> list[LiveRun]:
        return [run for run in self._live.values() if run.thread.id == thread_id]

    def _open(self, workspace: Workspace, thread: ThreadRow, row: RunRow, events: list[WireEvent]) -> LiveRun:
        self._live = {key: run for key, run in self._live.items() if run.busy or run.status not in ENDED}
        run = LiveRun(workspace, thread, row, asyncio.get_running_loop(), events)
        self._live[row.id] = run
        return run

    def _start(self, run: LiveRun, work: _Work) -> None:
        task = asyncio.create_task(self._supervise(run, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _supervise(self, run: LiveRun, work: _Work) -> None:
        async with self._slots:
            if run.status in ENDED:
                return
            run.become("running")
            if await self._within_time(run, run.workspace.agent, work):
                return
            run.add("token", {"text": _GAVE_UP, "kind": "notice"})

            def plainly(agent: Agent, listen: Listen) -> Answer:
                return self._asked(run, agent, listen, memory=f"{run.thread.memory}.plain")

            if not await self._within_time(run, run.workspace.plain_agent, plainly):
                self._end(run, "failed", "error", {"message": _TOO_LONG, "kind": "timeout"})

    async def _within_time(self, run: LiveRun, agent: Agent, work: _Work) -> bool:
        """One attempt; False when its time is over."""
        run.turn += 1
        turn = run.turn
        run.settled.clear()

        def attempt() -> None:
            try:
                self._attempt(run, turn, agent, work)
            finally:
                run.busy -= 1
                if turn == run.turn:
                    run.loop.call_soon_threadsafe(run.settled.set)

        run.busy += 1
        # A daemon, because a model that hangs must not keep the server from stopping.
        Thread(target=attempt, name=run.row.id, daemon=True).start()
        try:
            await asyncio.wait_for(run.settled.wait(), self._timeout_s)
        except TimeoutError:
            with run.lock:
                run.turn += 1
            return run.status in ENDED
        return True

    def _attempt(self, run: LiveRun, turn: int, agent: Agent, work: _Work) -> None:
        def listen(event: Event) -> None:
            with run.lock:
                if turn != run.turn or run.status in ENDED:
                    raise GivenUp("found an answer that nobody waits for")
                if (wire := wire_event(event)) is not None:
                    run.add(*wire)

        try:
            answer = work(agent, listen)
            with run.lock:
                if turn == run.turn and run.status not in ENDED:
                    finish(run, answer)
        except GivenUp:
            return
        except CalipersError as problem:
            self._end(run, "failed", "error", {"message": str(problem), "kind": "refused"}, turn)
        except Exception as bug:
            # A bug of ours must not take the server down; it is logged whole and told in one line.
            logger.exception("run %s", run.row.id)
            message = f"Calipers failed on this question ({type(bug).__name__}); the measurements are not affected."
            self._end(run, "failed", "error", {"message": message, "kind": "bug"}, turn)

    def _asked(self, run: LiveRun, agent: Agent, listen: Listen, memory: str | None = None) -> Answer:
        desk = run.workspace
        ecg = desk.case(desk.records.case(run.thread.case_id)).ecg
        priors = [desk.case(desk.records.case(prior)).ecg for prior in run.thread.priors]
        # A generated ECG is marked as such wherever it is shown, and so is every claim about it.
        return agent.ask(
            memory or run.thread.memory, run.row.question, ecg, priors, listen=listen, allow_synthetic=ecg.synthetic
        )

    def _end(self, run: LiveRun, status: RunStatus, name: str, data: dict[str, Any], turn: int | None = None) -> None:
        with run.lock:
            if run.status not in ENDED and turn in (None, run.turn):
                run.add(name, data)
                run.become(status)


Listen = Callable[["Event"], None]
_Work = Callable[["Agent", Listen], "Answer"]
_GAVE_UP: Final = "The language model did not answer in time; measurements and criteria answer instead."
_TOO_LONG: Final = "The answer took too long and was given up; the question is kept and can be asked again."
