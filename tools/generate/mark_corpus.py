"""Mark PTB-XL folds 1-8 for the generator's training: `python -m calipers.tools.generate.mark_corpus --data D OUT.jsonl`.

Resumable: records already in the file are not marked again. About a third of a second a record.
"""

from __future__ import annotations

import argparse
import ast
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from calipers.ecg import Ecg, Sex
from calipers.errors import UnreadableInput
from calipers.knowledge import evaluate
from calipers.leads import LEADS
from calipers.models.generator.corpus import TRAINING_FOLDS, signals
from calipers.models.generator.marked import Marked, read_marked, write_marked
from calipers.models.generator.marks import CODEC_HZ, twelve_leads
from calipers.report import Demographics
from calipers.tools.generate.marking import mark
from calipers.tools.measure import Examination, examine

_SEX: Final[dict[str, Sex]] = {"0": "male", "1": "female"}
_OLDEST: Final = 90.0


def marked_record(ecg_id: str, row: dict[str, str], ecg: Ecg, seen: Examination) -> Marked:
    """One record with its marks, its labels, and the keys of the statements whose criteria it meets or leans to."""
    codes = tuple(ast.literal_eval(row["scp_codes"])) if row["scp_codes"] else ()
    age = min(float(row["age"]), _OLDEST) if row["age"] else None
    sex = _SEX.get(row["sex"].split(".")[0])
    verdicts = evaluate(seen.measurements, Demographics(age=age, sex=sex))
    met = tuple(key for key, verdict in verdicts.items() if verdict.leans_present)
    return Marked(ecg_id, int(float(row["strat_fold"])), mark(ecg, seen), (*codes, *met), age, sex, row["report"])


def unmarked(data: Path, done: frozenset[str]) -> Iterator[Marked]:
    """Every record of the training folds that is not done and has at least two beats."""
    with (data / "ptbxl" / "records.csv").open(newline="") as table:
        rows = {str(int(float(row["ecg_id"]))): row for row in csv.DictReader(table)}
    wanted = frozenset(key for key, row in rows.items() if int(float(row["strat_fold"])) in TRAINING_FOLDS)
    for key, eight in signals(data, wanted - done):
        ecg = Ecg.from_array(twelve_leads(eight), CODEC_HZ, LEADS)
        try:
            yield marked_record(key, rows[key], ecg, examine(ecg))
        except UnreadableInput:
            continue


def main() -> None:
    """Command line of this stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    chosen = parser.parse_args()
    done = frozenset(one.id for one in read_marked(chosen.out)) if chosen.out.exists() else frozenset()
    for record in unmarked(chosen.data, done):
        write_marked([record], chosen.out)


if __name__ == "__main__":
    main()
