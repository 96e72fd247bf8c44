"""The async twins of the agent's methods: the same work in a thread, so that the event loop stays free."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from calipers.agent.events import Answer, Event
from calipers.ecg import Ecg, Sex
from calipers.report import Report

if TYPE_CHECKING:
    from calipers.tools.generate import Synthesis

Listen = Callable[[Event], None]


class AsyncTwins(ABC):
    """`ainterpret`, `aask`, `aresume`, `astream`, `asynthesise`: as their twins without the `a`."""

    interpret: Callable[..., Report]
    ask: Callable[..., Answer]
    resume: Callable[..., Answer]
    synthesise: Callable[..., Synthesis]

    @abstractmethod
    def stream(
        self,
        thread_id: str,
        text: str,
        ecg: Ecg | None = None,
        priors: Sequence[Ecg] = (),
        *,
        allow_synthetic: bool = False,
    ) -> Iterator[Event]:
        """The events of a question, as they happen."""

    async def ainterpret(
        self, ecg: Ecg, question: str | None = None, priors: Sequence[Ecg] = (), *, allow_synthetic: bool = False
    ) -> Report:
        """`interpret` without blocking the event loop."""
        return await asyncio.to_thread(self.interpret, ecg, question, priors, allow_synthetic=allow_synthetic)

    async def aask(
        self,
        thread_id: str,
        text: str,
        ecg: Ecg | None = None,
        priors: Sequence[Ecg] = (),
        *,
        listen: Listen | None = None,
        allow_synthetic: bool = False,
    ) -> Answer:
        """`ask` without blocking the event loop; `listen` is called in the thread that does the work."""
        return await asyncio.to_thread(
            self.ask, thread_id, text, ecg, priors, listen=listen, allow_synthetic=allow_synthetic
        )

    async def aresume(self, thread_id: str, value: Any, *, listen: Listen | None = None) -> Answer:
        """`resume` without blocking the event loop."""
        return await asyncio.to_thread(self.resume, thread_id, value, listen=listen)

    async def astream(
        self,
        thread_id: str,
        text: str,
        ecg: Ecg | None = None,
        priors: Sequence[Ecg] = (),
        *,
        allow_synthetic: bool = False,
    ) -> AsyncIterator[Event]:
        """`stream` without blocking the event loop."""
        events = await asyncio.to_thread(self.stream, thread_id, text, ecg, priors, allow_synthetic=allow_synthetic)
        while (event := await asyncio.to_thread(next, events, None)) is not None:
            yield event

    async def asynthesise(
        self, text: str, age: float | None = None, sex: Sex | None = None, seed: int | None = None
    ) -> Synthesis:
        """`synthesise` without blocking the event loop."""
        return await asyncio.to_thread(self.synthesise, text, age, sex, seed)
