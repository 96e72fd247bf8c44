"""An agent's review of many ECGs, in worker processes of its own kind."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calipers.agent.batch import Engine, Progress, Reviewed
    from calipers.agent.batch.own_parts import OwnParts


class Reviews(ABC):
    """`review` and its async twin."""

    home: Path

    @abstractmethod
    def _for_workers(self) -> tuple[str | None, OwnParts]:
        """The model's name and the user's own parts, for worker processes to load.

        Raises:
            UsageError: this agent holds what only this process has, or nothing may leave this machine.
        """

    def review(
        self,
        cases: str | Path | Sequence[str | Path],
        out: Path,
        *,
        workers: int = 1,
        resume: bool = False,
        retry_failed: bool = False,
        questions: Sequence[str] = (),
        engine: Engine = "local",
        listen: Callable[[Progress], None] | None = None,
    ) -> Reviewed:
        """Interpret many ECGs in worker processes: one report each, and what they come to, worst first.

        The workers have this agent's criteria and guidelines, and its tools and hooks where a module defines them.

        Args:
            cases: a folder, a pattern, a CSV, JSONL or Parquet manifest, or ECG files.
            out: the folder of the results.
            workers: processes at a time; each loads the model once.
            resume: go on with what an interrupted review left in `out`; what is asked anew is done anew.
            retry_failed: do those again that failed.
            questions: asked of each case.
            engine: `local` processes, or `ray`, on this machine or on the cluster of `RAY_ADDRESS`.
            listen: told of each case as it finishes.

        Raises:
            UsageError: there is no case, `out` cannot be used, or this agent holds what only this process has.
        """
        from calipers.agent.batch import find_cases
        from calipers.agent.batch import review as review_cases

        model, own = self._for_workers()
        return review_cases(
            find_cases(cases, leave_out=out),
            out,
            model=model,
            workers=workers,
            resume=resume,
            retry_failed=retry_failed,
            questions=questions,
            home=self.home,
            own=own,
            engine=engine,
            listen=listen or (lambda _: None),
        )

    async def areview(
        self,
        cases: str | Path | Sequence[str | Path],
        out: Path,
        *,
        workers: int = 1,
        resume: bool = False,
        retry_failed: bool = False,
        questions: Sequence[str] = (),
        engine: Engine = "local",
        listen: Callable[[Progress], None] | None = None,
    ) -> Reviewed:
        """`review` without blocking the event loop."""
        return await asyncio.to_thread(
            self.review,
            cases,
            out,
            workers=workers,
            resume=resume,
            retry_failed=retry_failed,
            questions=questions,
            engine=engine,
            listen=listen,
        )
