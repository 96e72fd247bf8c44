"""Atrial fibrillation and PTB-XL's five superclasses: labels of a record, and scores from 71 probabilities."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.evals.framework import part, spread
from calipers.evals.measurement.ptbxl import Labelled
from calipers.models.mllm import classifier

#: PTB-XL's diagnostic superclasses (Wagner 2020), and the rhythm that matters most.
SUPERCLASSES: Final = ("NORM", "MI", "STTC", "CD", "HYP")
FINDINGS: Final = ("AFIB", *SUPERCLASSES)


def codes_of(data: Path) -> dict[str, frozenset[str]]:
    """Finding → its SCP-ECG codes, by the data set's own table."""
    with part(data, "ptbxl/scp_statements.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    code = next(iter(rows[0]))
    members = {kind: frozenset(row[code] for row in rows if row["diagnostic_class"] == kind) for kind in SUPERCLASSES}
    return {"AFIB": frozenset(("AFIB",)), **members}


def labels(rows: Sequence[Labelled], codes: dict[str, frozenset[str]]) -> NDArray[np.float64]:
    """(rows, findings) 1 where a record carries one of a finding's codes."""
    return np.array([[float(bool(codes[finding] & set(row.codes))) for finding in FINDINGS] for row in rows])


def scores(chances: NDArray[np.float64], codes: dict[str, frozenset[str]]) -> NDArray[np.float64]:
    """(rows, 71) probabilities → (rows, findings): the most probable of a finding's codes."""
    order = classifier.codes()
    return np.stack(
        [chances[:, [code in codes[finding] for code in order]].max(axis=1) for finding in FINDINGS], axis=1
    )


def said(chances: NDArray[np.float64], codes: dict[str, frozenset[str]]) -> NDArray[np.float64]:
    """(rows, findings) 1 where one of a finding's codes reaches its own threshold."""
    limits = classifier.thresholds()
    reached = chances >= np.array([limits[code] for code in classifier.codes()])
    return scores(reached.astype(np.float64), codes)


def balanced(rows: Sequence[Labelled], codes: dict[str, frozenset[str]], n: int | None) -> list[Labelled]:
    """At most `n` records, as near as can be the same number with each finding, in the table's order."""
    if n is None or n >= len(rows):
        return list(rows)
    chosen: dict[int, Labelled] = {}
    for finding in FINDINGS:
        having = [row for row in rows if codes[finding] & set(row.codes)]
        for row in spread(having, max(n // len(FINDINGS), 1)):
            chosen.setdefault(row.ecg_id, row)
    for row in spread([row for row in rows if row.ecg_id not in chosen], max(n - len(chosen), 0) or 1):
        if len(chosen) < n:
            chosen.setdefault(row.ecg_id, row)
    return [row for row in rows if row.ecg_id in chosen][:n]
