"""Serial ECGs of one patient in PTB-XL, folds 1 to 8.

    python -m tests.serial_pairs

compares them all and prints how often the comparison agrees with labels that stayed the same.
"""

from __future__ import annotations

import ast
import csv
import importlib.util
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

from calipers import Ecg, compare

Row = dict[str, str]


def serial_rows(folder: Path) -> list[tuple[Row, Row]]:
    """Consecutive records of every patient with more than one, the earlier first."""
    with (folder / "ptbxl" / "records.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if int(float(row["strat_fold"])) <= 8]
    by_patient: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["patient_id"] and row["recording_date"]:
            by_patient[row["patient_id"]].append(row)
    return [
        pair for own in by_patient.values() for pair in pairwise(sorted(own, key=lambda row: row["recording_date"]))
    ]


def serial_pairs(folder: Path, wanted: int | None = None) -> Iterator[tuple[Ecg, Ecg]]:
    """(earlier, later) for the first `wanted` pairs, or all."""
    rows = serial_rows(folder)[:wanted]
    ecgs = _ecgs(folder, {_id(row): row for pair in rows for row in pair})
    yield from ((ecgs[_id(then)], ecgs[_id(now)]) for then, now in rows)


def labels(row: Row) -> frozenset[str]:
    """The SCP codes of a record."""
    return frozenset(ast.literal_eval(row["scp_codes"] or "{}"))


def _id(row: Row) -> int:
    return int(float(row["ecg_id"]))


def _ecgs(folder: Path, wanted: dict[int, Row]) -> dict[int, Ecg]:
    spec = importlib.util.spec_from_file_location("ptbxl_load", folder / "load.py")
    assert spec is not None
    assert spec.loader is not None
    load = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(load)
    sexes: dict[str, Literal["male", "female"]] = {"0": "male", "1": "female"}
    found = {}
    for ecg_id, signal_mv in load.ptbxl():
        if ecg_id in wanted:
            row = wanted[ecg_id]
            age = float(row["age"]) if row["age"] else None
            found[ecg_id] = Ecg.from_array(
                signal_mv,
                500,
                load.LEADS,
                age=90.0 if age is not None and age >= 300.0 else age,
                sex=sexes.get(row["sex"].removesuffix(".0")),
                patient_id=row["patient_id"],
                recorded_at=datetime.fromisoformat(row["recording_date"]),
            )
        if len(found) == len(wanted):
            break
    return found


def main() -> int:
    """Print the table."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    rows = serial_rows(folder)
    results: dict[str, Counter[str]] = {"labels unchanged": Counter(), "labels changed": Counter()}
    met: dict[str, Counter[str]] = {name: Counter() for name in results}
    seconds = 0.0
    same = 0
    for (then_row, now_row), (then, now) in zip(rows, serial_pairs(folder), strict=True):
        if then.record == now.record:
            same += 1
            continue
        started = time.process_time()
        changes = compare(now, then)
        seconds += time.process_time() - started
        name = "labels unchanged" if labels(then_row) == labels(now_row) else "labels changed"
        results[name][changes.criterion("400").result] += 1
        met[name].update(row.code for row in changes.criteria if row.result == "met")
    print(
        f"{len(rows)} pairs, {same} of them one recording stored twice; {seconds / (len(rows) - same):.2f} s of processor time a pair"
    )
    for name, counted in results.items():
        print(
            f"{name}: {counted.total()} pairs; no significant change: {dict(counted)}; met: {dict(sorted(met[name].items()))}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
