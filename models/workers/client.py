"""Start, ask, watch and stop the process of a published model."""

from __future__ import annotations

import atexit
import queue
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, ValidationError

from calipers.errors import MissingPart, ModelFailed
from calipers.models.workers.protocol import Answered, Question, Ready, Refused, packed
from calipers.models.workers.published import Published, published
from calipers.models.workers.requirements import weights_folder, why_not
from calipers.settings import settings

#: Reading sixteen gigabytes from a disk takes this long at worst.
_LOADING_S: Final = 600.0
_STOPPING_S: Final = 5.0
_LOOK_EVERY_S: Final = 0.25
_SAID: Final[TypeAdapter[Ready | Answered | Refused]] = TypeAdapter(
    Annotated[Ready | Answered | Refused, Field(discriminator="kind")]
)


class Worker:
    """One published model in a process of its own, started at the first question and kept for the next.

    A worker that dies is started again with the next question. Safe for several threads; they wait their turn.

    Args:
        model: which one.
        loading_s: how long it may take to load.
    """

    def __init__(self, model: Published, loading_s: float = _LOADING_S) -> None:
        self.model = model
        self.loading_s = loading_s
        self._alone = Lock()
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.Queue[str | None] = queue.Queue()
        self._complaints: deque[str] = deque(maxlen=20)
        self._listening: Thread | None = None
        self._asked = 0

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def ask(
        self,
        question: str,
        page_png: bytes,
        signal: NDArray[np.float32] | None,
        *,
        longest: int | None = None,
        seconds: float | None = None,
    ) -> str:
        """Ask about an ECG.

        Args:
            question: in words.
            page_png: the drawn ECG.
            signal: (12, 5000) millivolts at 500 Hz (`inputs.time_series`); a model without an encoder is sent none.
            longest: tokens of the answer; the model's own limit by default.
            seconds: how long it may take once loaded; `CALIPERS_WORKER_SECONDS` by default.

        Raises:
            MissingPart: weights, a package or the GPU are not there.
            ModelFailed: it took too long, took too much memory, died, or could not answer.
        """
        import base64

        with self._alone:
            if not self.running:
                self._start()
            self._asked += 1
            asked = Question(
                number=self._asked,
                text=question,
                page_png=base64.b64encode(page_png).decode(),
                signal=packed(signal) if signal is not None and self.model.takes_signal else "",
                longest=min(longest or self.model.longest_answer, self.model.longest_answer),
            )
            self._send(asked.model_dump_json())
            said = self._wait(seconds or settings().worker_seconds, "answer")
        if isinstance(said, Answered) and said.number == asked.number:
            return said.text
        reason = said.reason if isinstance(said, Refused) else "it answered another question"
        raise ModelFailed(f"{self.model.name}: {reason}")

    def stop(self) -> None:
        """End the process; the next question starts it again."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_STOPPING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self) -> None:
        if problem := why_not(self.model):
            raise MissingPart(f"`{self.model.name}` cannot run: {problem}")
        self.stop()
        chosen = settings()
        self._said, self._complaints = queue.Queue(), deque(maxlen=20)
        self._process = subprocess.Popen(
            [
                str(chosen.worker_python or sys.executable),
                "-m",
                "calipers.models.workers.serve",
                self.model.name,
                str(weights_folder(self.model)),
                chosen.worker_precision,
                chosen.worker_device,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        _follow(self._process.stdout, self._said.put)
        self._listening = _follow(self._process.stderr, self._complain)
        said = self._wait(self.loading_s, "load")
        if isinstance(said, Refused):
            self.stop()
            raise MissingPart(f"`{self.model.name}` cannot run: {said.reason}")

    def _send(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except OSError as problem:
            raise ModelFailed(f"{self.model.name} is gone: {self._last_words()}") from problem

    def _wait(self, seconds: float, what: str) -> Ready | Answered | Refused:
        """The next thing it says, while its time and memory last."""
        ends = time.monotonic() + seconds
        while True:
            try:
                line = self._said.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                self._check_limits(ends, seconds, what)
                continue
            if line is None:
                last = self._last_words()
                self.stop()
                raise ModelFailed(f"{self.model.name} ended before it could {what}: {last}")
            try:
                return _SAID.validate_json(line)
            except ValidationError as problem:
                self._kill()
                raise ModelFailed(f"{self.model.name} said something that is no answer: {line[:80]!r}") from problem

    def _check_limits(self, ends: float, seconds: float, what: str) -> None:
        assert self._process is not None
        limit_gb, held_gb = settings().worker_memory_gb, _held_gb(self._process.pid)
        if limit_gb is not None and held_gb > limit_gb:
            self._kill()
            raise ModelFailed(
                f"{self.model.name} took {held_gb:.1f} GB of memory; CALIPERS_WORKER_MEMORY_GB is {limit_gb:g}"
            )
        if time.monotonic() > ends:
            self._kill()
            raise ModelFailed(f"{self.model.name} took more than {seconds:g} s to {what} and was stopped")

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
        self.stop()

    def _complain(self, line: str | None) -> None:
        if line is not None and line.strip():
            self._complaints.append(line.strip())

    def _last_words(self) -> str:
        if self._listening is not None:
            # The reason stands on the standard error, which closes a little after the standard output.
            self._listening.join(_STOPPING_S)
        code = self._process.poll() if self._process is not None else None
        return self._complaints[-1][:300] if self._complaints else f"exit code {code}, without a word"


@cache
def worker_for(name: str) -> Worker:
    """The worker of a published model, one for this process; it ends with it.

    Raises:
        UsageError: no published model is called that.
    """
    worker = Worker(published(name))
    atexit.register(worker.stop)
    return worker


def _follow(stream: IO[str], take: Callable[[str | None], None]) -> Thread:
    """Hand each line of a stream on as it comes, and None at its end; the thread that does it."""

    def read() -> None:
        with stream:
            for line in stream:
                take(line)
        take(None)

    thread = Thread(target=read, daemon=True)
    thread.start()
    return thread


def _held_gb(pid: int) -> float:
    """Memory that a process holds for itself, in GB of 1e9 bytes; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    held = next((line.split()[1] for line in lines if line.startswith("RssAnon:")), "0")
    return int(held) * 1024 / 1e9
