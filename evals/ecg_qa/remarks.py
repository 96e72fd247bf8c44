"""PTB-XL's remarks on noise, lead by lead: what ECG-QA's noise questions were made from (Wagner 2020, CC BY 4.0)."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.evals.framework import part
from calipers.leads import LEADS
from calipers.models.signal_noise.network import KINDS

_COLUMNS: Final = {"static": "static_noise", "burst": "burst_noise", "drift": "baseline_drift"}
_NAME: Final = r"AVR|AVL|AVF|III|II|I|V[1-6]|[1-6]"
_RANGE: Final = re.compile(rf"({_NAME})(?:-({_NAME}))?(?:STARK|\?+)?")
_UPPER: Final = tuple(lead.upper() for lead in LEADS)


class Remarks:
    """By record: in which leads each kind of noise was remarked on, and whether it was at all.

    Attributes:
        lead: (records, 12, kinds).
        record: (records, kinds); true as well where a remark names no lead (`leicht`).
    """

    def __init__(self, data: Path, ecg_ids: list[int]) -> None:
        with part(data, "ptbxl/records.csv").open(newline="") as table:
            rows = {int(float(row["ecg_id"])): row for row in csv.DictReader(table)}
        self.lead: NDArray[np.bool_] = np.zeros((len(ecg_ids), 12, len(KINDS)), bool)
        self.record: NDArray[np.bool_] = np.zeros((len(ecg_ids), len(KINDS)), bool)
        for place, ecg_id in enumerate(ecg_ids):
            for kind, column in _COLUMNS.items():
                text = rows[ecg_id][column]
                self.lead[place, remarked_leads(text), KINDS.index(kind)] = True
                self.record[place, KINDS.index(kind)] = bool(text.strip(" ,"))
        self.lead[:, :, KINDS.index("any")] = self.lead.any(axis=2)
        self.record[:, KINDS.index("any")] = self.record.any(axis=1)


def remarked_leads(text: str) -> list[int]:
    """The places of the leads that a remark names: `I-AVF`, `V1,V2`, `v3-4`, `alles`."""
    spelt = text.upper().replace(".", ",").replace(" ", "")
    if "ALLES" in spelt:
        return list(range(12))
    found: set[int] = set()
    for piece in re.sub(r"(V\d)(V\d)", r"\1,\2", spelt).split(","):
        if match := _RANGE.fullmatch(piece):
            first, last = (_place(match[1]), _place(match[2] or match[1]))
            found |= set(range(first, last + 1))
    return sorted(found)


def _place(name: str) -> int:
    return _UPPER.index(name if name in _UPPER else f"V{name}")
