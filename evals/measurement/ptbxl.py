"""PTB-XL, folds 1–9: rhythm labels and signals (Wagner 2020, CC BY 4.0)."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg, Sex
from calipers.evals.framework import part
from calipers.leads import LEADS

FS_HZ: Final = 500.0
#: Tuned on 1–8, judged on 9.
TEST_FOLD: Final = 9
_SEX: Final[dict[str, Sex]] = {"0": "male", "1": "female"}
_OVER_89: Final = 300.0
_TROUBLE: Final = ("baseline_drift", "static_noise", "burst_noise", "electrodes_problems", "extra_beats", "pacemaker")

Microvolts = NDArray[np.int32]


@dataclass(frozen=True)
class Labelled:
    """One row of the table. `codes`: SCP statement → likelihood in percent, 0 where the report gave none."""

    ecg_id: int
    patient: str
    age: float | None
    sex: Sex | None
    fold: int
    codes: dict[str, float]
    troubled: bool

    @property
    def clean_normal(self) -> bool:
        """Labelled normal without reserve, and no remark on the recording's quality."""
        return self.codes.get("NORM", 0.0) >= 100.0 and not self.troubled


def labelled(data: Path) -> list[Labelled]:
    """The rows that have statements, in the table's order.

    Raises:
        MissingPart: PTB-XL is not in the data folder.
    """
    return [row for row in recorded(data) if row.codes]


def recorded(data: Path) -> list[Labelled]:
    """Every row, those without statements included, in the table's order.

    Raises:
        MissingPart: PTB-XL is not in the data folder.
    """
    with part(data, "ptbxl/records.csv").open(newline="") as table:
        return [_labelled(row) for row in csv.DictReader(table)]


def signals(data: Path, wanted: set[int]) -> Iterator[tuple[int, Microvolts]]:
    """(ecg_id, (8, 5000) µV) of the wanted records, in the order of the files; leads I, II, V1–V6."""
    for path in sorted(part(data, "ptbxl").glob("signals-*.npz")):
        with np.load(path) as packed:
            ids: list[int] = packed["ecg_id"].tolist()
            rows = [row for row, ecg_id in enumerate(ids) if ecg_id in wanted]
            if rows:
                whole = np.cumsum(packed["delta"][rows].astype(np.int32), axis=2, dtype=np.int32)
                yield from ((ids[row], signal) for row, signal in zip(rows, whole, strict=True))


def as_ecg(row: Labelled, eight_uv: Microvolts, *, arms_swapped: bool = False) -> Ecg:
    """The 12-lead ECG; the other four limb leads follow from I and II.

    Args:
        row: who.
        eight_uv: (8, n) leads I, II, V1–V6 in microvolts.
        arms_swapped: as if the left and right arm electrodes had been exchanged: I upside down, II and III
            exchanged, aVR and aVL exchanged, aVF and the chest leads as they were.
    """
    one, two = eight_uv[0] / 1000.0, eight_uv[1] / 1000.0
    if arms_swapped:
        one, two = -one, two - one
    limb = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    return Ecg.from_array(np.concatenate([limb, eight_uv[2:] / 1000.0]), FS_HZ, LEADS, age=row.age, sex=row.sex)


def _labelled(row: dict[str, Any]) -> Labelled:
    age = float(row["age"]) if row["age"] else None
    return Labelled(
        ecg_id=int(float(row["ecg_id"])),
        patient=row["patient_id"],
        age=90.0 if age == _OVER_89 else age,
        sex=_SEX.get(row["sex"].removesuffix(".0")),
        fold=int(row["strat_fold"]),
        codes=ast.literal_eval(row["scp_codes"] or "{}"),
        troubled=any(row[column].strip() for column in _TROUBLE),
    )
