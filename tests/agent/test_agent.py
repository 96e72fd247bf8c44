"""The agent's promises in the mode without a language model, and over threads."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from calipers import Agent, Ecg, Report, UsageError, verify
from calipers.agent.probabilities import statement_weights_sha256
from calipers.agent.sentences import SENTENCES
from calipers.leads import LEADS
from calipers.models.delineator.inference import WEIGHTS
from tests.agent.scripted import ScriptedModel, draft


def test_the_report_round_trips_exactly(demo_ecg: Ecg, tmp_path: Path) -> None:
    report = Agent("none", home=tmp_path).interpret(demo_ecg)
    text = report.model_dump_json()
    assert Report.model_validate(json.loads(text)) == report
    assert Report.model_validate(json.loads(text)).model_dump_json() == text


def test_provenance_names_the_network_that_marked_the_waves(demo_ecg: Ecg, tmp_path: Path) -> None:
    weights = Agent("none", home=tmp_path).interpret(demo_ecg).provenance.weights
    assert weights[WEIGHTS.name] == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert weights["statements"] == statement_weights_sha256()


def test_equal_input_gives_equal_bytes(demo_ecg: Ecg, tmp_path: Path) -> None:
    first = Agent("none", home=tmp_path / "a").interpret(demo_ecg)
    second = Agent("none", home=tmp_path / "b").interpret(demo_ecg)
    assert first.model_dump_json() == second.model_dump_json()


def test_every_claim_of_the_demo_verifies_against_the_signal(demo_ecg: Ecg, tmp_path: Path) -> None:
    report = Agent("none", home=tmp_path).interpret(demo_ecg)
    assert report.claims
    assert verify(report, demo_ecg) == []


def test_another_ecg_does_not_vouch_for_a_report(demo_ecg: Ecg, other_ecg: Ecg, tmp_path: Path) -> None:
    report = Agent("none", home=tmp_path).interpret(demo_ecg)
    assert verify(report, other_ecg)


@pytest.mark.parametrize(
    ("question", "tool", "says"),
    [
        ("is the PR prolonged?", "explain", "first-degree AV block"),
        ("what's the QTc?", "measure", "QTc"),
        ("ST in the inferior leads?", "measure", "aVF"),
        ("ST level in V3", "measure", "lead V3"),
        ("is he in AF?", "explain", "atrial fibrillation"),
        ("LBBB?", "explain", "left bundle branch block"),
        ("please interpret this ecg", "interpret", "Ventricular rate"),
        ("anything dangerous here?", "interpret", "Ventricular rate"),
        ("heart rate", "measure", "Ventricular rate"),
        ("show me the trace", "render", SENTENCES["picture"]),
    ],
)
def test_a_question_is_answered_by_the_tool_it_needs(
    demo_ecg: Ecg, tmp_path: Path, question: str, tool: str, says: str
) -> None:
    with Agent("none", home=tmp_path) as agent:
        answer = agent.ask("t", question, ecg=demo_ecg)
    assert [step.name for step in answer.steps] == [tool]
    assert says in answer.text
    assert answer.withheld == ()


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("hello", "greeting"),
        ("thanks!", "thanks"),
        ("should I give amiodarone?", "treatment"),
        ("will he survive this?", "prognosis"),
        ("what is his troponin?", "not_in_ecg"),
        ("tell me a joke", "off_topic"),
        ("qwertz uiop", "not_understood"),
    ],
)
def test_questions_without_a_tool_get_a_fixed_sentence(
    demo_ecg: Ecg, tmp_path: Path, question: str, sentence: str
) -> None:
    with Agent("none", home=tmp_path) as agent:
        answer = agent.ask("t", question, ecg=demo_ecg)
    assert answer.text == SENTENCES[sentence]  # type: ignore[index]
    assert answer.steps == ()
    assert answer.claims == ()


def test_fixed_sentences_hold_no_number() -> None:
    assert not [text for text in SENTENCES.values() if any(letter.isdigit() for letter in text)]


def test_a_thread_remembers_its_ecg_over_a_restart(demo_ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        before = agent.ask("t", "what is the PR interval?", ecg=demo_ecg)
    with Agent("none", home=tmp_path) as agent:
        after = agent.ask("t", "what is the PR interval?")
    assert after.text == before.text


def test_a_thread_without_an_ecg_says_so(tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent, pytest.raises(UsageError, match="found no ECG in thread"):
        agent.ask("empty", "what is the PR interval?")


def test_threads_do_not_see_each_other(demo_ecg: Ecg, other_ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        agent.ask("a", "heart rate", ecg=demo_ecg)
        agent.ask("b", "heart rate", ecg=other_ecg)
        again = agent.ask("a", "heart rate")
    assert again.report is not None
    assert again.report.record == demo_ecg.record


def test_streamed_claims_are_the_claims_of_the_answer(demo_ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        events = list(agent.stream("t", "what is the PR interval?", ecg=demo_ecg))
    assert [event.kind for event in events] == ["step", "claim", "done"]


def test_the_async_twins_say_the_same(demo_ecg: Ecg, tmp_path: Path) -> None:
    async def both() -> tuple[Report, list[object]]:
        with Agent("none", home=tmp_path) as agent:
            report = await agent.ainterpret(demo_ecg)
            kinds: list[object] = [
                event.kind async for event in agent.astream("t", "what is the PR interval?", ecg=demo_ecg)
            ]
            assert (await agent.aask("t", "what is the PR interval?")).claims
        return report, kinds

    report, kinds = asyncio.run(both())
    assert report == Agent("none", home=tmp_path).interpret(demo_ecg)
    assert kinds == ["step", "claim", "done"]


def test_a_remote_model_asks_before_anything_leaves(demo_ecg: Ecg, tmp_path: Path) -> None:
    model = ScriptedModel(turns=[draft({"template": "PR interval {pr}.", "evidence": ["pr"]})])
    with Agent("none", home=tmp_path) as agent:
        agent.choice = agent.choice.__class__("far:away", "asked for", model, remote=True)
        asked = agent.ask("t", "what is the PR?", ecg=demo_ecg)
        assert asked.interrupt is not None
        assert asked.interrupt["kind"] == "consent"
        assert model.calls == 0
        answered = agent.resume("t", True)
        assert model.calls == 1
        assert answered.text.startswith("PR interval")


def test_a_refused_consent_keeps_the_data_here_and_still_answers(demo_ecg: Ecg, tmp_path: Path) -> None:
    model = ScriptedModel(turns=[draft()])
    with Agent("none", home=tmp_path) as agent:
        agent.choice = agent.choice.__class__("far:away", "asked for", model, remote=True)
        agent.ask("t", "what is the PR?", ecg=demo_ecg)
        answered = agent.resume("t", False)
    assert model.calls == 0
    assert answered.text.startswith("PR interval")


def test_no_identifier_reaches_a_model(demo_ecg: Ecg, tmp_path: Path) -> None:
    model = ScriptedModel(turns=[draft()])
    with Agent(model, home=tmp_path) as agent:
        agent.ask("t", "what is the PR?", ecg=demo_ecg)
    sent = " ".join(str(message.content) for messages in model.seen for message in messages)
    assert demo_ecg.patient.id
    assert demo_ecg.patient.id not in sent
    assert str(demo_ecg.recorded_at) not in sent


def test_an_unreadable_record_is_not_assessable_and_asks_no_model(tmp_path: Path) -> None:
    flat = Ecg.from_array(np.zeros((12, 5000)), 500, LEADS)
    model = ScriptedModel(turns=[draft()])
    report = Agent(model, home=tmp_path).interpret(flat)
    assert report.urgency == "not_assessable"
    assert report.claims == ()
    assert report.impression == "Not assessable."
    assert model.calls == 0
    assert verify(report, flat) == []


def test_an_unknown_model_name_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="needed `none`"):
        Agent("gpt")
