"""The local engine: as many worker processes as asked for, each with one case at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread

from calipers.agent.batch.case_input import CaseInput
from calipers.agent.batch.single_file import Outcome, Setup
from calipers.agent.batch.supervised import Worker, attempt


def outcomes(cases: Sequence[CaseInput], setup: Setup, *, workers: int, limit_s: float) -> Iterator[Outcome]:
    """The outcomes of all cases, as they finish.

    Args:
        cases: in the order in which they are begun.
        setup: what they share.
        workers: processes at a time.
        limit_s: after which a case is given up.
    """
    waiting: SimpleQueue[CaseInput] = SimpleQueue()
    for case in cases:
        waiting.put(case)
    done: SimpleQueue[Outcome | BaseException] = SimpleQueue()
    stop = Event()
    crew = [Worker(setup, limit_s) for _ in range(min(workers, len(cases)))]

    def serve(worker: Worker) -> None:
        try:
            while not stop.is_set():
                try:
                    case = waiting.get_nowait()
                except Empty:
                    return
                done.put(attempt(worker, case, wanted=lambda: not stop.is_set()))
        except BaseException as defect:  # a defect of ours belongs to whoever waits for the outcomes
            done.put(defect)
            raise

    threads = [Thread(target=serve, args=(worker,), daemon=True) for worker in crew]
    try:
        for thread in threads:
            thread.start()
        for _ in cases:
            outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        stop.set()
        for worker in crew:
            worker.end()
        for thread in threads:
            thread.join(timeout=10)
