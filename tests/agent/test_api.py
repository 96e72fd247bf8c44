"""What a user brings to an agent: tools, criteria, guidelines and hooks, each of which may add or withhold, never vouch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import tool

from calipers import Agent, Claim, Ecg, Note, Report, ToolFinding, UsageError, Veto, verify
from calipers.agent.events import ClaimEvent, DoneEvent, ErrorEvent, StepEvent
from calipers.evidence import ToolEvidence
from calipers.knowledge import CriteriaError, statements
from calipers.knowledge.guidelines import GuidelineError, passages
from tests import independent_check
from tests.agent.scripted import ScriptedModel, call, draft

OWN_CRITERIA = Path(__file__).with_name("own_criteria.yaml")
SENTENCE = "Ejection fraction by the tool echo, not measured by Calipers: {tool:echo/lvef}."


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cases")


@pytest.fixture(autouse=True)
def _measured_once(tmp_path: Path, measured: Path) -> None:
    """The demo ECG is measured once for all of these tests; their conversations stay apart."""
    (tmp_path / "cases").symlink_to(measured)


@tool(response_format="content_and_artifact")
def echo(patient: str) -> tuple[str, list[ToolFinding]]:
    """The ejection fraction of the last echocardiogram."""
    return "LVEF 35 %, LBBB", [ToolFinding(key="lvef", label="Ejection fraction", value=35.0, unit="%")]


def gossip(topic: str) -> str:
    """What is said in the ward."""
    return f"{topic}: the patient has LBBB and needs amiodarone."


def drafted(ecg: Ecg, home: Path, *claims: dict[str, Any], tools: Sequence[Any] = (echo,)) -> Report:
    model = ScriptedModel(turns=[call("echo", patient="x"), draft(*claims)])
    with Agent(model, home=home, tools=tools) as agent:
        answer = agent.ask("t", "what is the ejection fraction?", ecg)
    assert answer.report is not None
    assert not verify(answer.report, ecg)
    assert "echo" in [step.name for step in answer.steps]
    return answer.report


def test_a_tools_finding_is_said_as_the_tools_word_and_cited(demo_ecg: Ecg, tmp_path: Path) -> None:
    report = drafted(demo_ecg, tmp_path, {"template": SENTENCE, "evidence": ["tool:echo/lvef"]})
    (claim,) = report.claims
    assert claim.text == "Ejection fraction by the tool echo, not measured by Calipers: 35 %."
    item = next(item for item in report.evidence_table if item.id == "tool:echo/lvef")
    assert isinstance(item, ToolEvidence)
    assert item.record == demo_ecg.record
    assert not independent_check.check(report.model_dump(mode="json"), demo_ecg.signal_mv, demo_ecg.fs_hz)


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param({"template": "Ejection fraction {tool:echo/lvef}.", "evidence": ["tool:echo/lvef"]}, id="as-ours"),
        pytest.param({"template": "LBBB.", "statement": "lbbb", "evidence": ["tool:echo/lvef"]}, id="a-diagnosis"),
        pytest.param(
            {"template": "PR interval {pr}, with {tool:echo/lvef}.", "evidence": ["pr", "tool:echo/lvef"]},
            id="beside-ours",
        ),
        pytest.param({"template": "PR interval {tool:echo/lvef}.", "evidence": ["tool:echo/lvef"]}, id="for-ours"),
        pytest.param({"template": SENTENCE.replace("lvef", "gls"), "evidence": ["tool:echo/gls"]}, id="invented"),
        pytest.param({"template": "The ejection fraction is low.", "evidence": ["tool:echo/lvef"]}, id="in-words"),
    ],
)
def test_a_tools_finding_supports_nothing_else(claim: dict[str, Any], demo_ecg: Ecg, tmp_path: Path) -> None:
    report = drafted(demo_ecg, tmp_path, claim)
    assert report.claims == ()
    assert report.withheld


def test_a_tools_text_supports_no_claim(demo_ecg: Ecg, tmp_path: Path) -> None:
    model = ScriptedModel(
        turns=[call("gossip", topic="ward"), draft({"template": "LBBB.", "statement": "lbbb", "evidence": ["qrs"]})]
    )
    with Agent(model, home=tmp_path, tools=[gossip]) as agent:
        answer = agent.ask("t", "any block?", demo_ecg)
    assert answer.claims == ()
    assert "No claim may rest on this result." in str(model.seen[1][-1].content)


@pytest.mark.parametrize(
    ("tools", "found"), [([echo, echo], "two tools named `echo`"), ([lambda x: x], "without a docstring")]
)
def test_tools_that_cannot_be_told_apart_are_refused(tools: list[Any], found: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=found):
        Agent("none", home=tmp_path, tools=tools)


def test_two_agents_judge_by_their_own_criteria_at_the_same_time(demo_ecg: Ecg, tmp_path: Path) -> None:
    ward, plain = Agent("none", home=tmp_path, criteria=[OWN_CRITERIA]), Agent("none", home=tmp_path)
    reports: dict[str, Report] = {}

    def read(name: str, agent: Agent) -> None:
        reports[name] = agent.interpret(demo_ecg)

    threads = [threading.Thread(target=read, args=pair) for pair in (("ward", ward), ("plain", plain))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = {name: {c.statement.key for c in report.claims if c.statement} for name, report in reports.items()}
    assert "pr_over_ward_limit" in keys["ward"] - keys["plain"]
    assert "PR over the ward limit" in reports["ward"].impression
    assert (reports["ward"].urgency, reports["plain"].urgency) == ("urgent", "routine")
    assert reports["ward"].provenance.criteria_sha256 != reports["plain"].provenance.criteria_sha256
    assert ward.verify(reports["ward"], demo_ecg) == []
    assert plain.verify(reports["ward"])
    assert "pr_over_ward_limit" not in statements()


def test_own_criteria_answer_in_a_conversation_and_through_a_models_tools(demo_ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path, criteria=[OWN_CRITERIA]) as agent:
        answer = agent.ask("t", "is the PR over the ward limit?", demo_ecg)
        assert answer.claims[0].text == "PR over the ward limit: PR 149 ms (longer than 120 ms)."
    model = ScriptedModel(
        turns=[call("explain", statement="pr_over_ward_limit"), draft({"statement": "pr_over_ward_limit"})]
    )
    with Agent(model, home=tmp_path, criteria=[OWN_CRITERIA]) as agent:
        assert agent.ask("u", "is it?", demo_ecg).claims[0].statement is not None


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("replaces: [normal_axis]\n", ""), "needed it in `replaces`"),
        (("value: pr\n", "value: pq\n"), "pq"),
        (("urgent: [pr_over_ward_limit]", "critical: [lbbb]"), "needed a statement of this file"),
        (("source: ward_seven", "source: nowhere"), "no source `nowhere`"),
        (("family: Ward seven", "family: ["), "not valid YAML"),
        (("{society: Ward seven, year", "{society: Ward seven, jahr"), "sources"),
    ],
)
def test_faulty_criteria_are_refused_in_one_line(change: tuple[str, str], found: str, tmp_path: Path) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_text(OWN_CRITERIA.read_text().replace(*change), "utf-8")
    with pytest.raises(CriteriaError, match=found) as refused:
        Agent("none", home=tmp_path, criteria=[path])
    assert str(refused.value).startswith("faulty.yaml")
    assert "\n" not in str(refused.value)


GUIDELINE = """
- key: ward_seven_2026
  society: Ward seven
  year: 2026
  title: House rules
  passages:
    - id: electrodes
      text: On ward seven electrodes are placed by two nurses before every second zebra crossing.
      topics: [zebra crossing electrodes, ward seven electrode placement]
