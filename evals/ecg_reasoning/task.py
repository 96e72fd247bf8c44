"""The reasoning benchmark: Completion and what it is made of, by diagnosis, with intervals over patients."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final

from calipers.evals.ecg_reasoning.answers import Answered, answer_all
from calipers.evals.ecg_reasoning.blind import BLIND, answered_blind
from calipers.evals.ecg_reasoning.samples import KINDS, Kind, read_samples
from calipers.evals.framework import (
    Bootstrap,
    Document,
    Estimate,
    Options,
    Outcome,
    Result,
    Section,
    Table,
)
from calipers.evals.framework.result import point_values

NAME: Final = "ecg_reasoning"
_METHOD: Final = (
    "Each sample asks one diagnosis of one PTB-XL ECG: yes or no, then step by step which criterion, what is found,"
    " in which leads, on which stretch of the trace, in which range the value lies, and what follows so far."
    " `explain` walks the diagnosis on our own measurements; options are matched by their words, leads, seconds and"
    " values, the same way for every diagnosis, and the answers are compared afterwards. A sample is complete when"
    " every answer is right. The truth is an automatic pipeline's. `--split tune` takes the half of the ECGs on"
    " which the steps were chosen, `--split held` the other. With `--model` a sample counts only when that model answers"
    " its first question by calling `explain` on the diagnosis; what is walked is the same. The control answers without"
    " an ECG what was most often right, for that diagnosis and kind of question, in the half that is not judged."
)


class EcgReasoningTask:
    """Completion, the initial diagnosis, and each kind of question."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; about a minute on two idle cores for every sample."""
        started = time.perf_counter()
        answered = answer_all(options)
        scores = reasoning_scores(answered, options.seed)
        if options.model is not None:
            samples = Bootstrap([one.patient for one in answered], seed=options.seed)
            scores["opened"] = samples.share([any(one.given) for one in answered], [1.0] * len(answered))
        groups = {
            diagnosis: {"n": len(members), **point_values(reasoning_scores(members, options.seed))}
            for diagnosis, members in by_diagnosis(answered).items()
        }
        groups |= _blind(answered, options)
        seconds = time.perf_counter() - started
        result = Result.of(NAME, len(answered), scores, groups, seconds)
        return Outcome(result, _report(answered, scores, groups, seconds))


def _blind(answered: list[Answered], options: Options) -> dict[str, dict[str, float]]:
    """The same samples without their ECGs, from the answers of the half that is not judged; nothing without such a half."""
    judged = {one.sample.ecg_id for one in answered}
    others = [sample for sample in read_samples(options.data) if sample.ecg_id not in judged]
    if not others or not answered:
        return {}
    return {
        BLIND: {"n": len(answered), **point_values(reasoning_scores(answered_blind(answered, others), options.seed))}
    }


def reasoning_scores(answered: list[Answered], seed: int) -> dict[str, Estimate | None]:
    """Completion over samples, and the share of right answers over the questions of each kind."""
    samples = Bootstrap([one.patient for one in answered], seed=seed)
    scores: dict[str, Estimate | None] = {
        "completion": samples.share([one.complete for one in answered], [1.0] * len(answered)),
    }
    for kind in KINDS:
        right = [one.right(kind) for one in answered]
        asked = [one.asked(kind) for one in answered]
        name = "initial_diagnosis" if kind == "initial_diagnostic_question" else kind
        scores[name] = samples.share(right, asked)
    return scores


def by_diagnosis(answered: list[Answered]) -> dict[str, list[Answered]]:
    """The samples of each diagnosis, in the order in which they first come."""
    groups: dict[str, list[Answered]] = {}
    for one in answered:
        groups.setdefault(one.sample.diagnosis, []).append(one)
    return groups


def _report(
    answered: list[Answered], scores: dict[str, Estimate | None], groups: dict[str, dict[str, float]], seconds: float
) -> Document:
    names = tuple(scores)
    rows = [("all", str(len(answered)), *(_interval(scores[name]) for name in names))]
    rows += [
        (diagnosis.replace("_", " "), str(int(found["n"])), *(_percent(found.get(name)) for name in names))
        for diagnosis, found in groups.items()
    ]
    header = ("diagnosis", "samples", *(name.replace("_", " ") for name in names))
    sections = (
        Section("How it was asked", (_METHOD,)),
        Section("Shares of right answers", (Table(header, tuple(rows), "per cent, with 95 % intervals"),)),
        Section("Where samples first fail", (_first_failures(answered),)),
    )
    return Document("ECG-Reasoning-Benchmark", f"{len(answered)} samples; {seconds:.0f} s.", sections)


def _first_failures(answered: list[Answered]) -> Table:
    found: Counter[tuple[str, Kind]] = Counter()
    examples: dict[tuple[str, Kind], list[str]] = {}
    for one in answered:
        if (kind := one.first_failure) is not None:
            key = (one.sample.diagnosis.replace("_", " "), kind)
            found[key] += 1
            examples.setdefault(key, []).append(str(one.sample.ecg_id))
    rows = (
        (diagnosis, kind.replace("_", " "), str(count), ", ".join(examples[diagnosis, kind][:5]))
        for (diagnosis, kind), count in found.most_common()
    )
    return Table(("diagnosis", "question", "samples", "such as ECG"), tuple(rows))


def _interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    limits = f" ({100 * estimate.low:.0f}–{100 * estimate.high:.0f})" if estimate.has_interval else ""
    return _percent(estimate.value) + limits


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"
