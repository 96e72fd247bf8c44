"""The ECG-QA benchmark: balanced accuracy of closed questions, sets of changed numbers, and questions from labels."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

import numpy as np

from calipers.evals.ecg_qa.answering import NONE, Answered, answers, judge
from calipers.evals.ecg_qa.labels import label_questions, label_scores
from calipers.evals.ecg_qa.questions import PHRASINGS, questions
from calipers.evals.framework import Bootstrap, Document, Estimate, Options, Outcome, Result, Section, Table, spread
from calipers.evals.framework.result import Scores, point_values
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, recorded
from calipers.leads import LEADS

NAME: Final = "ecg_qa"
_METHOD: Final = (
    "Questions are read by code (the vocabulary of closed questions, then the statement table's names), and answered"
    " from measurements, criteria, the statement network against base rates, and the noise model; what is not"
    " understood counts as answered no, or none. The questions on one record are on one side in both phrasings;"
    " `--split training` takes those on which folds 1–8 were developed, any other the rest. Balanced accuracy is the"
    " mean of sensitivity and specificity; always saying the commoner answer reaches one half. Sets: the answer names"
    " exactly the right measurements; F1 over the names. ECG-QA's truth here are the numbers of lead II that NeuroKit2"
    " found (its DWT delineation); the answers are from this package's own measurements over all leads. Normal ranges are"
    " published ones and were not fitted, but for the raw QT's (330 to 430 ms), read off ECG-QA's answers on folds 1–8."
)
_LABELS: Final = (
    "ECG-QA's own questions here are on noise and on intervals. For statements the labels of the same side are asked"
    " for in its wording, one question a code and record."
)


class EcgQaTask:
    """Closed questions, comparisons and label questions on records that nothing was tuned on."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; `n` limits the questions of each phrasing and the records of the label questions."""
        started = time.perf_counter()
        everyone = {row.ecg_id: row for row in recorded(options.data)}
        asked = questions(options.data, {row.ecg_id: row.fold for row in everyone.values()}, options.split)
        asked = [
            one for phrasing in PHRASINGS for one in spread([q for q in asked if q.phrasing == phrasing], options.n)
        ]
        labelled = [row for row in everyone.values() if row.codes and (row.fold >= TEST_FOLD) == _held(options)]
        labelled = spread(labelled, options.n)
        wanted = label_questions(options.data, labelled)
        judged = judge(options, everyone, asked, {row.ecg_id: wanted for row in labelled})
        answered = answers(asked, judged, everyone)
        by_code = {code: label_scores(labelled, judged, code) for code in wanted}
        scores = {**closed_scores(_closed(answered), everyone), **compared_scores(_compared(answered), everyone)}
        balanced = [found.value for values in by_code.values() if (found := values["balanced_accuracy"])]
        scores["statement_balanced_accuracy"] = (
            Estimate.alone(float(np.mean(balanced)), len(labelled)) if balanced else None
        )
        groups = {**_groups(answered, everyone), **_label_groups(by_code, labelled)}
        result = Result.of(NAME, len(answered), scores, groups, time.perf_counter() - started)
        return Outcome(result, _report(result))


def closed_scores(answered: Sequence[Answered], rows: Mapping[int, Labelled]) -> Scores:
    """Figures of yes-or-no questions, resampled by patient."""
    if not answered:
        return {}
    resample = Bootstrap([rows[one.question.ecg_ids[0]].patient for one in answered])
    said = np.array(["yes" in one.answer for one in answered])
    truth = np.array(["yes" in one.question.answer for one in answered])
    all_ = np.ones(len(answered))
    return {
        "balanced_accuracy": resample.balanced_accuracy(said, truth),
        "sensitivity": resample.share(said & truth, truth),
        "specificity": resample.share(~said & ~truth, ~truth),
        "accuracy": resample.share(said == truth, all_),
        "majority_accuracy": Estimate.alone(float(max(truth.mean(), 1.0 - truth.mean())), len(answered)),
        "majority_balanced_accuracy": Estimate.alone(0.5, len(answered)),
        "understood": resample.share([one.understood for one in answered], all_),
    }


