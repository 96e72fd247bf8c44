"""Whatever happens to a review from outside: killed, no room, no rights, a clock that runs backwards, a bad record."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calipers.agent import output
from calipers.agent.audit import Finished, SingleCase
from calipers.agent.batch import CaseInput, review
from calipers.agent.batch.single_file import CaseReader, Outcome, Setup
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.leads import LEADS
from calipers.tools.render import render
from tests.agent.batch.outcome import lines, stable_bytes, whole_lines

_NOBODY = 65534


@pytest.fixture(scope="module")
def unreadable_leads(tmp_path_factory: pytest.TempPathFactory) -> list[CaseInput]:
    """A record with nothing on it, which is read in a tenth of the time of another, and one that is damaged."""
    import wfdb

    place = tmp_path_factory.mktemp("flat")
    flat = np.zeros((300, 1))
    wfdb.wrsamp("a", fs=100, units=["mV"], sig_name=["II"], p_signal=flat, fmt=["16"], write_dir=str(place))
    (place / "b.hea").write_text("b 1 nothing")
    return [CaseInput(case=name, paths=(str(place / f"{name}.hea"),)) for name in "ab"]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cases are read in this process, so that all writes of a review are in one."""

    def engine(cases: Sequence[CaseInput], setup: Setup, **_: object) -> Iterator[Outcome]:
        reader = CaseReader(setup)
        return (reader.read(case) for case in cases)

    monkeypatch.setattr("calipers.agent.batch.pool.outcomes", engine)
    # Measuring and drawing, again for each kill, take most of the time and are not what is looked at.
    known: dict[str, Finished] = {}

    class Remembered(SingleCase):
        def interpret(self, question: str | None = None) -> Finished:
            if self.key not in known:
                known[self.key] = super().interpret(question)
            return known[self.key]

    monkeypatch.setattr("calipers.agent.batch.single_file.SingleCase", Remembered)
    drawn = render(Ecg.from_array(np.zeros((12, 300)), 100, LEADS))
    monkeypatch.setattr(output, "render", lambda *_, **__: drawn)


def test_a_record_that_ends_the_program_or_wants_all_memory_costs_only_itself(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Stands for native code that crashes: the worker's own interpreter is started with this in its path.
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if any('worker' in word for word in sys.orig_argv):\n"
        "    import calipers.tools.read as read\n"
        "    whole = read.read_ecg\n"
        "    def crashing(path, **given):\n"
        "        if 'r2' in str(path): os.abort()\n"
        "        if 'r3' in str(path): bytearray(4_000_000_000)\n"
        "        return whole(path, **given)\n"
        "    read.read_ecg = crashing\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(site))
    cases = [CaseInput(case=n, paths=(str(folder / f"{n}.hea"),)) for n in ("r1", "r2", "r3", "z_again")]
    review(cases, tmp_path / "out", model="none")
    first, crashing, greedy, last = lines(tmp_path / "out")
    assert (first["status"], last["status"]) == ("done", "done")
    assert "the program itself ended, 2 times (signal 6)" in crashing["error"]
    assert greedy["error"] == "found an ECG that needs more than 2.5 GB of memory; needed a shorter one"


def test_a_full_disk_stops_the_review_which_goes_on_when_there_is_room(folder: Path, tmp_path: Path) -> None:
    # A limit on the size of a file stands for it: the write of a report fails half-way, in the worker.
    command = [sys.executable, "-m", "calipers.agent.cli", "review", str(folder / "r1.hea")]
    command += ["--out", str(tmp_path / "out"), "--resume", "--model", "none"]
    full = ["bash", "-c", 'ulimit -f 40; exec "$@"', "-", *command]
    stopped = subprocess.run(full, capture_output=True, text=True, check=False)
    assert stopped.returncode == 2
    assert "nothing can be written" in stopped.stderr
    assert len(stopped.stderr.splitlines()) == 1
    assert lines(tmp_path / "out") == []
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert [line["status"] for line in lines(tmp_path / "out")] == ["done"]
    assert [path.name for path in (tmp_path / "out" / "reports").iterdir()] == ["r1"]


def test_killed_at_any_of_its_writes_a_review_resumes_to_the_same_bytes(
    unreadable_leads: list[CaseInput], here: None, tmp_path: Path
) -> None:
    review(unreadable_leads, tmp_path / "whole", model="none")
    whole = stable_bytes(tmp_path / "whole")
    moment = 0
    while True:
        moment += 1
        out = tmp_path / f"killed-{moment}"
        if not _killed_at(moment, out, partial(review, unreadable_leads, out, model="none")):
            break
        left = _left(out)
        review(unreadable_leads, out, model="none", resume=True)
        assert stable_bytes(out) == whole, f"killed at write {moment}"
        assert all(_left(out)[name] == inode for name, inode in left.items()), f"done again after write {moment}"
    assert moment > 30


def _killed_at(moment: int, folder: Path, act: Callable[[], object]) -> bool:
    """Whether a child that kills itself when it touches the folder for the n-th time was killed before it was done."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks beside threads
        child = os.fork()
    if child == 0:
        touched = 0

        def touch(event: str, given: tuple[Any, ...]) -> None:
            nonlocal touched
            changes = event in {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod"}
            if changes or (event == "open" and str(given[1])[:1] in {"w", "a", "x", "r+"}):
                touched += str(folder) in str(given[0])
                if touched == moment:
                    os.kill(os.getpid(), signal.SIGKILL)

        sync = os.fsync

        def touched_sync(file: int) -> None:
            touch("os.truncate", (str(folder),))
            sync(file)

        vars(os)["fsync"] = touched_sync
        sys.addaudithook(touch)
        try:
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _left(out: Path) -> dict[str, int]:
    """The inodes of the reports of the cases that are finished."""
    written = whole_lines(out) if (out / "cases.jsonl").exists() else []
    reports = [json.loads(line)["report"] for line in written]
    return {report: (out / report).stat().st_ino for report in reports if report}


def test_a_clock_that_runs_backwards_changes_nothing(
    unreadable_leads: list[CaseInput], here: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    review(unreadable_leads, tmp_path / "forwards", model="none")
    now = datetime(2031, 1, 1, tzinfo=UTC)

    class Backwards(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            nonlocal now
            now -= timedelta(hours=1)
            return now

    monkeypatch.setattr(output, "datetime", Backwards)
    monkeypatch.setattr(time, "time", lambda: Backwards.now().timestamp())
    told: list[float] = []
    for cases in (unreadable_leads[:1], unreadable_leads):
        review(cases, tmp_path / "back", model="none", resume=True, listen=lambda at: told.append(at.seconds_left))
    assert stable_bytes(tmp_path / "back") == stable_bytes(tmp_path / "forwards")
    assert len(told) == 2
    assert min(told) >= 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become a user without rights")
def test_a_folder_that_may_only_be_read_is_refused_in_one_line(
    unreadable_leads: list[CaseInput], here: None, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    review(unreadable_leads[:1], out, model="none")
    before = stable_bytes(out)
    said, say = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(_NOBODY)
            review(unreadable_leads, out, model="none", resume=True)
        except UsageError as refused:
            os.write(say, str(refused).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(say)
    with os.fdopen(said) as heard:
        assert "cannot be written" in heard.read()
    assert stable_bytes(out) == before
