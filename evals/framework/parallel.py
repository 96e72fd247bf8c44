"""The same work on many records: on two processes, with a bar, in order, with bounded memory."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from calipers.evals.framework.fingerprint import fingerprint, imported
from calipers.evals.framework.journal import Journal, journal_path
from calipers.evals.framework.provenance import asked
from calipers.evals.framework.task import Options

Job = TypeVar("Job")
Done = TypeVar("Done")


def each(work: Callable[[Job], Done], jobs: Iterable[Job], total: int, what: str, options: Options) -> list[Done]:
    """`work` on every job, results in the order of the jobs.

    With `options.out` each result is written there as it comes, and what an earlier run of the same code and
    options left there is not done again.

    Args:
        work: a module's own function, so that another process finds it.
        jobs: made one by one; only a few wait at a time.
        total: how many there are, for the bar.
        what: what the bar says.
        options: how many processes, and whether to show the bar.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = not (options.show_progress and console.is_terminal)
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        journal = _journal(work, total, what, options)
        done = journal.held()[:total] if journal is not None else []
        task = bar.add_task(what, total=total, completed=len(done))
        if journal is not None and done:
            options.modules.update(journal.modules())
        workers = min(options.workers, total - len(done))
        results = _in_order(work, islice(jobs, len(done), None), workers, options.modules)
        for result in results if journal is None else journal.follow(results, len(done)):
            done.append(result)
            bar.advance(task)
            if journal is not None:
                journal.note_modules(options.modules | imported())
        return done


def _journal(work: Callable[..., Done], total: int, what: str, options: Options) -> Journal[Done] | None:
    module = getattr(work, "__module__", "")
    if options.out is None or not module.startswith("calipers."):
        return None
    run = {
        **fingerprint(module)._asdict(),
        **asked(options),
        "data": str(options.data),
        "work": f"{module}.{work.__qualname__}",
        "total": total,
    }
    options.passes[what] += 1
    repeated = f" {options.passes[what]}" if options.passes[what] > 1 else ""
    return Journal(journal_path(options.out, what + repeated), run, work)


def _in_order(work: Callable[[Job], Done], jobs: Iterable[Job], workers: int, modules: set[str]) -> Iterator[Done]:
    if workers <= 1:
        yield from map(work, jobs)
        return
    # A fresh interpreter for each: inference sessions do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting: deque[Future[tuple[Done, frozenset[str]]]] = deque()

        def first() -> Done:
            result, new = waiting.popleft().result()
            modules.update(new)
            return result

        for job in jobs:
            waiting.append(pool.submit(_with_modules, work, job))
            if len(waiting) >= 4 * workers:
                yield first()
        while waiting:
            yield first()


#: What this worker has told of already.
_told: set[str] = set()


def _with_modules(work: Callable[[Job], Done], job: Job) -> tuple[Done, frozenset[str]]:
    """A worker's result, with the modules that it has imported since the one before."""
    result = work(job)
    new = imported() - _told
    _told.update(new)
    return result, new
