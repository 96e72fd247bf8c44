"""The benchmark's samples: questions with options, and apart from them the answers they are scored by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from calipers.errors import CalipersError
from calipers.evals.framework import Split, part

SAMPLES: Final = "ecg_reasoning_benchmark/samples.jsonl"
Kind = Literal[
    "initial_diagnostic_question",
    "criterion_selection",
    "finding_identification",
    "lead_grounding",
    "wave_grounding",
    "measurement_grounding",
    "diagnostic_decision",
]
KINDS: Final[tuple[Kind, ...]] = Kind.__args__  # type: ignore[attr-defined]
_IN_ORDER: Final = ("criterion_selection", "finding_identification", "ecg_grounding", "diagnostic_decision")


class SampleError(CalipersError):
    """A line of the samples does not say what it should."""


@dataclass(frozen=True)
class Question:
    """What is asked, with its options. The answer is not here: who answers never sees it."""

    kind: Kind
    text: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """One diagnosis on one ECG, as questions in the order in which they are asked.

    Attributes:
        ecg_id: of PTB-XL.
        diagnosis: the benchmark's name of it, `first_degree_av_block`.
        questions: what is asked.
        answers: the options that are right, question by question.
    """

    ecg_id: int
    diagnosis: str
    questions: tuple[Question, ...]
    answers: tuple[frozenset[int], ...]


def half(ecg_id: int) -> Literal["training", "validation"]:
    """The half of an ECG, fixed before anything was tuned: an even first byte of its hash is for tuning."""
    first = hashlib.sha256(f"ecg_reasoning {ecg_id}".encode()).digest()[0]
    return "training" if first % 2 == 0 else "validation"


def read_samples(data: Path, split: Split = "all") -> list[Sample]:
    """The samples of one half or of both, in the file's order.

    Raises:
        MissingPart: the benchmark is not in the data folder.
        SampleError: a line is not a sample.
    """
    with part(data, SAMPLES).open(encoding="utf-8") as lines:
        samples = [_sample(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return [sample for sample in samples if split in ("all", half(sample.ecg_id))]


def _sample(number: int, line: str) -> Sample:
    try:
        written = json.loads(line)
        metadata, asked = written["metadata"], list(_asked(written["data"]))
        return Sample(
            ecg_id=int(metadata["ecg_id"]),
            diagnosis=str(metadata["target_dx"]),
            questions=tuple(_question(item) for item in asked),
            answers=tuple(_answer(item) for item in asked),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SampleError(f"{SAMPLES}, line {number}: found {error!r}; needed metadata and questions") from error


def _asked(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield content["initial_diagnostic_question"]
    for step in content["reasoning"]:
        for name in _IN_ORDER:
            found = step.get(name, [])
            yield from found if isinstance(found, list) else [found]


def _question(item: dict[str, Any]) -> Question:
    if item["question_type"] not in KINDS:
        raise ValueError(f"question type `{item['question_type']}`")
    return Question(item["question_type"], str(item["question"]), tuple(map(str, item["options"])))


def _answer(item: dict[str, Any]) -> frozenset[int]:
    right = item["answer"]
    texts = right if isinstance(right, list) else [right]
    return frozenset(item["options"].index(text) for text in texts)
