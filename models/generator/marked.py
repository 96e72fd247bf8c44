"""The marked corpus: one line of JSON a record, with its marks and what was found true of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from calipers.ecg import Sex
from calipers.models.generator.marks import Marks


@dataclass(frozen=True, eq=False)
class Marked:
    """One training record.

    Attributes:
        id: PTB-XL's number, or the name of a simulated record.
        fold: PTB-XL's fold; 0 for a simulated record.
        marks: where its waves are.
        statements: what it is labelled with (SCP codes) and what its criteria say (keys of the statement table).
        age, sex: of the patient, None where unknown.
        text: a report of it.
    """

    id: str
    fold: int
    marks: Marks
    statements: tuple[str, ...]
    age: float | None
    sex: Sex | None
    text: str = ""

    @property
    def simulated(self) -> bool:
        """Whether no person was recorded."""
        return self.fold == 0


_TIMES: Final = ("qrs_on", "qrs_off", "t_off", "p_on", "p_off")
_ARRAYS: Final = (*_TIMES, "ectopic", "spikes")


def line_of(record: Marked) -> str:
    """One line of JSON; times to a fiftieth of a sample."""
    marks = {name: np.round(getattr(record.marks, name).astype(float), 2).tolist() for name in _ARRAYS}
    return json.dumps(
        {
            "id": record.id, "fold": record.fold, "statements": record.statements, "age": record.age,
            "sex": record.sex, "text": record.text, "flutter_period": record.marks.flutter_period, **marks,
        }
    )  # fmt: skip


def read_marked(path: Path) -> Iterator[Marked]:
    """The records of a file written line by line; a torn last line is left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                return
            row = json.loads(line)
            arrays = {name: np.array(row[name], dtype=np.float64) for name in _TIMES}
            ectopic, spikes = np.array(row["ectopic"], dtype=np.bool_), np.array(row["spikes"], dtype=np.int64)
            marks = Marks(**arrays, ectopic=ectopic, spikes=spikes, flutter_period=row["flutter_period"])
            yield Marked(
                row["id"], row["fold"], marks, tuple(row["statements"]), row["age"], row["sex"], row.get("text", "")
            )


def write_marked(records: Iterable[Marked], path: Path) -> None:
    """Append records to a file."""
    with path.open("a", encoding="utf-8") as lines:
        for record in records:
            lines.write(line_of(record) + "\n")
