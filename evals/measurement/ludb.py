"""LUDB as the reference: cardiologists' P, QRS and T bounds in each of twelve leads (Kalyakulina 2020, ODC-BY 1.0).

The reference of a record, fixed before any tuning: the global onset (offset) of a beat's wave is the earliest
(latest) lead mark that two further leads confirm within 12 ms; an interval is the median over the beats. The
rule itself stands in `calipers.models.delineator.consensus` and is used from there.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.evals.framework import Split, part
from calipers.models.delineator.consensus import Bounds, Intervals, LeadWaves, beat_table, global_waves, intervals
from calipers.models.delineator.ludb import TRAINING, VALIDATION
from calipers.tools.read import read_ecg

FS_HZ: Final = 500.0
LEAD_FILES: Final = ("i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6")
#: A beat counts as marked where at least this many leads are.
LEADS_MARKED: Final = 10


@dataclass(frozen=True, eq=False)
class MarkedRecord:
    """One record with the cardiologists' marks.

    Attributes:
        record: 1–200.
        split: whether networks were trained on it.
        rhythm: the first line of LUDB's rhythm column.
        findings: LUDB's conduction abnormalities, extrasystoles and pacing, on one line.
        ecg: LUDB scales each lead to a range of 1, so amplitudes are not millivolts.
        leads: marks of the twelve leads, seconds.
        lead_spans_s: (12, 2) first and last mark of each lead; beats outside are there but not marked.
        global_: the waves by the rule above.
        span_s: where at least ten leads are marked.
    """

    record: int
    split: Literal["training", "validation"]
    rhythm: str
    findings: str
    ecg: Ecg
    leads: tuple[LeadWaves, ...]
    lead_spans_s: NDArray[np.float64]
    global_: LeadWaves
    span_s: tuple[float, float]

    @property
    def beats(self) -> NDArray[np.float64]:
        """(k, 6) global bounds of each beat, seconds; see `beat_table`."""
        return beat_table(self.global_)

    @property
    def intervals(self) -> Intervals:
        """The reference in milliseconds; NaN where the cardiologists marked no P wave."""
        return intervals(self.beats)


def record_numbers(split: Split) -> list[int]:
    """The records of a split, ascending: 159 of training, 41 of validation."""
    chosen = {"training": TRAINING, "validation": VALIDATION, "all": (*TRAINING, *VALIDATION)}[split]
    return sorted(chosen)


def load(data: Path, record: int) -> MarkedRecord:
    """Read one record and its marks.

    Raises:
        MissingPart: LUDB is not in the data folder.
    """
    import wfdb

    stem = part(data, "ludb/data") / str(record)
    row = _table(data)[record]
    leads, spans = [], []
    for name in LEAD_FILES:
        annotation = wfdb.rdann(str(stem), name)
        times_s = np.asarray(annotation.sample) / FS_HZ
        leads.append(lead_waves(times_s, list(annotation.symbol)))
        spans.append((times_s[0], times_s[-1]) if len(times_s) else (np.inf, -np.inf))
    lead_spans_s = np.array(spans, dtype=np.float64)
    starts, ends = np.sort(lead_spans_s[:, 0]), np.sort(lead_spans_s[:, 1])
    return MarkedRecord(
        record=record,
        split="validation" if record in VALIDATION else "training",
        rhythm=row["Rhythms"].strip().split("\n")[0].strip(),
        findings="; ".join(
            " ".join(row[column].split("\n")).strip()
            for column in ("Conduction abnormalities", "Extrasystolies", "Cardiac pacing")
            if row[column].strip()
        ),
        ecg=read_ecg(f"{stem}.hea"),
        leads=tuple(leads),
        lead_spans_s=lead_spans_s,
        global_=global_waves(leads),
        span_s=(float(starts[LEADS_MARKED - 1]), float(ends[12 - LEADS_MARKED])),
    )


def lead_waves(times_s: NDArray[np.float64], symbols: list[str]) -> LeadWaves:
    """WFDB marks `(` peak `)` of one lead → its waves; a bound that was left out is NaN, a peak alone is no wave."""
    waves: dict[str, list[tuple[float, float]]] = {"p": [], "N": [], "t": []}
    padded = ["", *symbols, ""]
    for index, (before, symbol, after) in enumerate(zip(padded, symbols, padded[2:], strict=False)):
        if symbol in waves and (before == "(" or after == ")"):
            onset = float(times_s[index - 1]) if before == "(" else float("nan")
            offset = float(times_s[index + 1]) if after == ")" else float("nan")
            waves[symbol].append((onset, offset))
    bounds: list[Bounds] = [np.array(waves[key], dtype=np.float64).reshape(-1, 2) for key in ("p", "N", "t")]
    return LeadWaves(*bounds)


def _table(data: Path) -> dict[int, dict[str, str]]:
    """LUDB's own description of its records; cells carry trailing newlines."""
    with part(data, "ludb/ludb.csv").open(newline="") as table:
        return {int(row["ID"].strip()): row for row in csv.DictReader(table)}
