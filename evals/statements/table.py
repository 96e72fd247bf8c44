"""Measure every PTB-XL record into one table, for the teacher of the statement network.

`python -m calipers.evals.statements.table --out table.npz` (about five minutes on two cores).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.evals.framework import Options, each
from calipers.evals.measurement.ptbxl import Labelled, Microvolts, as_ecg, recorded, signals
from calipers.leads import LEADS
from calipers.parameters import GLOBAL_UNITS, LEAD_UNITS, WORDS
from calipers.tools.measure import measure

#: Columns: every number the engine writes, global and lead by lead, then age and sex (1 female).
NAMES: Final = (
    *(name for name in GLOBAL_UNITS if name not in WORDS),
    *(f"{lead}.{name}" for lead in LEADS for name in LEAD_UNITS if name not in WORDS),
    "age",
    "sex",
)


class _Job(NamedTuple):
    row: Labelled
    eight_uv: Microvolts


def measured_row(job: _Job) -> NDArray[np.float64]:
    """(columns,) of one record; NaN where not measurable."""
    found = measure(as_ecg(job.row, job.eight_uv))
    numbers = [found.number(name) for name in NAMES[:-2]]
    sex = None if job.row.sex is None else float(job.row.sex == "female")
    return np.array([np.nan if number is None else number for number in (*numbers, job.row.age, sex)], dtype=np.float64)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    options = Options(given.data, workers=given.workers)
    rows = {row.ecg_id: row for row in recorded(given.data)}
    order: list[int] = []

    def jobs() -> Iterator[_Job]:
        for ecg_id, eight_uv in signals(given.data, set(rows)):
            order.append(ecg_id)
            yield _Job(rows[ecg_id], eight_uv)

    values = each(measured_row, jobs(), len(rows), "PTB-XL", options)
    np.savez_compressed(given.out, ecg_id=np.array(order), names=np.array(NAMES), values=np.stack(values))


if __name__ == "__main__":
    main()
