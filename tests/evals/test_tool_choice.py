"""The tool-choice benchmark scores what was chosen, and its utterances are not the training's."""

from __future__ import annotations

import random

from calipers.agent.toolbox import toolbox
from calipers.evals.framework import task_names
from calipers.evals.tool_choice.choosers import Chosen, by_rule
from calipers.evals.tool_choice.task import Answered, all_scores
from calipers.evals.tool_choice.utterances import Utterance, utterances
from calipers.models.mllm.language.actions import TOOLS, parse
from calipers.models.mllm.language.dialogues import dialogue


def chosen(tool: str, *about: str) -> Chosen:
    return Chosen(frozenset([tool]), frozenset((tool, key) for key in about))


def utterance(*lines: str) -> Utterance:
    return Utterance("…", tuple(parse(line) for line in lines))


def test_the_task_is_among_the_benchmarks() -> None:
    assert "tool_choice" in task_names()


def test_there_are_300_utterances_in_two_halves_and_none_twice() -> None:
    texts = [(item.text, item.before) for item in utterances()]
    halves = [item.half for item in utterances()]
    assert len(texts) >= 300
    assert len(set(texts)) == len(texts)
    assert min(halves.count("tune"), halves.count("unseen")) >= 150


def test_every_tool_is_asked_for() -> None:
    wanted = {call.tool for item in utterances() for action in item.expected for call in action.calls}
    assert wanted == set(TOOLS)
    assert {tool.name for tool in toolbox()} <= set(TOOLS)


def test_hardly_an_utterance_is_found_among_the_training_questions() -> None:
    draw = random.Random(0)
    taught = {turn.text.rpartition("\n")[0].lower() for _ in range(2000) for turn in dialogue(draw).turns}
    same = {item.text for item in utterances() if item.text.lower() in taught and len(item.text.split()) > 3}
    assert len(same) <= 3


def test_the_right_tool_about_the_wrong_thing_is_half_right() -> None:
    answered = Answered(utterance("measure pr"), chosen("measure", "qrs"), 0.1)
    assert answered.tool_right
    assert not answered.all_right


def test_any_of_the_right_choices_counts() -> None:
    answered = Answered(utterance("measure pr", "explain long_qt"), chosen("explain", "long_qt"), 0.1)
    assert answered.all_right


def test_turning_down_with_another_of_the_refusals_is_a_refusal_and_not_the_right_sentence() -> None:
    answered = Answered(utterance("say treatment"), Chosen(sentences=frozenset(["prognosis"])), 0.1)
    assert answered.to_refuse
    assert answered.refused
    assert not answered.tool_right


def test_a_failure_counts_as_wrong() -> None:
    scores = all_scores([Answered(utterance("interpret"), Chosen(failed="no weights"), 0.1)])
    assert scores["tool_accuracy"] is not None
    assert scores["tool_accuracy"].value == 0.0


def test_the_question_matcher_can_be_scored() -> None:
    assert by_rule(Utterance("what is the PR?", ())).about == {("measure", "pr")}
