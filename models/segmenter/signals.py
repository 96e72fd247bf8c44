"""PTB-XL's signals at their full rate, for painting pages (Wagner 2020, CC BY 4.0)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

FS_HZ: Final = 500.0


def read_signals(data: Path, folds: tuple[int, ...], at_most: int | None = None) -> NDArray[np.int16]:
    """(r, 8, 5000) µV of the records of these folds; leads I, II, V1–V6.

    Raises:
        FileNotFoundError: PTB-XL is not in the data folder.
    """
    with (data / "ptbxl" / "records.csv").open(newline="") as table:
        wanted = {int(float(row["ecg_id"])) for row in csv.DictReader(table) if int(row["strat_fold"]) in folds}
    found: list[NDArray[np.int16]] = []
    for path in sorted((data / "ptbxl").glob("signals-*.npz")):
        with np.load(path) as packed:
            rows = [row for row, ecg_id in enumerate(packed["ecg_id"].tolist()) if ecg_id in wanted]
            whole = np.cumsum(packed["delta"][rows].astype(np.int32), axis=2, dtype=np.int32)
        found.append(np.clip(whole, -32000, 32000).astype(np.int16))
    every = np.concatenate(found)
    return every if at_most is None else every[np.linspace(0, len(every) - 1, min(at_most, len(every))).astype(int)]


def twelve_leads(eight_uv: NDArray[np.int16]) -> NDArray[np.float32]:
    """(12, n) millivolts; the other limb leads follow from I and II."""
    one, two = eight_uv[0] / 1000.0, eight_uv[1] / 1000.0
    limb = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return np.concatenate([limb, eight_uv[2:] / 1000.0]).astype(np.float32)
