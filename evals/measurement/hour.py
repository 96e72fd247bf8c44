"""Memory and time of `calipers measure` on one hour of twelve leads at 500 Hz, reading the file included.

`python -m calipers.evals.measurement.hour` joins PTB-XL records in sinus rhythm (folds 1–8) into a WFDB file of
format 16, measures it in a process of its own, and prints that process's peak memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
import wfdb

from calipers.evals.measurement.ptbxl import FS_HZ, TEST_FOLD, as_ecg, labelled, signals
from calipers.leads import LEADS

HOUR_S: Final = 3600
_RECORDS: Final = 60
#: The command itself; then the peak of its resident memory in kB, which a parent's own memory would hide in `rusage`.
_PROGRAM: Final = """
import sys
from calipers.agent.cli import main
sys.argv = ["calipers", "measure", sys.argv[1], "--format", "json"]
main()
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak.split()[1], file=sys.stderr)
"""


def write_hour(data: Path, folder: Path, seconds: int = HOUR_S) -> Path:
    """Write the header and signal files; returns the header."""
    rows = [row for row in labelled(data) if row.fold != TEST_FOLD and "SR" in row.codes and not row.troubled]
    known = {row.ecg_id: row for row in rows[:_RECORDS]}
    pieces = [as_ecg(known[ecg_id], uv).signal_mv for ecg_id, uv in signals(data, set(known))]
    length = round(seconds * FS_HZ)
    joined = np.concatenate(pieces, axis=1)
    whole = np.tile(joined, (1, -(-length // joined.shape[1])))[:, :length]
    names, many = list(LEADS), len(LEADS)
    wfdb.wrsamp(
        "hour",
        fs=int(FS_HZ),
        units=["mV"] * many,
        sig_name=names,
        p_signal=whole.T.astype(np.float64),
        fmt=["16"] * many,
        adc_gain=[1000.0] * many,
        baseline=[0] * many,
        write_dir=str(folder),
    )
    return folder / "hour.hea"


def main() -> None:
    """Write, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CALIPERS_DATA", "../shared/data")))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        header = write_hour(given.data, Path(folder))
        started = time.perf_counter()
        command = [sys.executable, "-c", _PROGRAM, str(header)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
        seconds = time.perf_counter() - started
    peak_mb = int(done.stderr.split()[-1]) / 1024
    print(f"one hour, {len(LEADS)} leads, {FS_HZ:.0f} Hz: {peak_mb:.0f} MB at most, {seconds:.0f} s")


if __name__ == "__main__":
    main()