def compared_scores(answered: Sequence[Answered], rows: Mapping[int, Labelled]) -> Scores:
    """Figures of questions that name measurements, beside the commonest set and the commonest names."""
    if not answered:
        return {}
    resample = Bootstrap([rows[one.question.ecg_ids[1]].patient for one in answered])
    commonest = Counter(one.question.answer for one in answered).most_common(1)[0][0]
    names = Counter(chain.from_iterable(one.question.answer - NONE for one in answered))
    usual = frozenset(name for name, count in names.items() if 2 * count >= len(answered)) or commonest
    all_ = np.ones(len(answered))
    return {
        "set_equality": resample.share([one.answer == one.question.answer for one in answered], all_),
        "set_f1": resample.mean([set_f1(one.answer, one.question.answer) for one in answered]),
        "majority_set_equality": resample.share([one.question.answer == commonest for one in answered], all_),
        "majority_set_f1": resample.mean([set_f1(usual, one.question.answer) for one in answered]),
        "comparisons_understood": resample.share([one.understood for one in answered], all_),
    }


def set_f1(said: frozenset[str], truth: frozenset[str]) -> float:
    """F1 of one set of names against another; `none` is a name."""
    return 2.0 * len(said & truth) / (len(said) + len(truth)) if said or truth else 1.0


def _held(options: Options) -> bool:
    return options.split != "training"


def _closed(answered: Sequence[Answered]) -> list[Answered]:
    return [one for one in answered if one.question.closed]


def _compared(answered: Sequence[Answered]) -> list[Answered]:
    return [one for one in answered if one.question.compares_numbers]


def _groups(answered: Sequence[Answered], rows: Mapping[int, Labelled]) -> dict[str, dict[str, float]]:
    """By phrasing; closed questions by attribute and whether a lead is named; comparisons by what turned."""
    parts: dict[str, list[Answered]] = {}
    for one in answered:
        asked = one.question
        kind = "closed" if asked.closed else "compared"
        parts.setdefault(f"{kind}, {asked.phrasing}", []).append(one)
        parts.setdefault(f"{kind}, {asked.family}", []).append(one)
        if asked.closed:
            lead = any(f"lead {name}" in asked.text for name in LEADS)
            parts.setdefault(f"closed, {asked.attribute}{' in one lead' if lead else ''}", []).append(one)
    return {
        name: {
            "n": len(part),
            **point_values((closed_scores if part[0].question.closed else compared_scores)(part, rows)),
        }
        for name, part in sorted(parts.items())
    }


def _label_groups(
    by_code: Mapping[str, Mapping[str, Estimate | None]], labelled: Sequence[Labelled]
) -> dict[str, dict[str, float]]:
    counts = {code: sum(code in row.codes for row in labelled) for code in by_code}
    return {f"label {code}": {"n": counts[code], **point_values(values)} for code, values in by_code.items()}


def _report(result: Result) -> Document:
    figures = tuple(
        (name, f"{value:.3f}", "{:.3f} to {:.3f}".format(*result.ci95[name]) if name in result.ci95 else "–")
        for name, value in result.metrics.items()
    )
    asked = {name: values for name, values in result.groups.items() if not name.startswith("label ")}
    labels = {name: values for name, values in result.groups.items() if name.startswith("label ")}
    return Document(
        "ECG-QA",
        f"{result.n} questions; {result.seconds:.0f} s.",
        (
            Section("How it was asked", (_METHOD,)),
            Section("Figures", (Table(("figure", "value", "95 % interval"), figures), _by_group(asked))),
            Section("Labels as questions", (_LABELS, _by_group(labels))),
        ),
    )


def _by_group(groups: Mapping[str, Mapping[str, float]]) -> Table:
    columns = (
        "n",
        "balanced_accuracy",
        "sensitivity",
        "specificity",
        "accuracy",
        "set_equality",
        "set_f1",
        "understood",
    )
    header = ("group", *(column.replace("_", " ") for column in columns))
    rows = tuple((name, *(_cell(values.get(column)) for column in columns)) for name, values in groups.items())
    return Table(header, rows)


def _cell(value: float | None) -> str:
    return "–" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"
