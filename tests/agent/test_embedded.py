"""The embedded model drives the real graph: its lines become tool calls and claims, and whatever it writes is checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from calipers import Agent, Answer, Ecg, verify
from calipers.agent.assist import faults_message
from calipers.agent.case import Case
from calipers.agent.case_store import CaseStore
from calipers.agent.choice import Choice
from calipers.agent.embedded import EmbeddedChatModel, sight, weights
from calipers.agent.embedded.conversation import Conversation
from calipers.agent.embedded.offers import given_by
from calipers.agent.sentences import SENTENCES
from calipers.agent.toolbox import toolbox
from calipers.errors import MissingPart
from calipers.models.mllm.language.actions import TOOLS, Action, parse
from calipers.models.mllm.language.prompt import Turn

Ask = Callable[..., Answer]


class ScriptedWriter:
    """Writes the lines it was given, in order, and keeps what it read."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.read: list[Sequence[Turn]] = []
        self.given: list[tuple[str, ...] | None] = []

    def write(self, turns: Sequence[Turn], tools: frozenset[str], given: tuple[str, ...] | None = None) -> Action:
        self.read.append(turns)
        self.given.append(given)
        return parse(self.lines[min(len(self.read), len(self.lines)) - 1])


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, demo_ecg: Ecg) -> Ask:
    """Ask the demo's ECG a question that the embedded model answers with the given lines."""

    def asked(question: str, *lines: str, **options: Any) -> Answer:
        writer = ScriptedWriter(*lines)
        monkeypatch.setattr("calipers.agent.embedded.chat.load_writer", lambda adapted: writer)
        with Agent(EmbeddedChatModel(), home=tmp_path) as agent:
            answer = agent.ask("thread", question, ecg=demo_ecg, **options)
        assert answer.report is not None
        assert not [fault for fault in verify(answer.report, demo_ecg) if fault.claim_id]
        return answer

    return asked


def test_a_measurement_is_asked_for_and_worded_by_code(ask: Ask) -> None:
    answer = ask("PR?", "measure pr", "answer pr")
    assert answer.text.startswith("PR interval 1")
    assert [(step.name, step.arguments) for step in answer.steps] == [("measure", {"ids": ["pr"]})]


def test_all_leads_of_one_level_are_one_sentence(ask: Ask) -> None:
    answer = ask("ST everywhere", "measure st_j", "answer all")
    assert len(answer.claims) == 1
    assert len(answer.claims[0].evidence) == 12


def test_one_line_may_call_several_tools(ask: Ask) -> None:
    answer = ask("AF? and the rate", "explain atrial_fibrillation ; measure hr", "answer all")
    assert [step.name for step in answer.steps] == ["explain", "measure"]
    assert "Criteria for atrial fibrillation are not met" in answer.text or "atrial fibrillation" in answer.text
    assert "Ventricular rate" in answer.text


def test_the_contrary_of_what_the_criteria_show_goes_back_and_is_mended(ask: Ask) -> None:
    answer = ask("LBBB?", "explain lbbb", "answer lbbb present definite", "answer lbbb absent")
    assert [claim.polarity for claim in answer.claims if claim.statement] == ["absent"]
    assert not answer.withheld


def test_a_claim_that_the_model_drops_is_not_made_and_the_criteria_answer(ask: Ask) -> None:
    answer = ask("LBBB?", "explain lbbb", "answer lbbb present definite", "answer none")
    assert [claim.polarity for claim in answer.claims if claim.statement] == ["absent"]


def test_what_fails_twice_is_said_as_the_criteria_have_it(ask: Ask) -> None:
    answer = ask("LBBB?", "explain lbbb", *["answer lbbb present definite"] * 3)
    assert [claim.polarity for claim in answer.claims if claim.statement] == ["absent"]


