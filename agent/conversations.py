"""An agent's conversations: questions about one ECG, remembered under a name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from calipers.agent.case_store import CaseStore
from calipers.agent.context import RunContext
from calipers.agent.events import Answer, Event
from calipers.agent.generator import require_recorded
from calipers.agent.threads import Threads, streamed
from calipers.ecg import Ecg


class Conversations(ABC):
    """`ask`, `resume`, `stream`, and the ECG that a conversation is about."""

    store: CaseStore
    _threads: Threads

    @abstractmethod
    def _context(self, listen: Callable[[Event], None] | None = None) -> RunContext:
        """What a run carries."""

    def ask(
        self,
        thread_id: str,
        text: str,
        ecg: Ecg | None = None,
        priors: Sequence[Ecg] = (),
        *,
        listen: Callable[[Event], None] | None = None,
        allow_synthetic: bool = False,
    ) -> Answer:
        """Ask within a conversation; the ECG and its priors are given once and remembered with the thread.

        Args:
            thread_id: names the conversation.
            text: the question.
            ecg: the ECG under review; needed with the first question.
            priors: earlier ECGs of the same patient.
            listen: told of each step and claim as it happens; what it raises ends the run.
            allow_synthetic: speak of an ECG that a generator made; every claim then carries the mark.

        Raises:
            UsageError: no ECG was given in this thread, a prior carries another patient's identifier or is
                synthetic, or the ECG is synthetic and that was not allowed.

        Example:
            >>> agent.ask("ward 3", "how long is the PR?", ecg).text
            'PR interval 149 ms.'
            >>> agent.ask("ward 3", "and the QRS?").claims[0].evidence
            ('qrs',)
        """
        require_recorded(ecg or self.ecg_of(thread_id), allow_synthetic)
        start = self._threads.question(self.store, thread_id, text, ecg, priors)
        return self._threads.run(thread_id, start, self._context(listen))

    def resume(self, thread_id: str, value: Any, *, listen: Callable[[Event], None] | None = None) -> Answer:
        """Continue a conversation that was interrupted with a question back; `listen` as for `ask`."""
        from langgraph.types import Command

        return self._threads.run(thread_id, Command(resume=value), self._context(listen))

    def stream(
        self,
        thread_id: str,
        text: str,
        ecg: Ecg | None = None,
        priors: Sequence[Ecg] = (),
        *,
        allow_synthetic: bool = False,
    ) -> Iterator[Event]:
        """Like `ask`, but yields what happens as it happens: `step`, `token`, `claim`, `withheld` events.

        The last event is `done` with the answer, `interrupt` with a question back, or `error`.

        Example:
            >>> for event in agent.stream("ward 4", "is the PR prolonged?", ecg):
            ...     print(event.kind)
            step
            claim
            done
        """
        require_recorded(ecg or self.ecg_of(thread_id), allow_synthetic)
        start = self._threads.question(self.store, thread_id, text, ecg, priors)
        return streamed(f"calipers-{thread_id}", lambda tell: self._threads.run(thread_id, start, self._context(tell)))

    def ecg_of(self, thread_id: str) -> Ecg:
        """The ECG that a conversation is about.

        Raises:
            UsageError: there is no such conversation.
        """
        return self.store.get(self._threads.case_of(thread_id)).ecg
