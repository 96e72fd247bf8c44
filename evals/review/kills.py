"""Kill a review at random moments, resume it each time, and compare it with an unbroken one.

python -m calipers.evals.review.kills FOLDER --kills 30 --workers 2 --out SCRATCH
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path

from calipers.evidence import Frozen


class Broken(Frozen):
    """What kills did to a review; all but `kills` and `cases` should be 0.

    Attributes:
        kills: how often the review, one of its workers, or all of them were killed.
        cases: of the review.
        lost, duplicated: cases without a line, or with two.
        redone: finished cases that were done again.
        differing: files whose bytes are not those of the unbroken review.
    """

    kills: int
    cases: int
    lost: int
    duplicated: int
    redone: int
    differing: int


class _Reached(Frozen):
    """How far an evaluation is, kept beside the reviews: it can itself be gone on with; `ended` before all kills."""

    done: int
    redone: int
    inodes: dict[str, int]
    ended: bool = False


def kill_and_resume(folder: str, out: Path, *, kills: int, workers: int, seed: int) -> Broken:
    """Run one review unbroken and one that is killed `kills` times.

    Args:
        folder: the cases.
        out: gets `whole` and `broken`; what an earlier call left there is gone on with.
        kills: how many. The parent alone, one worker, or the whole group, by turns.
        workers: processes at a time.
        seed: of the moments.
    """
    whole, broken, kept = out / "whole", out / "broken", out / "reached.json"
    if kept.exists():
        reached = _Reached.model_validate_json(kept.read_bytes())
    else:
        _start(folder, whole, workers).wait()
        reached = _Reached(done=0, redone=0, inodes={})
    cases = len(_lines(whole))
    while reached.done < kills and not reached.ended:
        rng = random.Random(seed * 1000 + reached.done)
        more = rng.randint(0, max(2 * cases // kills - 2, 1))
        reached = _one_kill(_start(folder, broken, workers), broken, reached, more, rng)
        kept.write_text(reached.model_dump_json(), "utf-8")
    _start(folder, broken, workers).wait()
    names = [json.loads(line)["case"] for line in _lines(whole)]
    again = Counter(json.loads(line)["case"] for line in _lines(broken))
    first, second = _bytes(whole), _bytes(broken)
    return Broken(
        kills=reached.done,
        cases=len(names),
        lost=sum(again[name] == 0 for name in names),
        duplicated=sum(again[name] > 1 for name in names),
        redone=reached.redone,
        differing=sum(first.get(name) != second.get(name) for name in {*first, *second}),
    )


def _one_kill(
    process: subprocess.Popen[bytes], broken: Path, reached: _Reached, more: int, rng: random.Random
) -> _Reached:
    """Kill a review that goes on: some time after `more` further cases, or while it still loads its models."""
    wanted, ended = len(_lines(broken)) + more, False
    while not ended and more and len(_lines(broken)) < wanted:
        time.sleep(0.05)
        ended = process.poll() is not None
    if not ended:
        time.sleep(rng.uniform(0, 2))
        _kill(process, ("parent", "worker", "all")[reached.done % 3], rng)
    now = {name: (broken / name).stat().st_ino for name in _finished(broken)}
    redone = sum(reached.inodes.get(name, inode) != inode for name, inode in now.items())
    return _Reached(
        done=reached.done + (not ended),
        redone=reached.redone + redone,
        inodes=reached.inodes | now,
        ended=ended,
    )


def _start(folder: str, out: Path, workers: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "calipers.agent.cli", "review", folder, "--out", str(out)]
    command += ["--workers", str(workers), "--resume", "--model", "none"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def _kill(process: subprocess.Popen[bytes], whom: str, rng: random.Random) -> None:
    import psutil

    children = psutil.Process(process.pid).children()
    if whom in ("worker", "all"):
        for child in children if whom == "all" else rng.sample(children, min(1, len(children))):
            child.kill()
    if whom == "worker":
        time.sleep(rng.uniform(0.1, 1.0))  # the review goes on without it before it is killed, too
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def _lines(out: Path) -> list[bytes]:
    """The whole lines of a journal."""
    journal = out / "cases.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True) if journal.exists() else []
    return [line for line in lines if line.endswith(b"\n")]


def _finished(out: Path) -> list[str]:
    return [report for line in _lines(out) if (report := json.loads(line)["report"])]


def _bytes(out: Path) -> dict[str, str]:
    """The digest of every file that must not depend on when or how it was made."""
    changing = {"run.json", "workers.log", ".lock"}
    return {
        str(path.relative_to(out)): sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("*")
        if path.is_file() and path.name not in changing
    }


def main() -> None:
    """Print the outcome as JSON; exit code 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    outcome = kill_and_resume(given.folder, given.out, kills=given.kills, workers=given.workers, seed=given.seed)
    print(outcome.model_dump_json(indent=1))
    sys.exit(1 if outcome.lost or outcome.duplicated or outcome.redone or outcome.differing else 0)


if __name__ == "__main__":
    main()
