"""ECG-QA's questions on records that are here, each as template and as paraphrase (Oh 2023, CC BY 4.0)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final, Literal, NamedTuple

from calipers.evals.framework import Split, part
from calipers.evals.measurement.ptbxl import TEST_FOLD

Phrasing = Literal["template", "paraphrased"]

PHRASINGS: Final[tuple[Phrasing, ...]] = ("template", "paraphrased")
_PARTS: Final = ("train", "valid", "test")


class Question(NamedTuple):
    """One question in one phrasing. `attribute` is what it asks about, as ECG-QA has it; a family without one."""

    text: str
    phrasing: Phrasing
    kind: str
    family: str
    attribute: str
    answer: frozenset[str]
    ecg_ids: tuple[int, ...]

    @property
    def closed(self) -> bool:
        """Answered by yes or no, about one ECG."""
        return self.kind == "single-verify"

    @property
    def compares_numbers(self) -> bool:
        """Answered by the names of measurements of two ECGs."""
        return self.kind.startswith("comparison") and self.family == "numeric_feature"


def questions(data: Path, folds: dict[int, int], split: Split) -> list[Question]:
    """The questions of a side, in the order of the files; both phrasings of a question are on one side.

    A question is held out when one of its records is of fold 9 or above: both of its phrasings are, because they
    ask of the same records. `split` all takes the held-out side too: the other was developed on.

    Raises:
        MissingPart: ECG-QA is not in the data folder.
    """
    folder = part(data, "ecg_qa")
    found = [
        question
        for phrasing in PHRASINGS
        for path in (folder / f"{phrasing}-{name}.jsonl" for name in _PARTS)
        if path.is_file()
        for question in _read(path, phrasing)
        if all(one in folds for one in question.ecg_ids)
    ]
    held = [any(folds[one] >= TEST_FOLD for one in question.ecg_ids) for question in found]
    return [question for question, is_held in zip(found, held, strict=True) if is_held == (split != "training")]


def records_of(asked: Iterable[Question]) -> Collection[int]:
    """Every record that a question asks of, in the order in which they come."""
    return dict.fromkeys(one for question in asked for one in question.ecg_ids)


def _read(path: Path, phrasing: Phrasing) -> Iterable[Question]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        attribute = (row["attribute"] or [row["attribute_type"]])[0]
        yield Question(
            row["question"], phrasing, row["question_type"], row["attribute_type"], attribute,
            frozenset(row["answer"]), tuple(row["ecg_id"]),
        )  # fmt: skip
