"""Conversations: claims stream as they are verified, survive restarts, can be cancelled and resumed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from calipers import Claim, Ecg, Report
from calipers.agent.server.database import Database
from calipers.agent.server.records import Records, close_unfinished
from calipers.tools.generate import Item, Synthesis
from tests.agent.scripted import ScriptedModel, call, draft
from tests.agent.server.desk import Client, Sent, serving

GOOD = {"template": "PR interval {pr}.", "evidence": ["pr"]}
NUMBERED = {"template": "PR interval 226 ms.", "evidence": ["pr"]}


def named(found: list[Sent], name: str) -> list[dict[str, Any]]:
    return [one.data for one in found if one.event == name]


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets a model that hangs go on, at the latest when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def hanging(release: threading.Event) -> ScriptedModel:
    def wait(_: object) -> AIMessage:
        release.wait(60)
        return draft(GOOD)

    return ScriptedModel(turns=[wait])


def test_a_question_is_answered_with_a_verified_claim(client: Client, case_id: str) -> None:
    thread = client.thread(case_id)
    found = client.ask(thread, "is the PR prolonged?")
    assert [one.event for one in found] == ["step", "claim", "done"]
    claim = Claim.model_validate(found[1].data)
    assert claim.text.startswith("Criteria for first-degree AV block are not met: PR 149 ms")
    assert found[0].data["name"] == "explain"
    report = client.get(f"/api/threads/{thread}/runs/{found[2].data['run_id']}/report")
    assert Report.model_validate(report).question == "is the PR prolonged?"


def test_a_step_tells_what_the_tool_was_asked_and_what_it_gave(client: Client, case_id: str) -> None:
    (step,) = named(client.ask(client.thread(case_id), "what is the QRS duration?"), "step")
    assert step["arguments"] == {"ids": ["qrs"]}
    assert step["result"] == ["QRS duration 90 ms."]
    assert step["seconds"] >= 0


def test_what_was_generated_is_a_case_with_what_was_asked_beside_what_was_obtained(
    home: Path, demo_ecg: Ecg, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = (
        Item(name="pr", requested=240.0, obtained=149.0, tolerance=15.0, unit="ms"),
        Item(name="right_bundle_branch_block", requested="present", obtained="not_met"),
        Item(name="V3.st_j", requested=0.1, obtained=0.12, met=True, unit="mV"),
    )
    made = Synthesis(ecg=replace(demo_ecg, synthetic=True), items=items, met=False, provenance={})
    monkeypatch.setattr("calipers.agent.generator.generator", lambda: lambda *_, **__: made)
    with serving(home) as http:
        client = Client(http)
        (done,) = named(client.ask(client.thread(client.case()), "generate an ECG with a PR of 240 ms"), "done")
        (one,) = done["generated"]
        assert not one["met"]
        said = [(item["requested"], item["obtained"], item["met"]) for item in one["items"]]
        assert said == [("240 ms", "149 ms", False), ("present", "not met", False), ("0.10 mV", "0.12 mV", True)]
        assert one["items"][0]["name"] == "PR"
        assert client.get(f"/api/cases/{one['case_id']}")["summary"]["synthetic"]


def test_the_model_is_loaded_before_the_first_question(home: Path) -> None:
    loaded = threading.Event()
    with serving(home, preload=loaded.set):
        assert loaded.wait(60)


def test_a_greeting_is_a_fixed_sentence_and_no_claim(client: Client, case_id: str) -> None:
    found = client.ask(client.thread(case_id), "hello")
    assert [one.event for one in found] == ["token", "done"]
    assert found[0].data["text"].startswith("Hello.")


def test_a_picture_is_kept_with_the_answer(client: Client, case_id: str) -> None:
    (done,) = named(client.ask(client.thread(case_id), "show me the trace"), "done")
    picture = client.get(f"/api/threads/pictures/{done['pictures'][0]}")
    assert picture.content.startswith(b"\x89PNG")


def test_a_conversation_can_be_read_again_as_it_was(client: Client, case_id: str) -> None:
    thread = client.thread(case_id)
    first = client.ask(thread, "what is the QRS duration?")
    client.ask(thread, "thanks")
    kept = client.get(f"/api/threads/{thread}")["runs"]
    assert [run["question"] for run in kept] == ["what is the QRS duration?", "thanks"]
    assert [(one["event"], one["data"]) for one in kept[0]["events"]] == [tuple(one) for one in first]


def test_a_listener_that_comes_late_hears_everything(client: Client, case_id: str) -> None:
    thread = client.thread(case_id)
    asked = client.ask(thread, "what is the axis?")
    (run,) = client.get(f"/api/threads/{thread}")["runs"]
    again = client.get(f"/api/threads/{thread}/runs/{run['run_id']}/events").text
    assert again.count("event: ") == len(asked)


def test_what_fails_its_check_is_withheld_with_its_reason(home: Path) -> None:
    with serving(home, ScriptedModel(turns=[draft(GOOD, NUMBERED), draft(NUMBERED)])) as http:
        client = Client(http)
        found = client.ask(client.thread(client.case()), "what is the PR?")
    assert [claim["text"] for claim in named(found, "claim")] == ["PR interval 149 ms."]
    (kept_back,) = named(found, "withheld")
    assert kept_back["claim"]["template"] == NUMBERED["template"]
    assert kept_back["reason"]
    assert NUMBERED["template"] not in named(found, "done")[0]["text"]


def test_a_failing_model_leaves_measurements_and_criteria_and_says_so(home: Path) -> None:
    def fail(_: object) -> AIMessage:
        raise ConnectionError("no route to host")

    with serving(home, ScriptedModel(turns=[fail])) as http:
        client = Client(http)
        found = client.ask(client.thread(client.case()), "what is the PR?")
    assert named(found, "claim")[0]["text"] == "PR interval 149 ms."
    assert "measurements and criteria answer instead" in named(found, "token")[0]["text"]
    assert "failed" in named(found, "done")[0]["model_reason"]


def test_a_model_that_does_not_answer_in_time_is_given_up_and_the_question_answered(
    home: Path, release: threading.Event
) -> None:
    with serving(home, hanging(release), run_timeout_s=1.5) as http:
        client = Client(http)
        thread = client.thread(client.case())
        found = client.ask(thread, "what is the PR?")
        assert "did not answer in time" in named(found, "token")[0]["text"]
        assert named(found, "claim")[0]["text"] == "PR interval 149 ms."
        assert named(found, "done")[0]["model"] == "none"
        release.set()
        time.sleep(0.5)
        kept = client.get(f"/api/threads/{thread}")["runs"][0]["events"]
    assert len(kept) == len(found), "what the model says too late is not wanted"


def test_a_running_answer_can_be_cancelled_and_asked_again(home: Path, release: threading.Event) -> None:
    with serving(home, hanging(release)) as http:
        client = Client(http)
        thread = client.thread(client.case())
        heard: list[Sent] = []
        asking = threading.Thread(target=lambda: heard.extend(client.ask(thread, "what is the PR?")))
        asking.start()
        while not client.get(f"/api/threads/{thread}")["runs"]:
            time.sleep(0.05)
        assert (
            "still being answered"
            in client.post(f"/api/threads/{thread}/runs", {"text": "and QRS?"}, status=400)["error"]
        )
        assert client.post(f"/api/threads/{thread}/cancel")["done"]
        asking.join(20)
        assert heard[-1].event == "error"
        assert client.get(f"/api/threads/{thread}")["runs"][0]["status"] == "cancelled"
        release.set()
        assert named(client.ask(thread, "what is the PR?"), "claim")


def test_a_remote_model_asks_first_and_the_answer_resumes(home: Path) -> None:
    with serving(home, ScriptedModel(turns=[call("measure", ids=["pr"]), draft(GOOD)]), remote=True) as http:
        client = Client(http)
        thread = client.thread(client.case())
        asked = client.ask(thread, "what is the PR?")
        assert [one.event for one in asked] == ["interrupt"]
        assert "would be sent to scripted" in asked[0].data["text"]
        assert client.get(f"/api/threads/{thread}")["runs"][0]["status"] == "waiting"
    with serving(home, ScriptedModel(turns=[draft(GOOD)]), remote=True) as http:
        client = Client(http)
        resumed = client.resume(thread, True)
        assert named(resumed, "claim")[0]["text"] == "PR interval 149 ms."
        assert named(resumed, "done")[0]["model"] == "scripted"
        assert (
            "found nothing that waits"
            in client.post(f"/api/threads/{thread}/resume", {"value": True}, status=400)["error"]
        )


def test_data_kept_here_is_answered_by_measurements_alone(home: Path) -> None:
    model = ScriptedModel(turns=[draft(GOOD)])
    with serving(home, model, remote=True) as http:
        client = Client(http)
        thread = client.thread(client.case())
        client.ask(thread, "what is the PR?")
        resumed = client.resume(thread, False)
    assert named(resumed, "done")[0]["model"] == "none"
    assert model.calls == 0


def test_a_restart_loses_nothing(home: Path) -> None:
    with serving(home) as http:
        client = Client(http)
        case = client.case()
        thread = client.thread(case)
        asked = client.ask(thread, "what is the PR?")
    with serving(home) as http:
        client = Client(http)
        assert client.get("/api/cases")[0]["case_id"] == case
        (run,) = client.get(f"/api/threads/{thread}")["runs"]
        assert len(run["events"]) == len(asked)
        assert named(client.ask(thread, "and the QRS duration?"), "claim")


def test_an_answer_cut_off_by_a_killed_server_is_said_to_be_lost_and_its_question_kept(tmp_path: Path) -> None:
    database = Database(tmp_path)
    records = Records(database, "local")
    case = records.add_case("key", "name", None, {})
    thread = records.add_thread(case.id, ())
    run = records.add_run(thread.id, "is it a STEMI?")
    records.set_status(run.id, "running")
    assert close_unfinished(database) == 1
    (kept,) = records.runs(thread.id)
    assert (kept.status, kept.question) == ("lost", "is it a STEMI?")


def test_another_patients_ecg_is_refused_as_a_prior_before_the_first_question(client: Client, case_id: str) -> None:
    from tests.agent.server.desk import dicom

    stranger = client.case(dicom(PatientID="somebody-else", AcquisitionDateTime="20100101"))
    refused = client.post("/api/threads", {"case_id": case_id, "prior_case_ids": [stranger]}, status=400)
    assert "another patient" in refused["error"]


def test_the_contract_is_in_the_openapi_document(client: Client) -> None:
    document = client.get("/api/openapi.json")
    assert {
        "/api/cases",
        "/api/cases/{case_id}/trace",
        "/api/threads",
        "/api/threads/{thread_id}/runs",
        "/api/threads/{thread_id}/resume",
        "/healthz",
    } <= set(document["paths"])
    assert "Report" in document["components"]["schemas"]
