"""The retrieval benchmark: recall, rank and false answers over the clinical questions; latency and build time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from calipers.evals.framework import Bootstrap, Document, Estimate, Options, Outcome, Result, Section, Table, spread
from calipers.evals.framework.result import point_values
from calipers.evals.retrieval.peers import searches
from calipers.evals.retrieval.questions import Question, questions
from calipers.knowledge.guidelines import corpus_sha256, passages
from calipers.knowledge.store.guideline_index import GuidelineIndex, build_guideline_index

NAME: Final = "retrieval"
#: How many passages a search may return.
FIRST: Final = 5

Scores = dict[str, Estimate | None]


class Answered(NamedTuple):
    """What one question brought: the ids in order, and how long it took."""

    question: Question
    found: tuple[str, ...]
    seconds: float

    @property
    def recall(self) -> float:
        """The share of the passages that answer which were found; NaN when nothing answers."""
        known = self.question.answers
        return len(known & set(self.found)) / len(known) if known else float("nan")

    @property
    def reciprocal_rank(self) -> float:
        """One over the place of the first passage that answers; 0 when none was found."""
        ranks = [place for place, key in enumerate(self.found, start=1) if key in self.question.answers]
        return 1.0 / ranks[0] if ranks else 0.0


class RetrievalTask:
    """recall@5, hit@5 and MRR on questions with an answer; false answers on those without."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`. `split` training is the half on which the threshold was chosen, validation the held half."""
        started = time.perf_counter()
        chosen = [item for item in questions() if options.split in ("all", item.half)]
        with tempfile.TemporaryDirectory() as scratch:
            built = time.perf_counter()
            folder = build_guideline_index(Path(scratch))
            build_s = time.perf_counter() - built
            answered = ask_all(GuidelineIndex(folder), spread(chosen, options.n))
            beside = _beside([item.question for item in answered], folder)
        scores = all_scores(answered)
        scores["build_s"] = Estimate.alone(build_s, 1)
        halves = {
            name: {"n": len(part), **point_values(all_scores(part))}
            for name, half in (("tune", "training"), ("held", "validation"))
            if (part := [item for item in answered if item.question.half == half])
        }
        halves |= beside
        result = Result.of(NAME, len(answered), scores, halves, time.perf_counter() - started)
        return Outcome(result, _report(answered, result))


def _beside(asked: Sequence[Question], folder: Path) -> dict[str, dict[str, float]]:
    """The peers on the same questions."""
    found = {}
    for name, search in searches(asked, FIRST, folder).items():
        answered = []
        for question in asked:
            started = time.perf_counter()
            brought = search(question.text)
            answered.append(Answered(question, brought, time.perf_counter() - started))
        found[name] = {"n": len(answered), **point_values(all_scores(answered))}
    return found


def ask_all(index: GuidelineIndex, asked: Sequence[Question]) -> list[Answered]:
    """Ask every question once, timed; the model is loaded before."""
    index.search("PR interval", FIRST)
    answered = []
    for question in asked:
        started = time.perf_counter()
        hits = index.search(question.text, FIRST)
        seconds = time.perf_counter() - started
        answered.append(Answered(question, tuple(hit.passage.id for hit in hits), seconds))
    return answered


def all_scores(answered: Sequence[Answered]) -> Scores:
    """The figures of a list of answered questions, resampled by question."""
    if not answered:
        return {}
    draws = Bootstrap([item.question.text for item in answered])
    answerable = np.array([bool(item.question.answers) for item in answered])
    spoke = np.array([bool(item.found) for item in answered])
    ranks = np.array([item.reciprocal_rank for item in answered])
    seconds = [item.seconds for item in answered]
    return {
        "recall_at_5": draws.mean([item.recall for item in answered]),
        "hit_at_5": draws.share((ranks > 0) & answerable, answerable),
        "mrr": draws.mean(np.where(answerable, ranks, np.nan)),
        "unanswered": draws.share(~spoke & answerable, answerable),
        "false_answers": draws.share(spoke & ~answerable, ~answerable),
        "latency_median_s": Estimate.alone(float(np.median(seconds)), len(seconds)),
        "latency_p95_s": Estimate.alone(float(np.percentile(seconds, 95)), len(seconds)),
    }


def _report(answered: Sequence[Answered], result: Result) -> Document:
    seen = sum(passage.seen_at is not None for passage in passages().values())
    figures = Table(
        ("figure", "value", "95 % interval"),
        tuple(
            (name, f"{value:.3f}", "–" if name not in result.ci95 else "{:.3f} to {:.3f}".format(*result.ci95[name]))
            for name, value in result.metrics.items()
        ),
    )
    missed = Table(
        ("question", "found", "answers not found"),
        tuple(
            (item.question.text, ", ".join(item.found) or "nothing", ", ".join(sorted(lost)) or "none exists")
            for item in answered
            if (lost := item.question.answers - set(item.found)) or (item.found and not item.question.answers)
        ),
    )
    about = (
        f"{len(passages())} passages, {seen} of them seen at a public page; corpus {corpus_sha256()[:12]}. "
        "Questions and passages have one author: the figures show whether the index finds what it holds, "
        "not whether it holds what clinicians ask."
    )
    return Document(
        "Retrieval of guideline passages",
        f"{len(answered)} questions, {sum(not item.question.answers for item in answered)} without an answer",
        (Section("Figures", (about, figures)), Section("What was missed", (missed,))),
    )
