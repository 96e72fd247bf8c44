"""Every sample answered: each ECG is measured once, and asked all that the benchmark asks of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from calipers.evals.ecg_reasoning.opening import opened
from calipers.evals.ecg_reasoning.respondent import Answer, Respondent
from calipers.evals.ecg_reasoning.samples import Kind, Question, Sample, SampleError, read_samples
from calipers.evals.framework import Options, each, spread
from calipers.evals.measurement.ptbxl import Labelled, Microvolts, as_ecg, recorded, signals
from calipers.knowledge import evaluate, statements
from calipers.report import Demographics
from calipers.tools.explain import chain
from calipers.tools.measure import measure


@dataclass(frozen=True)
class Answered:
    """One sample with what was answered, question by question."""

    sample: Sample
    patient: str
    given: tuple[Answer, ...]

    def unanswered(self) -> Answered:
        """The same sample without an answer to anything."""
        return replace(self, given=tuple(Answer() for _ in self.given))

    @property
    def correct(self) -> tuple[bool, ...]:
        """Which answers are right."""
        return tuple(given == right for given, right in zip(self.given, self.sample.answers, strict=True))

    @property
    def complete(self) -> bool:
        """Whether every answer is right."""
        return all(self.correct)

    @property
    def first_failure(self) -> Kind | None:
        """The first kind of question that failed after the initial one; that one only if no other did."""
        wrong = [
            question.kind for question, right in zip(self.sample.questions, self.correct, strict=True) if not right
        ]
        later = [kind for kind in wrong if kind != "initial_diagnostic_question"]
        return (later or wrong or [None])[0]

    def right(self, kind: Kind) -> int:
        """How many questions of a kind were answered right."""
        pairs = zip(self.sample.questions, self.correct, strict=True)
        return sum(right for question, right in pairs if question.kind == kind)

    def asked(self, kind: Kind) -> int:
        """How many questions of a kind there were."""
        return sum(question.kind == kind for question in self.sample.questions)


class _Job(NamedTuple):
    """One ECG and what is asked of it: diagnoses and questions, no answers."""

    row: Labelled
    eight_uv: Microvolts
    asked: tuple[tuple[str, tuple[Question, ...]], ...]


def answer_all(options: Options) -> list[Answered]:
    """The samples of the split, in the file's order; those whose walk the named model does not open stay unanswered.

    Raises:
        MissingPart: the benchmark or PTB-XL is not in the data folder.
        SampleError: a sample's ECG is not in PTB-XL's folder.
        UnknownStatement: a diagnosis is not in the statement table.
    """
    samples = spread(read_samples(options.data, options.split), options.n)
    rows = {row.ecg_id: row for row in recorded(options.data)}
    of_ecg: dict[int, list[Sample]] = {}
    for sample in samples:
        statements().find(_spoken(sample.diagnosis))
        of_ecg.setdefault(sample.ecg_id, []).append(sample)
    jobs = _jobs(options, rows, of_ecg)
    done = dict(each(_answer_ecg, jobs, len(of_ecg), "reasoning", options))
    if absent := sorted(set(of_ecg) - set(done)):
        raise SampleError(f"found no signal of ECG {absent[0]} and {len(absent) - 1} more; needed those of the samples")
    given = {ecg_id: iter(answers) for ecg_id, answers in done.items()}
    answered = [Answered(sample, rows[sample.ecg_id].patient, next(given[sample.ecg_id])) for sample in samples]
    if options.model is None:
        return answered
    walked = opened(samples, options.model)
    return [one if one.sample.diagnosis in walked else one.unanswered() for one in answered]


def _jobs(options: Options, rows: dict[int, Labelled], of_ecg: dict[int, list[Sample]]) -> Iterator[_Job]:
    for ecg_id, eight_uv in signals(options.data, set(of_ecg) & set(rows)):
        asked = tuple((sample.diagnosis, sample.questions) for sample in of_ecg[ecg_id])
        yield _Job(rows[ecg_id], eight_uv, asked)


def _answer_ecg(job: _Job) -> tuple[int, list[tuple[Answer, ...]]]:
    ecg = as_ecg(job.row, job.eight_uv)
    measurements = measure(ecg)
    patient = Demographics(age=ecg.patient.age, sex=ecg.patient.sex)
    verdicts = evaluate(measurements, patient)
    answers = []
    for diagnosis, questions in job.asked:
        key = statements().find(_spoken(diagnosis)).key
        respondent = Respondent(chain(key, verdicts, measurements, patient), measurements)
        answers.append(tuple(respondent.answer(question) for question in questions))
    return job.row.ecg_id, answers


def _spoken(diagnosis: str) -> str:
    return diagnosis.replace("_", " ")
