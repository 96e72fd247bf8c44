"""A review: what is left to do, who does it, and what is written when all is done."""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

from calipers.agent.batch.case_input import CaseInput
from calipers.agent.batch.index_page import index_page
from calipers.agent.batch.journal import FILE, Journal, Line, replace_file
from calipers.agent.batch.own_parts import OwnParts
from calipers.agent.batch.single_file import REPORTS, WORKER_MEMORY_GB, Outcome, Setup
from calipers.agent.batch.summary import RANKS, as_csv, rows, worst_first
from calipers.errors import UsageError
from calipers.settings import settings, version

Engine = Literal["local", "ray"]
SCHEMA: Final = "calipers.review/1"
CASE_LIMIT_S: Final = 600.0
_NOTHING_OWN: Final = OwnParts()
#: What must be equal for an interrupted review to be gone on with, in words.
_FACTS: Final = {
    "schema": "format",
    "calipers": "version of Calipers",
    "model": "model",
    "questions_sha256": "questions",
    "own_sha256": "criteria, guidelines, tools or hooks",
}


@dataclass(frozen=True)
class Progress:
    """How far a review is.

    Attributes:
        line: the case that has just finished.
        finished: cases that have, those of an earlier run included.
        total: all cases.
        seconds_left: at the rate so far.
        per_minute: cases a minute so far.
    """

    line: Line
    finished: int
    total: int
    seconds_left: float
    per_minute: float


@dataclass(frozen=True)
class Reviewed:
    """A finished review: its folder, its lines in the order of the input, and how many cases stand at each rank."""

    out: Path
    lines: tuple[Line, ...]
    counts: dict[str, int]

    @property
    def failed(self) -> int:
        """How many cases have no report."""
        return sum(line.status == "failed" for line in self.lines)


def review(
    cases: Sequence[CaseInput],
    out: Path,
    *,
    model: str | None = None,
    workers: int = 1,
    resume: bool = False,
    retry_failed: bool = False,
    questions: Sequence[str] = (),
    home: Path | None = None,
    own: OwnParts = _NOTHING_OWN,
    engine: Engine = "local",
    limit_s: float = CASE_LIMIT_S,
    memory_gb: float = WORKER_MEMORY_GB,
    listen: Callable[[Progress], None] = lambda _: None,
) -> Reviewed:
    """Interpret every case, each into its own folder below `out/reports`; then summary and index, worst first.

    Args:
        cases: as `find_cases` gives them.
        out: made if need be. It gets `cases.jsonl`, `summary.csv`, `index.html`, `run.json`.
        model: as for `Agent`, by name.
        workers: processes at a time; each loads the model once.
        resume: go on with what an interrupted review left in `out`. A finished case is not done again, unless
            something else is now asked of it: another file, age, sex, patient, question or prior.
        retry_failed: do those again that failed.
        questions: asked of each case; answers are in its `answers.json`.
        home: where guidelines and history are looked up; by default `CALIPERS_HOME`.
        own: the user's own criteria, guidelines, tools and hooks.
        engine: what the workers run on; every one writes the same bytes.
        limit_s: after which a case is given up and its line says so.
        memory_gb: the most that one worker may hold; a case that needs more fails with that reason.
        listen: told of each case as it finishes.

    Raises:
        UsageError: `out` cannot be written, holds another review, or one is at work there.
        MissingPart: the engine is not installed.
    """
    if workers < 1:
        raise UsageError(f"found {workers} workers; needed at least 1")
    setup = Setup(
        out=str(out.absolute()),
        begin_at=str(Path.cwd()),
        model=model,
        questions=tuple(questions),
        home=str((home or settings().home).absolute()),
        memory_gb=memory_gb,
        own=own,
    )
    outcomes = _engine(engine)
    with _alone(out):
        facts = _facts(setup)
        _check_earlier(out, facts, resume=resume)
        for unfinished in (out / REPORTS).glob(".*"):
            shutil.rmtree(unfinished)
        with Journal(out) as journal:
            left = _left(cases, out, journal, retry_failed=retry_failed)
            if left:
                _keep(outcomes(left, setup, workers=workers, limit_s=limit_s), journal, len(left), len(cases), listen)
            return _conclude(cases, out, journal)


def _engine(name: Engine) -> Callable[..., Iterator[Outcome]]:
    if name == "ray":
        from calipers.agent.batch.ray_engine import outcomes as on_ray

        return on_ray
    from calipers.agent.batch.pool import outcomes as on_this_machine

    return on_this_machine


