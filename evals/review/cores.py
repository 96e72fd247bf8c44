"""What a second core of this machine is worth, to judge a review's second worker by.

python -m calipers.evals.review.cores

Three loops that share nothing, no disk, no parent and no model: additions, sorting of small arrays, and one ECG
measured and interpreted again and again. Each is counted in one process alone and in two at once. Virtual cores that
are two threads of one core are worth less than two, and no program can gain more from them than these loops do.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any, Final

_SECONDS: Final = 6.0


def additions() -> None:
    """Python's own work."""
    total = 0
    for number in range(100_000):
        total += number * number


def sorting() -> None:
    """Work in native code within the nearest cache."""
    import numpy as np

    for seed in range(20):
        np.sort(np.random.default_rng(seed).random(20_000))


def interpretation() -> None:
    """A case without its files."""
    from calipers.agent.audit import SingleCase
    from calipers.agent.choice import choose
    from calipers.agent.graph import build_graph
    from calipers.models.simulator import Specification, simulate

    if not _KEPT:
        _KEPT.append((build_graph(), choose("none"), simulate(Specification("sinus", rate=75), 1).ecg))
    SingleCase(*_KEPT[0]).interpret()


#: The graph, the model and the ECG of `interpretation`, once a process.
_KEPT: Final[list[tuple[Any, ...]]] = []
LOOPS: Final[tuple[Callable[[], None], ...]] = (additions, sorting, interpretation)


def rates(loop: Callable[[], None], processes: int) -> float:
    """Rounds a second of all processes together."""
    with get_context("spawn").Pool(processes, _one_thread) as pool:
        pool.map(_warm, [loop] * processes, chunksize=1)
        return sum(pool.map(_counted, [loop] * processes, chunksize=1))


def _one_thread() -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def _warm(loop: Callable[[], None]) -> None:
    loop()
    time.sleep(0.5)  # no process takes both rounds


def _counted(loop: Callable[[], None]) -> float:
    began, rounds = time.monotonic(), 0
    while time.monotonic() < began + _SECONDS:
        loop()
        rounds += 1
    return rounds / (time.monotonic() - began)


def main() -> None:
    """Print a line a loop: how many times as much two processes do as one."""
    for loop in LOOPS:
        alone, both = rates(loop, 1), rates(loop, 2)
        print(json.dumps({"loop": loop.__name__, "alone": round(alone, 2), "gain": round(both / alone, 2)}), flush=True)


if __name__ == "__main__":
    main()
