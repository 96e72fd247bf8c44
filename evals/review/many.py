"""Thousands of tiny records with one of a gigabyte among them: what is lost, and whether a worker's memory grows.

python -m calipers.evals.review.many --n 10000 --large-gb 1 --damaged 0.9 --workers 2 --out SCRATCH

Tiny records are a lead of three seconds; every hundredth has beats, the others are flat, so that a worker spends its
time on everything but the networks, or cut off. Called again, it goes on where it was ended.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np
import wfdb

from calipers.agent.batch import Progress, find_cases, review
from calipers.evals.review.memory import watched
from calipers.leads import LEADS
from calipers.models.simulator import Specification, simulate

_WITH_BEATS: int = 100


def write_records(folder: Path, n: int, large_gb: float, damaged: float) -> None:
    """The records, where they are not there already; each flat one differs in a sample, so that none is a duplicate.

    Args:
        folder: made if need be.
        n: how many tiny ones.
        large_gb: size of the large one's signal file; it is sparse, and reads as 12 flat leads.
        damaged: share of the tiny ones whose signal file is cut off.
    """
    folder.mkdir(parents=True, exist_ok=True)
    beats = simulate(Specification("sinus", rate=72), 1).ecg.lead("II")[:1500:5].astype(float)
    for number in range(n):
        name = f"t{number:05}"
        if (folder / f"{name}.hea").exists():
            continue
        signal = beats.copy() if number % _WITH_BEATS == 0 else np.zeros(300)
        signal[number % 300] += 0.001 * (1 + number // 300)
        wfdb.wrsamp(
            name, fs=100, units=["mV"], sig_name=["II"], p_signal=signal[:, None], fmt=["16"], write_dir=str(folder)
        )
        if number % _WITH_BEATS >= _WITH_BEATS * (1 - damaged):
            (folder / f"{name}.dat").write_bytes(b"cut")
    if large_gb and not (folder / "m_large.hea").exists():
        samples = int(large_gb * 1e9) // (2 * len(LEADS))
        with (folder / "m_large.dat").open("wb") as stream:
            stream.truncate(samples * 2 * len(LEADS))
        rows = [f"m_large.dat 16 1000/mV 16 0 0 0 0 {lead}" for lead in LEADS]
        (folder / "m_large.hea").write_text("\n".join([f"m_large {len(LEADS)} 500 {samples}", *rows]) + "\n", "utf-8")


def main() -> None:
    """Print the outcome as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--large-gb", type=float, default=1.0)
    parser.add_argument("--damaged", type=float, default=0.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    records, out = given.out / "records", given.out / "reviewed"
    write_records(records, given.n, given.large_gb, given.damaged)
    began, finished = time.monotonic(), [0]

    def note(_: Progress) -> None:
        finished[0] += 1

    with watched() as memory:
        reviewed = review(find_cases(records), out, model="none", workers=given.workers, resume=True, listen=note)
    errors = Counter(re.sub("`[^`]*`", "`…`", line.error) for line in reviewed.lines if line.error)
    print(
        json.dumps(
            {
                "cases": len(reviewed.lines),
                "done_now": finished[0],
                "minutes": round((time.monotonic() - began) / 60, 1),
                "counts": reviewed.counts,
                "errors": dict(errors),
                "worker_mb": memory.facts(),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
