"""What reading several ECGs at once would gain: the delineator's and the statement networks' time, and their bytes.

python -m calipers.evals.review.batching FOLDER --n 16
"""

from __future__ import annotations

import argparse
import json
import os
import time

import numpy as np

from calipers.agent.batch import find_cases
from calipers.ecg import Ecg
from calipers.models.delineator.inference import WEIGHTS
from calipers.models.delineator.normalise import normalise, to_working_rate
from calipers.models.onnx_session import onnx_session
from calipers.tools.classify import classify
from calipers.tools.read import read_ecg


def delineated(ecgs: list[Ecg], at_once: int) -> tuple[float, bytes]:
    """Milliseconds an ECG, and the network's output."""
    rows = [normalise(to_working_rate(ecg.signal_mv.astype(np.float32))) for ecg in ecgs]
    inputs = np.stack([np.pad(x, ((0, 0), (0, -x.shape[1] % 32)), mode="edge") for x in rows])
    session = onnx_session(WEIGHTS, 1)
    session.run(["per_lead"], {"signal": inputs[:1]})
    began = time.process_time()
    found = [session.run(["per_lead"], {"signal": inputs[n : n + at_once]})[0] for n in range(0, len(ecgs), at_once)]
    return 1000 * (time.process_time() - began) / len(ecgs), np.concatenate(found).tobytes()


def classified(ecgs: list[Ecg], at_once: int) -> tuple[float, bytes]:
    """Milliseconds an ECG, and the probabilities."""
    classify(ecgs[:1])
    began = time.process_time()
    found = [one for n in range(0, len(ecgs), at_once) for one in classify(ecgs[n : n + at_once])]
    return 1000 * (time.process_time() - began) / len(ecgs), json.dumps(found).encode()


def main() -> None:
    """Print a line for each network and batch size: time, and whether the bytes are those of one at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--n", type=int, default=16)
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # as a worker has it
    ecgs = [read_ecg(case.paths[0]) for case in find_cases(given.folder)[: given.n]]
    for run in (delineated, classified):
        _, single = run(ecgs, 1)
        for at_once in (1, 4, 16):
            ms, found = run(ecgs, at_once)
            line = {"network": run.__name__, "at_once": at_once, "ms_an_ecg": round(ms, 1), "same": found == single}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