"""


def test_own_guidelines_are_found_and_cited_beside_the_installed_ones(demo_ecg: Ecg, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "ward.yaml").write_text(GUIDELINE, "utf-8")
    question = "what do guidelines say about electrode placement by two nurses at a zebra crossing?"
    with Agent("none", home=tmp_path / "home", guidelines=[tmp_path / "rules"]) as agent:
        answer = agent.ask("t", question, demo_ecg)
        assert answer.claims[0].evidence == ("guide:ward_seven_2026.electrodes",)
        assert answer.text.startswith("Paraphrase of Ward seven 2026: ")
        assert answer.report is not None
        assert agent.verify(answer.report, demo_ecg) == []
        assert verify(answer.report)  # by the installed corpus there is no such passage
        other = agent.ask("t", "what do guidelines say about first-degree AV block?")
        assert other.claims[0].evidence[0].startswith("guide:")
    with Agent("none", home=tmp_path / "home") as plain:
        assert plain.ask("v", question, demo_ecg).claims == ()
    assert "guide:ward_seven_2026.electrodes" not in passages()
    with pytest.raises(GuidelineError, match="no folder"):
        Agent("none", guidelines=[tmp_path / "absent"])


def test_a_hook_before_verification_withholds_and_a_critical_veto_still_raises_urgency(
    demo_ecg: Ecg, tmp_path: Path
) -> None:
    seen: list[Claim] = []

    def house(drafts: tuple[Claim, ...]) -> list[Veto]:
        seen.extend(drafts)
        return [Veto(claim_id=one.id, reason="not on this ward") for one in drafts if "PR" in one.text]

    report = Agent("none", home=tmp_path, before_verify=house).interpret(demo_ecg)
    assert seen
    assert not any("PR" in claim.text for claim in report.claims)
    assert {item.reason for item in report.withheld} == {"withheld by house: not on this ward"}
    assert verify(report, demo_ecg) == []


def test_no_hook_can_make_a_claim_pass(demo_ecg: Ecg, tmp_path: Path) -> None:
    false = {"template": "PR interval {qrs}.", "evidence": ["qrs"]}

    def forger(drafts: tuple[Claim, ...]) -> list[Veto]:
        for one in drafts:
            with pytest.raises(Exception, match="frozen"):
                one.text = "All is well."
        return []

    with Agent(ScriptedModel(turns=[draft(false)]), home=tmp_path, before_verify=forger) as agent:
        assert agent.ask("t", "PR?", demo_ecg).claims == ()

    def adder(_report: Report) -> Any:
        return [Claim(id="mine", template="All is well.", text="All is well.")]

    with pytest.raises(UsageError, match="found Claim from the hook `adder`"):
        Agent("none", home=tmp_path, after_verify=adder).interpret(demo_ecg)


def test_a_hook_after_verification_withholds_before_anything_is_streamed_and_annotates(
    demo_ecg: Ecg, tmp_path: Path
) -> None:
    def second_reader(report: Report) -> list[Veto | Note]:
        first, *_ = report.claims
        return [Note(claim_id=first.id, text="seen by ward seven", author="ward seven")]

    with Agent("none", home=tmp_path, after_verify=second_reader) as agent:
        report = agent.interpret(demo_ecg)
        assert report.notes[0].text == "seen by ward seven"
        assert verify(report, demo_ecg) == []

    def nothing_leaves(report: Report) -> list[Veto]:
        return [Veto(claim_id=claim.id, reason="closed") for claim in report.claims]

    with Agent("none", home=tmp_path, after_verify=nothing_leaves) as agent:
        events = list(agent.stream("t", "how long is the PR?", demo_ecg))
    assert [event.kind for event in events] == ["step", "withheld", "token", "done"]
    assert isinstance(events[-1], DoneEvent)
    assert events[-1].answer.claims == ()
    assert events[-1].answer.text.startswith("Something was drafted")


def test_a_stream_tells_steps_claims_and_the_whole_answer(demo_ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        events = list(agent.stream("t", "how long is the PR?", demo_ecg))
        assert [type(event) for event in events] == [StepEvent, ClaimEvent, DoneEvent]
        assert events[-1].model_dump()["answer"]["text"] == "PR interval 149 ms."

        async def collected() -> list[str]:
            return [event.kind async for event in agent.astream("t", "thanks")]

        assert asyncio.run(collected()) == ["token", "done"]


def test_a_stream_that_nobody_reads_ends_its_run(demo_ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        stream = agent.stream("t", "interpret this ECG", demo_ecg)
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        for thread in threading.enumerate():
            if thread.name == "calipers-t":
                thread.join(timeout=20)
                assert not thread.is_alive()


def test_a_refusal_is_the_last_event_and_a_defect_is_raised(demo_ecg: Ecg, tmp_path: Path) -> None:
    def refuse(_drafts: tuple[Claim, ...]) -> list[Veto]:
        return [Veto(claim_id="nobody", reason="")]

    def fail(_drafts: tuple[Claim, ...]) -> list[Veto]:
        raise ZeroDivisionError

    with Agent("none", home=tmp_path, before_verify=refuse) as agent:
        *_, last = agent.stream("t", "how long is the PR?", demo_ecg)
        assert isinstance(last, ErrorEvent)
        assert "needed one that it was given" in last.message
    with Agent("none", home=tmp_path, before_verify=fail) as agent, pytest.raises(ZeroDivisionError):
        list(agent.stream("u", "how long is the PR?", demo_ecg))


def no_rates(drafts: tuple[Claim, ...]) -> list[Veto]:
    return [Veto(claim_id=claim.id, reason="monitored elsewhere") for claim in drafts if "rate" in claim.text]


def test_a_review_judges_by_the_agents_own_criteria_and_asks_its_hooks(demo_ecg: Ecg, tmp_path: Path) -> None:
    from pydicom.data import get_testdata_file

    demo = Path(str(get_testdata_file("waveform_ecg.dcm", download=False)))
    with Agent("none", home=tmp_path / "home", criteria=[OWN_CRITERIA], before_verify=no_rates) as agent:
        reviewed = agent.review([demo], tmp_path / "out")
        alone = agent.interpret(demo_ecg)
    report = Report.model_validate_json((tmp_path / "out" / str(reviewed.lines[0].report)).read_bytes())
    assert report.impression.startswith("PR over the ward limit.")
    assert report.withheld[0].reason == "withheld by no_rates: monitored elsewhere"
    assert report == alone
    with pytest.raises(UsageError, match="other criteria"):
        Agent("none", home=tmp_path / "home").review([demo], tmp_path / "out", resume=True)


def test_a_review_refuses_what_only_this_process_has(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only this process has"):
        Agent("none", home=tmp_path, before_verify=lambda _: []).review(["ecg.dcm"], tmp_path / "out")


def test_langgraphs_own_server_finds_the_graph_and_gets_a_report(
    tmp_path: Path, demo_ecg: Ecg, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json
    import shutil
    from importlib import import_module

    from pydicom.data import get_testdata_file

    named = json.loads((Path(__file__).parents[2] / "langgraph.json").read_text())["graphs"]["calipers"]
    module, _, name = named.partition(":")
    graph = getattr(import_module(module), name)
    shutil.copy(str(get_testdata_file("waveform_ecg.dcm", download=False)), tmp_path / "demo.dcm")
    for variable, value in (("SERVED", tmp_path), ("HOME", tmp_path / "home"), ("MODEL", "none")):
        monkeypatch.setenv(f"CALIPERS_{variable}", str(value))
    told = graph.invoke({"record": "demo.dcm", "question": "how long is the PR?"})
    report = Report.model_validate(told["report"])
    assert report.answer == "PR interval 149 ms."
    assert verify(report, demo_ecg) == []
    with pytest.raises(UsageError, match="outside the served folder"):
        graph.invoke({"record": "../demo.dcm"})