def _keep(
    outcomes: Iterator[Outcome], journal: Journal, left: int, total: int, listen: Callable[[Progress], None]
) -> None:
    """Every outcome onto the disk as it comes."""
    started = time.monotonic()
    for number, outcome in enumerate(outcomes, 1):
        if outcome.stop is not None:
            raise UsageError(f"{outcome.stop}; `--resume` goes on")
        try:
            journal.add(outcome.line)
        except OSError as problem:
            raise UsageError(
                f"found no room for `{FILE}` ({problem.strerror}); needed some; `--resume` goes on"
            ) from problem
        each_s = (time.monotonic() - started) / number
        listen(
            Progress(
                line=outcome.line,
                finished=total - left + number,
                total=total,
                seconds_left=each_s * (left - number),
                per_minute=60 / max(each_s, 1e-9),
            )
        )


def _conclude(cases: Sequence[CaseInput], out: Path, journal: Journal) -> Reviewed:
    """The lines in the order of the input, and what is made of them all."""
    last = {line.case: line for line in journal.lines}
    found = rows(out, [last[case.case] for case in cases])
    try:
        journal.rewrite(row.line for row in found)
        ranked = worst_first(found)
        replace_file(out / "summary.csv", as_csv(ranked).encode())
        replace_file(out / "index.html", index_page(ranked).encode())
    except OSError as problem:
        raise UsageError(f"found `{out}`, where nothing can be written ({problem.strerror}); needed room") from problem
    counts = Counter(row.rank for row in found)
    return Reviewed(out, tuple(journal.lines), {rank: counts[rank] for rank in RANKS if counts[rank]})


def _facts(setup: Setup) -> dict[str, Any]:
    """The values of `_FACTS`."""
    asked = sha256("\n".join(setup.questions).encode()).hexdigest()
    return {
        "schema": SCHEMA,
        "calipers": version(),
        "model": setup.model or settings().model,
        "questions_sha256": asked,
        "own_sha256": setup.own.digest(),
    }


def _check_earlier(out: Path, facts: dict[str, Any], *, resume: bool) -> None:
    kept = out / "run.json"
    if kept.exists() and resume:
        earlier = json.loads(kept.read_text("utf-8"))
        other = [_FACTS[name] for name, value in facts.items() if earlier.get(name) != value]
        if other:
            raise UsageError(
                f"found in `{out}` a review with other {', '.join(other)}; needed the same, or another folder"
            )
    elif (out / FILE).exists() and (out / FILE).stat().st_size and not resume:
        raise UsageError(f"found a review in `{out}`; needed `--resume` to go on with it, or another folder")
    else:
        replace_file(kept, (json.dumps(facts, indent=1) + "\n").encode())


def _left(cases: Sequence[CaseInput], out: Path, journal: Journal, *, retry_failed: bool) -> list[CaseInput]:
    """The cases that are still to be done, in order.

    Raises:
        UsageError: the folder holds finished cases that are not among them, whose lines would be lost.
    """
    last = {line.case: line for line in journal.lines}
    others = last.keys() - {case.case for case in cases}
    if others:
        raise UsageError(
            f"found in `{out}` {len(others)} cases, such as `{min(others)}`, that are not among the {len(cases)} given;"
            " needed all of them, or another folder"
        )
    return [
        case
        for case in cases
        if case.case not in last or not _is_done(out, case, last[case.case], retry_failed=retry_failed)
    ]


def _is_done(out: Path, case: CaseInput, line: Line, *, retry_failed: bool) -> bool:
    if line.report is None:
        return not retry_failed and line.path == case.paths[0]
    facts = (out / line.report).with_name("run.json")
    if not ((out / line.report).exists() and facts.exists()):
        return False
    return bool(json.loads(facts.read_text("utf-8")).get("asked") == case.digest)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """One review at a time in a folder; the lock goes with the process that holds it."""
    try:
        (out / REPORTS).mkdir(parents=True, exist_ok=True)
        lock = (out / ".lock").open("w")
    except OSError as problem:
        raise UsageError(
            f"found `{out}`, which cannot be written ({problem.strerror}); needed a writable folder"
        ) from problem
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise UsageError(f"found another review at work in `{out}`; needed it to end first") from taken
        yield
