"""Taking again what has gone stale: two tasks at a time, each in a process of its own, resumable."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from calipers.errors import UsageError
from calipers.evals.framework import Result
from calipers.evals.results.store import FOLDER, SavedResults, stale, take

PLAN: Final = Path(__file__).with_name("plan.yaml")
LANES: Final = 2
#: What a task is taken to need that never ran here, seconds.
_UNKNOWN_S: Final = 300.0

Say = Callable[[str], None]


class Taking(NamedTuple):
    """How a saved result is taken."""

    name: str
    arguments: tuple[str, ...]
    alone: bool


def plan() -> list[Taking]:
    """Every saved result that one command takes."""
    entries: Mapping[str, Mapping[str, object]] = yaml.safe_load(PLAN.read_text(encoding="utf-8"))
    return [
        Taking(name, tuple(map(str, one["arguments"])), bool(one.get("alone")))  # type: ignore[call-overload]
        for name, one in entries.items()
    ]


def due(names: Sequence[str], results: Mapping[str, Result]) -> list[Taking]:
    """What is absent or stale, of the given names where there are any, the longest first.

    Raises:
        UsageError: a name is not in the plan.
    """
    known = {one.name: one for one in plan()}
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"found no `{unknown[0]}` in {PLAN.name}; needed one of {', '.join(known)}")
    gone = stale(results)
    wanted = [one for name, one in known.items() if name in (names or known) and (name not in results or name in gone)]
    return sorted(wanted, key=lambda one: -(results[one.name].seconds if one.name in results else _UNKNOWN_S))


def renew(names: Sequence[str], run: Path, minutes: float, say: Say = print, folder: Path = FOLDER) -> list[str]:
    """Take what is due, save each as it ends, and return what failed or was not begun in time.

    Args:
        names: of results; none for all that are due.
        run: a folder for each result's run; what an earlier call left there is kept where it still holds.
        minutes: nothing is begun after so long.
        say: where progress goes.
        folder: of saved results.
    """
    folder.mkdir(parents=True, exist_ok=True)
    takings = due(names, SavedResults(folder))
    end = time.monotonic() + 60.0 * minutes
    left: list[str] = []

    def one(taking: Taking) -> None:
        if time.monotonic() > end:
            say(f"{taking.name}: not begun, {minutes:g} minutes are over")
            left.append(taking.name)
            return
        began = time.monotonic()
        code = _eval(taking, run / taking.name)
        say(f"{taking.name}: {'taken' if code == 0 else f'failed with {code}'}, {time.monotonic() - began:.0f} s")
        if code == 0:
            take(run / taking.name, folder)
        else:
            left.append(taking.name)

    _each(one, (taking for taking in takings if not taking.alone), LANES)
    _each(one, (taking for taking in takings if taking.alone), 1)
    return left


def _each(work: Callable[[Taking], None], takings: Iterable[Taking], lanes: int) -> None:
    with ThreadPoolExecutor(lanes) as pool:
        list(pool.map(work, takings))


def _eval(taking: Taking, out: Path) -> int:
    """The task's exit code; what it prints goes to `log` in its folder."""
    out.mkdir(parents=True, exist_ok=True)
    workers = [] if taking.alone else ["--workers", "1"]
    command = [
        sys.executable,
        "-m",
        "calipers.agent.cli",
        "eval",
        *taking.arguments,
        *workers,
        "--out",
        str(out),
        "--resume",
    ]
    single = {} if taking.alone else {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with (out / "log").open("w", encoding="utf-8") as log:
        return subprocess.run(command, stdout=log, stderr=log, env={**os.environ, **single}, check=False).returncode