def test_the_model_is_told_the_fault_and_what_its_criteria_bear() -> None:
    told = faults_message(
        [f"- Complete LBBB. [lbbb; criteria; {allowed}]: not met" for allowed in ("absent", "nothing")]
    )
    turns = Conversation(
        [
            HumanMessage("[patient: unknown age, unknown sex]\nLBBB?"),
            AIMessage("explain lbbb", tool_calls=[{"name": "explain", "args": {"statement": "lbbb"}, "id": "1"}]),
            ToolMessage("lbbb (Complete LBBB): not_met; evidence qrs; criteria -", tool_call_id="1", name="explain"),
            AIMessage("answer lbbb present definite"),
            ToolMessage("Drafted.", tool_call_id="2", name="Draft"),
            told,
        ]
    ).turns
    assert turns[-2:] == [
        Turn("assistant", "answer lbbb present definite"),
        Turn("tool", "fault criteria lbbb absent\nfault criteria lbbb"),
    ]


def test_a_full_read_is_drafted_whole(ask: Ask) -> None:
    answer = ask("interpret", "interpret", "answer all")
    assert "inus rhythm" in answer.text
    assert "PR interval" in answer.text


def test_comparing_without_an_earlier_ecg_says_so(ask: Ask) -> None:
    assert ask("new?", "compare", "say no_prior").text == SENTENCES["no_prior"]


def test_comparing_one_measurement_says_that_one(ask: Ask, demo_ecg: Ecg) -> None:
    earlier = Ecg.from_array(demo_ecg.signal_mv[:, 500:], demo_ecg.fs_hz, _leads(), age=40, sex="male")
    answer = ask("PR against the old one", "compare pr", "answer pr", priors=[earlier])
    assert answer.steps[0].arguments == {"about": ["pr"]}
    assert [claim.template for claim in answer.claims if "PR" in claim.template]


def _leads() -> Sequence[str]:
    from calipers.leads import LEADS

    return LEADS


def test_a_picture_is_drawn_and_said_to_be_attached(ask: Ask) -> None:
    answer = ask("show me", "render 6x2 pr", "answer all")
    assert len(answer.pictures) == 1
    assert answer.text == SENTENCES["picture"]


@pytest.mark.parametrize("key", ["greeting", "treatment", "prognosis", "not_in_ecg", "off_topic"])
def test_a_fixed_sentence_needs_no_tool(ask: Ask, key: str) -> None:
    answer = ask("…", f"say {key}")
    assert answer.text == SENTENCES[key]  # type: ignore[index]
    assert not answer.steps


def test_every_tool_of_the_action_language_is_in_the_toolbox() -> None:
    assert {tool.name for tool in toolbox()} == set(TOOLS)


def test_without_a_generator_its_sentence_is_said_and_the_model_not_asked_again(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calipers.agent.generator.find_spec", lambda name: None)
    answer = ask("make me a flutter", "generate")
    assert answer.text == SENTENCES["no_generator"]
    assert [(step.name, step.arguments) for step in answer.steps] == [("generate", {"text": "make me a flutter"})]


def test_probabilities_are_told_as_the_model_s_word(ask: Ask) -> None:
    answer = ask("what does the network say of AF and LBBB", "classify", "answer all")
    assert [(step.name, step.arguments) for step in answer.steps] == [
        ("classify", {"about": ["lbbb", "atrial_fibrillation"]})
    ]
    assert answer.claims
    assert all(claim.text.startswith("The model ") for claim in answer.claims)
    assert all(key.startswith("model:") for claim in answer.claims for key in claim.evidence)


def test_a_model_that_cannot_load_is_replaced_and_said_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, demo_ecg: Ecg
) -> None:
    def missing(adapted: bool) -> None:
        raise MissingPart("found no base language model; needed: run `calipers fetch`")

    monkeypatch.setattr("calipers.agent.embedded.chat.load_writer", missing)
    with Agent(EmbeddedChatModel(), home=tmp_path) as agent:
        answer = agent.ask("thread", "what is the PR?", ecg=demo_ecg)
    assert answer.report is not None
    assert "PR interval" in answer.text
    assert "calipers fetch" in answer.report.provenance.model_reason


def test_without_its_base_the_embedded_choice_says_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALIPERS_HOME", str(tmp_path))
    agent = Agent("embedded")
    assert agent.choice.name == "none"
    if weights.adapter_path().is_file():
        assert "calipers fetch" in agent.choice.reason


