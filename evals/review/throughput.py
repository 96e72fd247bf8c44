"""How many ECGs a minute a review reads with one worker and with more, and how much memory a worker holds.

python -m calipers.evals.review.throughput FOLDER --n 200 --workers 1 2 --model none
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

import psutil

from calipers.agent.batch import CaseInput, Progress, find_cases, review


def timed(cases: list[CaseInput], workers: int, model: str) -> dict[str, float]:
    """One review into a folder that is thrown away.

    Returns:
        `per_minute` from start to end; `steady_per_minute` once each worker has read its first case, without
        the loading of models; `peak_mb` of the largest worker.
    """
    finished: list[float] = []

    def note(_: Progress) -> None:
        finished.append(time.monotonic())

    ended, peaks = Event(), [0.0]
    watcher = Thread(target=_watch, args=(ended, peaks))
    watcher.start()
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as out:
            review(cases, Path(out), model=model, workers=workers, listen=note)
    finally:
        ended.set()
        watcher.join()
    steady = finished[workers:]
    return {
        "workers": workers,
        "cases": len(cases),
        "per_minute": round(60 * len(cases) / (time.monotonic() - started), 1),
        "steady_per_minute": round(60 * (len(steady) - 1) / max(steady[-1] - steady[0], 1e-9), 1) if steady else 0.0,
        "peak_mb": round(max(peaks)),
    }


def _watch(ended: Event, peaks: list[float]) -> None:
    while not ended.wait(0.5):
        for child in psutil.Process().children():
            try:
                peaks.append(child.memory_info().rss / 1e6)
            except psutil.NoSuchProcess:
                continue


def main() -> None:
    """Print one line of JSON for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--model", default="none")
    given = parser.parse_args()
    cases = find_cases(given.folder)[: given.n]
    for workers in given.workers:
        print(json.dumps(timed(cases, workers, given.model)), flush=True)


if __name__ == "__main__":
    main()
