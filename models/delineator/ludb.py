"""LUDB: cardiologists' P, QRS and T bounds in each of twelve leads (Kalyakulina 2020, ODC-BY 1.0).

The split is that of `openecg.ludb.stratified_split` (rhythm-stratified, seed 42). `VALIDATION` is read here
only to be left out: no function of this package opens one of its records.
"""

from __future__ import annotations

import csv
import functools
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.models.delineator.consensus import Bounds, LeadWaves, global_waves

FS_HZ: Final = 500.0
LEAD_FILES: Final = ("i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6")

#: The 41 records kept for the one final run: never trained on, never tuned on, never scored in this package.
VALIDATION: Final = (
    10, 11, 14, 20, 21, 22, 28, 33, 34, 35, 39, 47, 48, 53, 55, 56, 66, 67, 70, 72, 73,
    74, 78, 91, 92, 93, 95, 101, 115, 119, 120, 133, 135, 154, 174, 178, 179, 189, 191, 194, 196,
)  # fmt: skip
TRAINING: Final = tuple(record for record in range(1, 201) if record not in VALIDATION)


@dataclass(frozen=True, eq=False)
class LudbRecord:
    """One record with its marks.

    Attributes:
        record: 1–200.
        rhythm: the first line of LUDB's rhythm column, e.g. `Sinus rhythm`.
        signal: (12, 5000) float32 at 500 Hz, each lead scaled by LUDB to a range of 1.
        leads: the marks of the twelve leads, seconds.
        lead_spans_s: (12, 2) first and last mark of each lead: outside, beats are there but not marked.
        global_: the consensus of the leads.
        global_span_s: where at least ten leads are marked.
    """

    record: int
    rhythm: str
    signal: NDArray[np.float32]
    leads: tuple[LeadWaves, ...]
    lead_spans_s: NDArray[np.float64]
    global_: LeadWaves
    global_span_s: tuple[float, float]

    @property
    def has_p(self) -> bool:
        """Whether the cardiologists marked P waves that three leads confirm."""
        return len(self.global_.p) > 0


class DataMissingError(FileNotFoundError):
    """The training data is not on this machine."""


def data_folder() -> Path:
    """`$CALIPERS_DATA`, else `../shared/data` beside the repository."""
    named = os.environ.get("CALIPERS_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"
    if not folder.is_dir():
        raise DataMissingError(f"found no folder `{folder}`; needed the data folder, set CALIPERS_DATA")
    return folder


def rhythms() -> dict[int, str]:
    """LUDB record → the first line of its rhythm column."""
    with (data_folder() / "ludb" / "ludb.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    return {int(row["ID"].strip()): row["Rhythms"].strip().split("\n")[0].strip() for row in rows}


def training_folds(folds: int = 5, seed: int = 42) -> list[tuple[int, ...]]:
    """The 159 training records in `folds` parts, each with its share of every rhythm."""
    by_rhythm: dict[str, list[int]] = defaultdict(list)
    for record, rhythm in rhythms().items():
        if record in TRAINING:
            by_rhythm[rhythm].append(record)
    rng = np.random.default_rng(seed)
    dealt: list[int] = []
    for _, records in sorted(by_rhythm.items()):
        dealt.extend(rng.permutation(sorted(records)).tolist())
    return [tuple(sorted(dealt[part::folds])) for part in range(folds)]


@functools.cache
def load_record(record: int) -> LudbRecord:
    """Read one training record; the 41 validation records are refused."""
    import wfdb

    if record not in TRAINING:
        raise ValueError(f"found record {record}; needed one of LUDB's 159 training records")
    stem = str(data_folder() / "ludb" / "data" / str(record))
    signal = wfdb.rdrecord(stem).p_signal.T.astype(np.float32)
    leads, spans = [], []
    for name in LEAD_FILES:
        annotation = wfdb.rdann(stem, name)
        leads.append(_lead_waves(annotation.sample / FS_HZ, annotation.symbol))
        spans.append((annotation.sample[0] / FS_HZ, annotation.sample[-1] / FS_HZ))
    lead_spans = np.array(spans)
    starts, ends = np.sort(lead_spans[:, 0]), np.sort(lead_spans[:, 1])
    return LudbRecord(
        record=record,
        rhythm=rhythms()[record],
        signal=signal,
        leads=tuple(leads),
        lead_spans_s=lead_spans,
        global_=global_waves(leads),
        global_span_s=(float(starts[9]), float(ends[2])),
    )


def _lead_waves(times_s: NDArray[np.float64], symbols: list[str]) -> LeadWaves:
    """WFDB marks `(`, `p`/`N`/`t`, `)` → bounds; a bound the cardiologist left out is NaN."""
    waves: dict[str, list[tuple[float, float]]] = {"p": [], "N": [], "t": []}
    for index, symbol in enumerate(symbols):
        if symbol not in waves:
            continue
        opened = index > 0 and symbols[index - 1] == "("
        closed = index + 1 < len(symbols) and symbols[index + 1] == ")"
        on = float(times_s[index - 1]) if opened else float("nan")
        off = float(times_s[index + 1]) if closed else float("nan")
        if opened or closed:
            waves[symbol].append((on, off))
    bounds: list[Bounds] = [np.array(waves[key], dtype=np.float64).reshape(-1, 2) for key in ("p", "N", "t")]
    return LeadWaves(*bounds)
