"""The retrieval questions are many, name passages that exist, and count as they should."""

from __future__ import annotations

from calipers.evals.framework import task_names
from calipers.evals.retrieval.questions import Question, questions
from calipers.evals.retrieval.task import Answered, all_scores


def test_there_are_enough_questions_of_both_kinds() -> None:
    asked = questions()
    assert sum(bool(item.answers) for item in asked) >= 120
    assert sum(not item.answers for item in asked) >= 20
    assert len({item.text for item in asked}) == len(asked)


def test_both_halves_hold_both_kinds() -> None:
    for half in ("training", "validation"):
        part = [item for item in questions() if item.half == half]
        assert min(sum(bool(item.answers) for item in part), sum(not item.answers for item in part)) >= 10


def test_the_task_is_registered() -> None:
    assert "retrieval" in task_names()


def test_scores_count_what_was_found_and_what_should_not_have_been() -> None:
    answered = [
        Answered(Question("both", frozenset({"a", "b"})), ("x", "a"), 0.1),
        Answered(Question("first", frozenset({"a"})), ("a",), 0.1),
        Answered(Question("none found", frozenset({"a"})), (), 0.1),
        Answered(Question("rightly silent", frozenset()), (), 0.1),
        Answered(Question("wrongly spoke", frozenset()), ("a",), 0.1),
    ]
    scores = {name: found.value for name, found in all_scores(answered).items() if found is not None}
    assert scores["recall_at_5"] == 0.5
    assert abs(scores["hit_at_5"] - 2 / 3) < 1e-9
    assert scores["mrr"] == 0.5
    assert scores["false_answers"] == 0.5