def test_a_damaged_adapter_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "language_adapter.safetensors").write_bytes(b"not these")
    (tmp_path / "language_adapter.json").write_text('{"sha256": "0000"}', encoding="utf-8")
    monkeypatch.setattr(weights, "adapter_path", lambda: tmp_path / "language_adapter.safetensors")
    assert "needed 0000" in str(weights.adapter_problem())


def test_the_model_reads_names_and_no_value() -> None:
    messages = [
        HumanMessage("[patient: age 70, male]\nis the QT long?"),
        AIMessage("explain long_qt", tool_calls=[{"name": "explain", "args": {"statement": "long_qt"}, "id": "1"}]),
        ToolMessage(
            "long_qt (Prolonged QT interval): met, certainty probable; evidence qtc_bazett; criteria long_qt.qtc\n"
            "- QTc: met; qtc_bazett = 471 ms ± 9",
            tool_call_id="1",
            name="explain",
        ),
    ]
    conversation = Conversation(messages)
    assert conversation.turns[-1] == Turn("tool", "long_qt present probable")
    assert conversation.names == ("long_qt",)
    assert "70" not in str(conversation.turns)


def test_an_earlier_question_is_read_with_what_was_called_for_it() -> None:
    messages = [
        HumanMessage("[patient: unknown age, unknown sex]\nPR?"),
        AIMessage("measure pr"),
        ToolMessage("pr = 149 ms", tool_call_id="1", name="measure", artifact=["pr"]),
        AIMessage("answer all"),
        HumanMessage("[patient: unknown age, unknown sex]\nand QRS"),
    ]
    turns = Conversation(messages).turns
    assert [turn.role for turn in turns] == ["user", "assistant", "user"]
    assert turns[1].text == "measure pr"


def test_a_guideline_is_drafted_to_the_letter() -> None:
    found = ToolMessage(
        "guide:av1: Paraphrase of ACC/AHA/HRS 2018: first-degree block is a PR beyond 200 ms.",
        tool_call_id="1",
        name="search_guidelines",
        artifact=["guide:av1"],
    )
    offer = given_by(found).offers[0]
    assert offer.claim == {
        "template": "Paraphrase of ACC/AHA/HRS 2018: first-degree block is a PR beyond 200 ms.",
        "evidence": ["guide:av1"],
    }


def case_with_tokens(ecg: Ecg) -> Case:
    case = CaseStore(None).put(ecg)
    vars(case)["signal_tokens"], vars(case)["page_tokens"] = np.zeros((32, 160), np.float32), None
    return case


def test_what_is_seen_is_what_the_writer_reads_off_the_tokens(monkeypatch: pytest.MonkeyPatch, demo_ecg: Ecg) -> None:
    writer = SimpleNamespace(project=lambda signal, page: signal, see=lambda tokens: Action(seen=("LNGQT",)))
    monkeypatch.setattr(sight, "load_writer", lambda: writer)
    assert sight.seen(case_with_tokens(demo_ecg)) == ("LNGQT",)


def test_without_a_projector_nothing_is_seen(monkeypatch: pytest.MonkeyPatch, demo_ecg: Ecg) -> None:
    monkeypatch.setattr(sight, "load_writer", lambda: SimpleNamespace(project=lambda signal, page: None))
    assert sight.seen(case_with_tokens(demo_ecg)) == ()


def test_a_full_read_without_a_question_asks_the_writer_for_no_claims(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, demo_ecg: Ecg
) -> None:
    writer = ScriptedWriter("interpret", "answer all")
    monkeypatch.setattr("calipers.agent.embedded.chat.load_writer", lambda adapted: writer)
    choice = Choice("embedded", "asked for", EmbeddedChatModel(), own_words=False)
    report = Agent(choice, home=tmp_path).interpret(demo_ecg)
    assert writer.read == []
    assert report.provenance.model == "embedded"
    assert report.claims == Agent("none", home=tmp_path).interpret(demo_ecg).claims
