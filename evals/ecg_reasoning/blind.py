"""What a reader without an ECG would score: the options that are most often right, read off the other half's answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

from calipers.evals.ecg_reasoning.answers import Answered
from calipers.evals.ecg_reasoning.samples import Kind, Question, Sample

BLIND: Final = "control: no ECG"
_Counts = defaultdict[tuple[str, Kind], Counter[str]]


def answered_blind(judged: Sequence[Answered], others: Sequence[Sample]) -> list[Answered]:
    """The same samples answered from how often each option was right elsewhere; where none was ever seen, the first.

    Args:
        judged: the samples, whose own answers are not looked at.
        others: samples of other ECGs, whose answers are.
    """
    counts: _Counts = defaultdict(Counter)
    for sample in others:
        for question, right in zip(sample.questions, sample.answers, strict=True):
            counts[sample.diagnosis, question.kind].update(question.options[place] for place in right)
    return [
        Answered(
            one.sample, one.patient, tuple(_usual(counts, one.sample, question) for question in one.sample.questions)
        )
        for one in judged
    ]


def _usual(counts: _Counts, sample: Sample, question: Question) -> frozenset[int]:
    seen = counts[sample.diagnosis, question.kind]
    best = max(range(len(question.options)), key=lambda place: (seen[question.options[place]], -place))
    return frozenset({best})
