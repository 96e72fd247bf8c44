"""Planted faults: real reports, each with one thing made wrong, and the claim on which it must be found.

    python -m tests.agent.planted_faults [--records 30] [--per-trick 1] [--seed 1]

prints the table of caught and missed by kind and place (DESIGN §8), on PTB-XL records.
"""

from __future__ import annotations

import argparse
import ast
import csv
import importlib.util
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from calipers import Agent, Ecg, Fault, Report, verify
from calipers.evidence import Measurements
from calipers.tools.measure import examine
from tests.agent.forgery import (  # noqa: F401
    ids,
    leads,
    numbers,
    patients,
    priors,
    statements,
    suggestions,
    units,
    words,
)
from tests.agent.forgery.target import TRICKS, Kind, Place, PlantedFault, Target, Trick

#: Labels that the records should spread over, and how many of each.
SPREAD = {
    "AFIB": 3, "CLBBB": 2, "CRBBB": 2, "PACE": 2, "LVH": 3, "AMI": 2, "IMI": 2, "ASMI": 2, "1AVB": 2, "LAFB": 1,
    "STACH": 1, "SBRAD": 1, "PVC": 2, "LNGQT": 1, "NORM": 4, "ISCAL": 1, "INVT": 1,
}  # fmt: skip


class Case(NamedTuple):
    """One real record with its report."""

    ecg_id: int
    ecg: Ecg
    report: Report


def planted_faults(
    reports: Sequence[Report], seed: int, per_trick: int = 1, share: float = 1.0
) -> Iterator[PlantedFault]:
    """A `share` of all tricks on `per_trick` claims of every report to which they apply; the same for the same seed."""
    for number, report in enumerate(reports):
        for trick in TRICKS:
            rng = random.Random(f"{seed} {number} {trick.forger.__name__}")
            if rng.random() >= share:
                continue
            yield from _of_one_trick(report, trick, tuple(reports), rng, per_trick)


def _of_one_trick(
    report: Report, trick: Trick, strangers: tuple[Report, ...], rng: random.Random, wanted: int
) -> Iterator[PlantedFault]:
    for claim in rng.sample(report.claims, len(report.claims)):
        if wanted == 0:
            return
        for forged in trick.forger(Target(report, claim, strangers, rng)):
            if forged.report != report:
                wanted -= 1
                name = f"{trick.forger.__name__}: {forged.description} in `{claim.id}`"
                yield PlantedFault(trick.kind, trick.place, name, forged.report, claim.id)


class Remeasured:
    """`measure`, remembering each ECG: the faults of one report are all checked against the same one."""

    def __init__(self) -> None:
        self._known: dict[str, Measurements] = {}

    def __call__(self, ecg: Ecg) -> Measurements:
        if ecg.record not in self._known:
            self._known[ecg.record] = examine(ecg).measurements
        return self._known[ecg.record]


def is_caught(planted: PlantedFault, faults: Iterable[Fault]) -> bool:
    """Whether the verifier's finding names the very claim."""
    return any(fault.claim_id == planted.claim_id for fault in faults)


def ptbxl_ecgs(folder: Path, wanted: int, spread: dict[str, int] | None = None) -> Iterator[tuple[int, Ecg]]:
    """PTB-XL records spread over their labels, in the order of the files."""
    spec = importlib.util.spec_from_file_location("ptbxl_load", folder / "load.py")
    assert spec is not None
    assert spec.loader is not None
    load = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(load)
    with (folder / "ptbxl" / "records.csv").open(encoding="utf-8") as file:
        rows = {int(float(row["ecg_id"])): row for row in csv.DictReader(file)}
    missing = Counter(spread or {})
    for ecg_id, signal_mv in load.ptbxl():
        row = rows[ecg_id]
        labels = ast.literal_eval(row["scp_codes"] or "{}")
        if spread and not any(missing[label] > 0 for label in labels):
            continue
        missing.subtract(label for label in labels if label in missing)
        age = float(row["age"]) if row["age"] else None
        yield (
            ecg_id,
            Ecg.from_array(
                signal_mv,
                500,
                load.LEADS,
                age=90.0 if age is not None and age >= 300.0 else age,
                sex={"0": "male", "1": "female"}.get(row["sex"].removesuffix(".0")),  # type: ignore[arg-type]
            ),
        )
        wanted -= 1
        if wanted == 0:
            return


def spread_ecgs(folder: Path, spread: int, total: int) -> dict[int, Ecg]:
    """PTB-XL records: up to `spread` of them over the labels, then the files' first until there are `total`."""
    chosen = dict(ptbxl_ecgs(folder, spread, dict(SPREAD)))
    for ecg_id, ecg in ptbxl_ecgs(folder, total):
        if len(chosen) < total:
            chosen.setdefault(ecg_id, ecg)
    return chosen


def main(arguments: Sequence[str]) -> int:
    """Print the table, and every miss."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    parser.add_argument("--records", type=int, default=30)
    parser.add_argument("--per-trick", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--forged", type=int, default=40, help="how many to check against the ECG itself")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home:
        agent = Agent("none", home=Path(home))
        cases = [
            Case(ecg_id, ecg, agent.interpret(ecg))
            for ecg_id, ecg in spread_ecgs(given.data, given.records, given.records).items()
        ]
    started = time.perf_counter()
    false_alarms = sum(bool(verify(case.report)) for case in cases)
    planted, caught, missed = Counter[tuple[Kind, Place]](), Counter[tuple[Kind, Place]](), []
    ecgs = {case.report.record: case.ecg for case in cases}
    forged_left = given.forged
    for fault in planted_faults([case.report for case in cases], given.seed, given.per_trick):
        if fault.place == "forged":
            forged_left -= 1
            if forged_left < 0:
                continue
        key: tuple[Kind, Place] = (fault.kind, fault.place)
        planted[key] += 1
        try:
            found = verify(fault.report, ecgs[fault.report.record] if fault.place == "forged" else None)
        except Exception as problem:  # noqa: BLE001 (an exception is a miss, whatever it is)
            missed.append(f"{fault.kind}/{fault.place} {fault.description}: {problem!r}")
            continue
        if is_caught(fault, found):
            caught[key] += 1
        else:
            missed.append(f"{fault.kind}/{fault.place} {fault.description}: {[item.detail for item in found][:2]}")
    print(f"{'kind':10} {'place':10} {'planted':>8} {'caught':>8}")
    for key in sorted(planted):
        print(f"{key[0]:10} {key[1]:10} {planted[key]:8} {caught[key]:8}")
    total, good = sum(planted.values()), sum(caught.values())
    print(f"{'all':21} {total:8} {good:8}   {100 * good / total:.2f} %")
    print(f"false alarms on unmutated reports: {false_alarms} of {len(cases)}")
    print(f"{1000 * (time.perf_counter() - started) / total:.0f} ms a fault")
    for line in missed:
        print("missed", line)
    return 0 if good >= 0.99 * total and not false_alarms else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
