"""A worker's process as its engine sees it: cases in, outcomes out; one that dies or hangs costs at most its own case."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Final

from calipers.agent.batch.case_input import CaseInput
from calipers.agent.batch.journal import Line
from calipers.agent.batch.single_file import Outcome, Setup

#: A worker may be killed for a reason that lies outside its case; the second time it is the case.
_ATTEMPTS: Final = 2
_ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class _Died(Exception):
    """The worker's process ended before it answered."""


class Worker:
    """One process, started when it is first asked.

    Args:
        setup: what its cases share.
        limit_s: after which a case is given up.
    """

    def __init__(self, setup: Setup, limit_s: float) -> None:
        self._setup, self._limit_s = setup, limit_s
        self._process: subprocess.Popen[str] | None = None

    def ask(self, case: CaseInput) -> Outcome:
        """The outcome of one case.

        Raises:
            _Died: with what is known of the end.
        """
        process = self._process or self._start()
        timer = Timer(self._limit_s, process.kill)
        timer.start()
        try:
            answer = self._exchange(process, case.model_dump_json())
        finally:
            timed_out = not timer.is_alive()
            timer.cancel()
        if answer.endswith("\n"):
            return Outcome.model_validate_json(answer)
        self.end()
        if timed_out:
            reason = f"found no end after {self._limit_s:g} s; needed a case that can be read in that time"
            return Outcome(line=Line(case=case.case, path=case.paths[0], status="failed", error=reason))
        raise _Died(_how_it_ended(process.returncode))

    def _exchange(self, process: subprocess.Popen[str], line: str) -> str:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a worker without pipes")
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            return process.stdout.readline()
        except (BrokenPipeError, ValueError):
            return ""

    def _start(self) -> subprocess.Popen[str]:
        with Path(self._setup.out, "workers.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "calipers.agent.batch.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                env=os.environ | _ONE_THREAD | {"PYTHONPATH": _where_modules_are()},
                # Ctrl-C reaches the review alone, which ends its workers itself.
                start_new_session=True,
            )
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # the first case will say so
                self._process.stdin.write(self._setup.model_dump_json() + "\n")
        return self._process

    def end(self) -> None:
        """Stop the process, whatever it is doing; whoever waits for its answer is told that there is none."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()


def attempt(worker: Worker, case: CaseInput, *, wanted: Callable[[], bool] = lambda: True) -> Outcome:
    """The outcome of one case, tried again in a new process where the first one died; `wanted` until the review ends."""
    reason = ""
    for _ in range(_ATTEMPTS):
        try:
            return worker.ask(case)
        except _Died as died:
            reason = str(died)
        if not wanted():
            break
    error = f"found a record at which the program itself ended, {_ATTEMPTS} times ({reason}); needed another file"
    return Outcome(line=Line(case=case.case, path=case.paths[0], status="failed", error=error))


def _where_modules_are() -> str:
    """Modules are found where this process finds them: the user's own tools and hooks are imported by name."""
    return os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), *sys.path)))


def _how_it_ended(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
