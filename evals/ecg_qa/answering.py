"""Answering through the product: `read_question`, `decide` and `changed_ranges`, one record at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from calipers.evals.ecg_qa.questions import Question, records_of
from calipers.evals.framework import Options, each
from calipers.evals.measurement.ptbxl import Labelled, Microvolts, as_ecg, signals
from calipers.evidence import Measurement
from calipers.knowledge.ranges import normal_ranges
from calipers.report import Demographics
from calipers.tools.closed_question import changed_ranges, decide, read_comparison, read_question
from calipers.tools.closed_question.asking import range_names
from calipers.tools.closed_question.deciding import Examined

#: What ECG-QA says where nothing is to be named.
NONE = frozenset({"none"})


class Answered(NamedTuple):
    """A question with the answer given; `understood` says whether its subject was recognised."""

    question: Question
    answer: frozenset[str]
    understood: bool


@dataclass(frozen=True)
class Judged:
    """One record: its decisions by question text, those on statements by code, and its intervals."""

    decisions: dict[str, bool] = field(default_factory=dict)
    statements: dict[str, bool] = field(default_factory=dict)
    intervals: dict[str, Measurement] = field(default_factory=dict)


class _Job(NamedTuple):
    row: Labelled
    eight_uv: Microvolts
    texts: tuple[str, ...]
    of_labels: Mapping[str, str]
    compared: bool


def judge(
    options: Options,
    rows: Mapping[int, Labelled],
    asked: Sequence[Question],
    of_labels: Mapping[int, Mapping[str, str]],
) -> dict[int, Judged]:
    """Everything that the questions need of every record.

    Args:
        options: processes and data.
        rows: record → who.
        asked: ECG-QA's questions.
        of_labels: record → SCP-ECG code → the question of our own that asks for it.
    """
    compared = set(records_of(one for one in asked if one.compares_numbers))
    texts: dict[int, dict[str, None]] = {ecg_id: {} for ecg_id in (*of_labels, *compared)}
    for question in asked:
        if question.closed:
            texts.setdefault(question.ecg_ids[0], {})[question.text] = None
    order: list[int] = []

    def jobs() -> Iterator[_Job]:
        for ecg_id, eight_uv in signals(options.data, set(texts)):
            order.append(ecg_id)
            yield _Job(rows[ecg_id], eight_uv, tuple(texts[ecg_id]), of_labels.get(ecg_id, {}), ecg_id in compared)

    found = each(_judge, jobs(), len(texts), "ECG-QA", options)
    return dict(zip(order, found, strict=True))


def answers(asked: Sequence[Question], judged: Mapping[int, Judged], rows: Mapping[int, Labelled]) -> list[Answered]:
    """The answers, in order; what was not understood is answered no, or none."""
    return [_answer(question, judged, rows) for question in asked if question.closed or question.compares_numbers]


def _answer(question: Question, judged: Mapping[int, Judged], rows: Mapping[int, Labelled]) -> Answered:
    if question.closed:
        decided = judged[question.ecg_ids[0]].decisions.get(question.text)
        return Answered(question, frozenset({"yes" if decided else "no"}), decided is not None)
    sought = read_comparison(question.text)
    if sought is None:
        return Answered(question, NONE, False)
    first, second = question.ecg_ids
    patients = (_patient(rows[first]), _patient(rows[second]))
    names = changed_ranges(judged[first].intervals, judged[second].intervals, sought.turned, patients)
    return Answered(question, frozenset(range_names()[name] for name in names) or NONE, True)


def _judge(job: _Job) -> Judged:
    examined = Examined(as_ecg(job.row, job.eight_uv))
    decisions = {text: decide(understood, examined).answer for text in job.texts if (understood := read_question(text))}
    statements = {
        code: decide(understood, examined).answer
        for code, text in job.of_labels.items()
        if (understood := read_question(text)) is not None and code in understood.codes
    }
    intervals = {name: examined.found.measurements[name] for name in normal_ranges()} if job.compared else {}
    return Judged(decisions, statements, intervals)


def _patient(row: Labelled) -> Demographics:
    return Demographics(age=row.age, sex=row.sex)
