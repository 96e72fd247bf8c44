"""Conversations: threads of questions about one ECG, checkpointed so that they outlive the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Event as Flag
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from calipers.agent.case_store import CaseStore, case_key
from calipers.agent.context import RunContext
from calipers.agent.events import Answer, DoneEvent, ErrorEvent, Event, InterruptEvent
from calipers.agent.library import Library
from calipers.agent.state import State, fresh_run
from calipers.ecg import Ecg
from calipers.errors import CalipersError, UsageError
from calipers.tools.compare import require_comparable

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from calipers.agent.graph import Graph


class _NotListening(Exception):
    """The one who read the stream has left: the run ends at its next event."""


class Threads:
    """All conversations of one agent.

    Args:
        home: where the checkpoints are.
        library: the criteria and guidelines in use.
    """

    def __init__(self, home: Path, library: Library) -> None:
        self._home, self._library = home, library
        self._opened: Graph | None = None
        self._close: Callable[[], None] | None = None
        self._opening = Lock()

    def question(self, store: CaseStore, thread_id: str, text: str, ecg: Ecg | None, priors: Sequence[Ecg]) -> State:
        """The input of one run: the question, and the ECG and priors that it is about.

        Raises:
            UsageError: no ECG was given in this thread, or a prior is another patient's, or synthetic.
        """
        if ecg is not None:
            store.put(ecg)
            return fresh_run(case_key(ecg), "ask", text, _stored(store, ecg, priors))
        values = self._values(thread_id)
        known = self.case_of(thread_id)
        given = _stored(store, store.get(known).ecg, priors) if priors else values.get("priors", [])
        return fresh_run(known, "ask", text, given)

    def case_of(self, thread_id: str) -> str:
        """The key of the case that a conversation is about.

        Raises:
            UsageError: there is no such conversation.
        """
        known = self._values(thread_id).get("case")
        if known is None:
            raise UsageError(f"found no ECG in thread `{thread_id}`; needed one with the first question")
        return str(known)

    def run(self, thread_id: str, start: Any, context: RunContext) -> Answer:
        """One run to its end, or to a question back."""
        history = len(self._values(thread_id).get("messages", ())) if context.bundles else 0
        with self._library.in_use():
            result = self._graph().invoke(start, _config(thread_id), context=context)
        pending = result.get("__interrupt__") if isinstance(result, dict) else None
        if pending:
            value = dict(pending[0].value)
            context.listen(InterruptEvent(value=value))
            return Answer(text="", interrupt=value, steps=tuple(context.steps))
        report = context.report
        if report is None:
            raise UsageError(f"found nothing to resume in thread `{thread_id}`")
        if context.bundles:
            from calipers.agent.audit import keep_bundle

            with self._library.in_use():
                keep_bundle(context, result, history)
        answer = Answer(
            text=report.answer or "",
            claims=report.claims,
            withheld=report.withheld,
            steps=tuple(context.steps),
            report=report,
            pictures=tuple(context.pictures),
            syntheses=tuple(context.syntheses),
        )
        context.listen(DoneEvent(answer=answer))
        return answer

    def close(self) -> None:
        """Close the checkpoint database; a run that is not over ends at its next step."""
        with self._opening:
            if self._close is not None:
                self._close()
            self._close, self._opened = None, None

    def _values(self, thread_id: str) -> dict[str, Any]:
        return dict(self._graph().get_state(_config(thread_id)).values)

    def _graph(self) -> Graph:
        with self._opening:
            if self._opened is None:
                from calipers.agent.checkpoints import open_checkpoints
                from calipers.agent.graph import build_graph

                saver, self._close = open_checkpoints(self._home)
                self._opened = build_graph(saver)
            return self._opened


def streamed(name: str, run: Callable[[Callable[[Event], None]], Answer]) -> Iterator[Event]:
    """The events of a run as they happen; the run is in a thread of its own, and ends when nobody listens any more.

    Args:
        name: of the thread.
        run: told where its events go.

    Raises:
        Exception: whatever defect ended the run; what was refused comes as an `ErrorEvent`.
    """
    queue: SimpleQueue[Event | BaseException | None] = SimpleQueue()
    left = Flag()

    def tell(event: Event) -> None:
        if left.is_set():
            raise _NotListening
        queue.put(event)

    def work() -> None:
        try:
            run(tell)
        except _NotListening:
            pass
        except CalipersError as problem:
            queue.put(ErrorEvent(message=str(problem)))
        # Whatever it is belongs to whoever reads the stream, not to this thread.
        except BaseException as defect:  # noqa: BLE001
            queue.put(defect)
        finally:
            queue.put(None)

    Thread(target=work, name=name, daemon=True).start()
    try:
        while (event := queue.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        left.set()


def _stored(store: CaseStore, ecg: Ecg, priors: Sequence[Ecg]) -> list[str]:
    for prior in priors:
        require_comparable(ecg, prior)
        store.put(prior)
    return [case_key(prior) for prior in priors]


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}
