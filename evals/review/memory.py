"""What the worker processes of a review hold while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import psutil

_WORKER = "calipers.agent.batch.worker"


@dataclass
class Held:
    """Resident memory of each worker over time, megabytes by process."""

    mb: dict[int, list[float]] = field(default_factory=dict)

    def facts(self) -> dict[str, float]:
        """The highest of any worker; and of the longest-lived one the medians of its second and last tenth."""
        longest = max(self.mb.values(), key=len, default=[])
        tenth = len(longest) // 10
        facts = {"peak": max((max(each) for each in self.mb.values()), default=0.0)}
        if tenth:
            facts |= {"second_tenth": _median(longest[tenth : 2 * tenth]), "last_tenth": _median(longest[-tenth:])}
        return {name: round(value) for name, value in facts.items()}


@contextmanager
def watched() -> Iterator[Held]:
    """Look at the workers once a second, wherever below this process they are."""
    held, ended = Held(), Event()
    watcher = Thread(target=_watch, args=(held, ended), daemon=True)
    watcher.start()
    try:
        yield held
    finally:
        ended.set()
        watcher.join()


def _watch(held: Held, ended: Event) -> None:
    me = psutil.Process()
    while not ended.wait(1.0):
        # Ray's are grandchildren; all processes of the machine would take a twentieth of a core to look through.
        for process in me.children(recursive=True):
            try:
                if _WORKER in process.cmdline():
                    held.mb.setdefault(process.pid, []).append(process.memory_info().rss / 1e6)
            except psutil.Error:
                continue


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
