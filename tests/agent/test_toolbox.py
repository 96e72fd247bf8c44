"""The ten tools: their names and schemas are fixed, and what is not in this version says so in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from calipers import Agent, Ecg
from calipers.agent import generator
from calipers.agent.questions import understand
from calipers.agent.sentences import SENTENCES
from calipers.agent.toolbox import toolbox
from calipers.agent.usable_models import usable_models
from calipers.errors import MissingPart
from tests.agent.scripted import ScriptedModel, call, draft

TOOLS = {tool.name: tool for tool in toolbox()}


def test_the_toolbox_holds_the_ten_tools_of_the_design() -> None:
    assert set(TOOLS) == {
        "measure", "explain", "interpret", "classify", "compare", "render", "search_guidelines", "search_history",
        "similar_cases", "generate",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("measure", {"ids": []}),
        ("explain", {"statement": ""}),
        ("render", {"evidence": [], "layout": "4x3"}),
        ("generate", {"text": "AF", "age": 300}),
        ("generate", {"text": "AF", "sex": "x"}),
        ("generate", {"text": "AF", "seed": -1}),
        ("generate", {"text": ""}),
    ],
)
def test_a_schema_refuses_what_a_tool_cannot_do(name: str, arguments: dict[str, Any]) -> None:
    schema: Any = TOOLS[name].tool_call_schema
    with pytest.raises(ValidationError):
        schema.model_validate(arguments)


def test_what_a_schema_admits_it_describes() -> None:
    for tool in TOOLS.values():
        schema: Any = tool.tool_call_schema
        assert tool.description
        for field in schema.model_json_schema()["properties"].values():
            assert set(field) & {"type", "anyOf", "enum"}


def test_a_generator_that_is_there_is_called_with_what_was_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, demo_ecg: Ecg
) -> None:
    made = SimpleNamespace(ecg="an ECG", lines=lambda: ["hr  requested 110  obtained 112  met"])
    asked: list[object] = []

    def synthesise(text: str, **wanted: object) -> object:
        asked.append((text, wanted))
        return made

    module = ModuleType("calipers.tools.made_up")
    vars(module)["synthesise"] = synthesise
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(generator, "find_spec", lambda name: object())
    monkeypatch.setattr(generator, "import_module", lambda name: module)
    wanted = call("generate", text="AF at 110", age=70, sex="female", seed=4)
    model = ScriptedModel(turns=[wanted, draft(sentences=["generated"])])
    with Agent(model, home=tmp_path) as agent:
        answer = agent.ask("thread", "make me one", ecg=demo_ecg)
    assert answer.text == SENTENCES["generated"]
    assert answer.steps[0].result == ("hr  requested 110  obtained 112  met",)
    assert answer.syntheses == (made,)
    assert asked == [("AF at 110", {"age": 70.0, "sex": "female", "seed": 4})]


def test_without_a_generator_one_clear_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "find_spec", lambda name: None)
    with pytest.raises(MissingPart, match="the generator's weights are not in this version"):
        generator.generator()


@pytest.mark.parametrize(
    ("question", "verb"),
    [
        ("how likely is AF?", "classify"),
        ("what does the network think", "classify"),
        ("probability of LVH", "classify"),
        ("generate an ECG with LBBB", "generate"),
        ("make me another tracing with a long QT", "generate"),
        ("is there LBBB?", "explain"),
        ("show me the trace", "render"),
    ],
)
def test_a_question_by_rule_finds_its_tool(question: str, verb: str) -> None:
    assert [intent.verb for intent in understand(question)] == [verb]


def test_each_kind_of_model_says_whether_it_can_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALIPERS_HOME", str(tmp_path))
    monkeypatch.setenv("CALIPERS_MODEL", "embedded")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    found = {finding.part: finding for finding in usable_models()}
    assert found["model none"].ok
    assert "calipers fetch" in found["model embedded"].detail
    assert not found["model openai:…"].ok
    assert found["model by default"].detail.startswith("none: `embedded` cannot run")
    assert not any(finding.needed for finding in found.values())
