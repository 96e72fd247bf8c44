"""A bundle runs again to the same report, says what differs when it does not, and names no patient."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from calipers import Agent
from calipers.agent.audit import SingleCase, load_bundle, replay, save_bundle
from calipers.agent.choice import Choice, choose
from calipers.agent.graph import build_graph
from calipers.ecg import Ecg, Patient
from calipers.errors import UnreadableInput
from tests.agent.scripted import ScriptedModel, call, draft


def _named(ecg: Ecg) -> Ecg:
    source = replace(ecg.source, path="/home/frieda/DOE_JANE.dcm", device_statements=("Jane Doe, seen by Dr. Planted",))
    patient = Patient(age=ecg.patient.age, sex=ecg.patient.sex, id="MRN-4711-PLANTED")
    return replace(ecg, patient=patient, source=source, recorded_at=datetime(2001, 2, 3, 4, 5))


def test_a_full_read_runs_again_to_the_same_bytes(demo_ecg: Ecg, tmp_path: Path) -> None:
    case = SingleCase(build_graph(), choose("none"), demo_ecg)
    finished = case.interpret("is the PR prolonged?")
    save_bundle(tmp_path / "bundle.zip", finished, demo_ecg)
    outcome = replay(load_bundle(tmp_path / "bundle.zip"))
    assert outcome.differences == ()
    assert outcome.report.model_dump_json() == finished.report.model_dump_json()


def test_equal_runs_leave_equal_bundles(demo_ecg: Ecg, tmp_path: Path) -> None:
    for name in ("a", "b"):
        finished = SingleCase(build_graph(), choose("none"), demo_ecg).interpret()
        save_bundle(tmp_path / name, finished, demo_ecg)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_priors_run_again_too(demo_ecg: Ecg, other_ecg: Ecg, tmp_path: Path) -> None:
    now, prior = _named(demo_ecg), replace(_named(other_ecg), recorded_at=datetime(1999, 1, 1))
    save_bundle(tmp_path / "b.zip", SingleCase(build_graph(), choose("none"), now, [prior]).interpret(), now, [prior])
    assert replay(load_bundle(tmp_path / "b.zip")).differences == ()


def test_a_bundle_holds_no_identifier(demo_ecg: Ecg, tmp_path: Path) -> None:
    ecg = _named(demo_ecg)
    save_bundle(tmp_path / "b.zip", SingleCase(build_graph(), choose("none"), ecg).interpret(), ecg)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    for planted in (b"PLANTED", b"frieda", b"DOE", b"Doe", b"4711", b"2001-02-03"):
        assert planted not in held


def test_a_language_model_is_played_back_and_not_asked(demo_ecg: Ecg, tmp_path: Path) -> None:
    claim = {"template": "PR interval {pr}.", "evidence": ["pr"]}
    model = ScriptedModel(turns=[call("measure", ids=["pr"]), draft(claim)])
    choice = Choice("scripted", "for the test", model)
    finished = SingleCase(build_graph(), choice, demo_ecg).answer("what is the PR?")
    assert [step.name for step in finished.steps] == ["measure"]
    assert [claim.text for claim in finished.report.claims] == ["PR interval 149 ms."]
    save_bundle(tmp_path / "b.zip", finished, demo_ecg, mode="ask")
    assert replay(load_bundle(tmp_path / "b.zip")).differences == ()


def test_a_changed_word_is_named_with_both_readings(demo_ecg: Ecg, tmp_path: Path) -> None:
    save_bundle(tmp_path / "b.zip", SingleCase(build_graph(), choose("none"), demo_ecg).interpret(), demo_ecg)
    bundle = load_bundle(tmp_path / "b.zip")
    forged = bundle.report.model_copy(update={"impression": "Atrial fibrillation."})
    (difference,) = replay(bundle.model_copy(update={"report": forged})).differences
    assert difference.where == "impression"
    assert difference.recorded == "Atrial fibrillation."
    assert difference.replayed == bundle.report.impression


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and nothing", b"{}"])
def test_what_is_no_bundle_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(content)
    with pytest.raises(UnreadableInput, match="no whole bundle"):
        load_bundle(tmp_path / "b.zip")


def test_each_turn_of_a_conversation_leaves_a_bundle_that_runs_again(demo_ecg: Ecg, tmp_path: Path) -> None:
    first = {"template": "PR interval {pr}.", "evidence": ["pr"]}
    then = {"template": "QRS duration {qrs}.", "evidence": ["qrs"]}
    model = ScriptedModel(turns=[call("measure", ids=["pr"]), draft(first), call("measure", ids=["qrs"]), draft(then)])
    kept = tmp_path / "bundles"
    with Agent(model, home=tmp_path, bundles=kept) as agent:
        agent.ask("t", "what is the PR?", demo_ecg)
        (before,) = kept.iterdir()
        agent.ask("t", "and the QRS?")
    (after,) = set(kept.iterdir()) - {before}
    assert load_bundle(before).history == 0
    assert load_bundle(after).history == len(load_bundle(before).messages)
    for path in (before, after):
        assert replay(load_bundle(path)).differences == ()


def test_a_full_read_from_python_leaves_one_bundle_however_often_it_runs(demo_ecg: Ecg, tmp_path: Path) -> None:
    agent = Agent("none", home=tmp_path, bundles=tmp_path / "bundles")
    reports = [agent.interpret(demo_ecg) for _ in range(2)]
    (path,) = (tmp_path / "bundles").iterdir()
    assert path.name.startswith(demo_ecg.record)
    assert load_bundle(path).report == reports[0] == reports[1]


def test_without_a_folder_no_bundle_is_kept(demo_ecg: Ecg, tmp_path: Path) -> None:
    Agent("none", home=tmp_path).interpret(demo_ecg)
    assert list(tmp_path.rglob("*.zip")) == []
