"""How many ECGs a minute a review reads, by number of workers and by engine, and how much memory a worker holds.

python -m calipers.evals.review.throughput FOLDER --n 60 --workers 1 2 --models none embedded --out FILE
python -m calipers.evals.review.throughput FOLDER --n 60 --workers 2 --models none --engines ray --out FILE

Each finished measurement is a line of FILE; called again, those that stand there are not taken again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from calipers.agent.batch import CaseInput, Engine, Progress, find_cases, review
from calipers.evals.review.memory import watched


def timed(cases: list[CaseInput], workers: int, model: str, engine: Engine) -> dict[str, object]:
    """One review into a folder that is thrown away.

    Returns:
        `per_minute` from start to end; `steady_per_minute` once each worker has read its first case, without
        the loading of models; `worker_mb` as `Held.facts` has it.
    """
    finished: list[float] = []

    def note(_: Progress) -> None:
        finished.append(time.monotonic())

    started = time.monotonic()
    with watched() as memory, tempfile.TemporaryDirectory() as out:
        review(cases, Path(out), model=model, workers=workers, engine=engine, listen=note)
    steady = finished[workers:]
    return {
        "per_minute": round(60 * len(cases) / (time.monotonic() - started), 1),
        "steady_per_minute": round(60 * (len(steady) - 1) / max(steady[-1] - steady[0], 1e-9), 1) if steady else 0.0,
        "worker_mb": memory.facts(),
    }


def main() -> None:
    """Print one line of JSON for each model, engine and number of workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--n", type=int, default=60)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--models", nargs="+", default=["none"])
    parser.add_argument("--engines", nargs="+", default=["local"], choices=["local", "ray"])
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    cases = find_cases(given.folder)[: given.n]
    lines = [json.loads(line) for line in given.out.read_text("utf-8").splitlines()] if given.out.exists() else []
    for model in given.models:
        for engine in given.engines:
            for workers in given.workers:
                asked = {"model": model, "engine": engine, "workers": workers, "cases": len(cases)}
                line = next((one for one in lines if asked.items() <= one.items()), None)
                if line is None:
                    line = asked | timed(cases, workers, model, engine)
                    with given.out.open("a", encoding="utf-8") as stream:
                        stream.write(json.dumps(line) + "\n")
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
