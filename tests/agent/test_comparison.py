"""Change against an earlier ECG, in the agent: what is said, asked, cited, checked and raised."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from calipers import Agent, Claim, Ecg, Report, UsageError, verify
from calipers.agent.report_page import report_page
from calipers.agent.sentences import SENTENCES
from calipers.evidence import PriorEvidence
from calipers.knowledge import urgency
from calipers.leads import LEADS
from tests.agent.forgery.target import TRICKS, Target
from tests.agent.planted_faults import ptbxl_ecgs
from tests.agent.scripted import ScriptedModel, call, draft
from tests.agent.test_cli import assert_one_line, run
from tests.independent_check import check
from tests.serial_pairs import serial_pairs

MARCH, JUNE = datetime(2024, 3, 1, 8, 30), datetime(2024, 6, 1, 9, 0)


def dated(ecg: Ecg, at: datetime | None, patient_id: str | None = "one") -> Ecg:
    return replace(ecg, recorded_at=at, patient=replace(ecg.patient, id=patient_id))


@pytest.fixture(scope="module")
def ecg(demo_ecg: Ecg) -> Ecg:
    return dated(demo_ecg, JUNE)


@pytest.fixture(scope="module")
def prior(demo_ecg: Ecg) -> Ecg:
    """The same patient in March: slower, with other noise."""
    noise = np.random.default_rng(3).normal(0, 0.004, demo_ecg.signal_mv.shape)
    slower = demo_ecg.fs_hz / 1.15
    return dated(Ecg.from_array(demo_ecg.signal_mv + noise, slower, LEADS, age=60, sex="male"), MARCH)


@pytest.fixture(scope="module")
def report(ecg: Ecg, prior: Ecg, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return Agent("none", home=tmp_path_factory.mktemp("home")).interpret(ecg, priors=[prior])


@pytest.fixture(scope="module")
def real_reports(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Report, Ecg, Ecg]]:
    """Reports on real serial ECGs of PTB-XL."""
    agent = Agent("none", home=tmp_path_factory.mktemp("home"))
    return [(agent.interpret(now, priors=[then]), now, then) for then, now in serial_pairs(data_dir, 5)]


def about_change(report: Report) -> list[Claim]:
    return [claim for claim in report.claims if any(key.startswith("prior:") for key in claim.evidence)]


# What is said.


def test_a_claim_about_change_prints_both_values_and_the_date(report: Report, prior: Ecg) -> None:
    claim = next(claim for claim in report.claims if claim.id == "change_hr")
    then = f"prior:{prior.record}"
    assert claim.template.startswith(
        f"Ventricular rate {{hr}}, was {{{then}/hr}} on the earlier ECG of {{{then}/recorded_at}}"
    )
    assert "was 53/min on the earlier ECG of 2024-03-01: higher by more than the combined uncertainty." in claim.text
    assert set(claim.evidence) == {"hr", f"{then}/hr", f"{then}/recorded_at"}


def test_a_full_read_compares_and_verifies(report: Report, ecg: Ecg, prior: Ecg) -> None:
    assert len(about_change(report)) >= 5
    assert report.withheld == ()
    assert verify(report) == []
    assert verify(report, ecg, [prior]) == []
    assert Report.model_validate(json.loads(report.model_dump_json())) == report


def test_every_cited_item_of_the_prior_is_in_the_evidence_table(report: Report) -> None:
    held = {item.id for item in report.evidence_table if isinstance(item, PriorEvidence)}
    cited = {key for claim in report.claims for key in claim.evidence if key.startswith("prior:")}
    assert cited == held


def test_priors_are_told_by_date_and_the_nearest_is_spoken_of(
    ecg: Ecg, prior: Ecg, other_ecg: Ecg, tmp_path: Path
) -> None:
    older = dated(other_ecg, datetime(2020, 1, 1))
    found = Agent("none", home=tmp_path).interpret(ecg, priors=[older, prior])
    assert [one.prior_record for one in found.changes] == [prior.record, older.record]
    assert {key.split("/")[0] for claim in about_change(found) for key in claim.evidence if ":" in key} == {
        f"prior:{prior.record}"
    }
    assert verify(found, ecg, [prior, older]) == []


def test_without_priors_a_report_says_nothing_of_change(ecg: Ecg, tmp_path: Path) -> None:
    found = Agent("none", home=tmp_path).interpret(ecg)
    assert found.changes == ()
    assert about_change(found) == []


def test_an_undated_prior_is_called_undated(ecg: Ecg, prior: Ecg, tmp_path: Path) -> None:
    found = Agent("none", home=tmp_path).interpret(ecg, priors=[dated(prior, None)])
    assert "the prior ECG, date unknown" in about_change(found)[0].text
    assert verify(found) == []


def test_another_patients_prior_is_refused(ecg: Ecg, prior: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        for act in (
            lambda: agent.interpret(ecg, priors=[dated(prior, MARCH, "two")]),
            lambda: agent.ask("t", "is this new?", ecg=ecg, priors=[dated(prior, MARCH, "two")]),
        ):
            with pytest.raises(UsageError, match="another patient's identifier"):
                act()


# Urgency.


def first_with(data_dir: Path, label: str, key: str, agent: Agent) -> Ecg:
    """The first record with a label on which the criteria say the same."""
    for _, ecg in ptbxl_ecgs(data_dir, 8, {label: 8}):
        if key in {claim.id for claim in agent.interpret(ecg).claims}:
            return ecg
    raise AssertionError(f"no record labelled {label} meets the criteria of {key}")


@pytest.mark.parametrize(("label", "key"), [("CLBBB", "lbbb"), ("AFIB", "atrial_fibrillation")])
def test_a_new_bundle_branch_block_and_new_fibrillation_are_urgent(
    data_dir: Path, tmp_path: Path, label: str, key: str
) -> None:
    (_, normal), *_ = ptbxl_ecgs(data_dir, 1, {"NORM": 1})
    agent = Agent("none", home=tmp_path)
    found = first_with(data_dir, label, key, agent)
    alone = agent.interpret(dated(found, JUNE))
    compared = agent.interpret(dated(found, JUNE), priors=[dated(normal, MARCH)])
    assert not any("new against" in reason for reason in alone.urgency_reasons)
    assert compared.urgency in ("urgent", "critical")
    assert any("new against the prior ECG" in reason for reason in compared.urgency_reasons)
    assert f"change_{key}" in {claim.id for claim in compared.claims}
    assert verify(compared) == []


def test_what_was_there_before_is_not_urgent(data_dir: Path, tmp_path: Path) -> None:
    found = first_with(data_dir, "AFIB", "atrial_fibrillation", Agent("none", home=tmp_path))
    before = dated(
        Ecg.from_array(found.signal_mv[:, 500:], 500, LEADS, age=found.patient.age, sex=found.patient.sex), MARCH
    )
    compared = Agent("none", home=tmp_path).interpret(dated(found, JUNE), priors=[before])
    assert not any("new against" in reason for reason in compared.urgency_reasons)


def test_a_later_ecg_makes_nothing_new(data_dir: Path, tmp_path: Path) -> None:
    (_, normal), *_ = ptbxl_ecgs(data_dir, 1, {"NORM": 1})
    found = first_with(data_dir, "AFIB", "atrial_fibrillation", Agent("none", home=tmp_path))
    compared = Agent("none", home=tmp_path).interpret(dated(found, MARCH), priors=[dated(normal, JUNE)])
    assert about_change(compared) == []
    assert not any("new against" in reason for reason in compared.urgency_reasons)
    assert compared.changes[0].order == "later"


def test_newness_alone_raises_a_routine_finding() -> None:
    assert urgency({}, True, new={"lbbb"}) == (
        "urgent",
        ("Complete left bundle branch block: new against the prior ECG",),
    )
    assert urgency({}, True, new={"lvh"})[0] == "routine"


# Questions.


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("is this new?", "earlier ECG of 2024-03-01"),
        ("Compare with the previous ECG", "earlier ECG of 2024-03-01"),
        ("any change since last time?", "earlier ECG of 2024-03-01"),
        ("what has changed?", "earlier ECG of 2024-03-01"),
        ("was the LBBB there before?", "Criteria for complete left bundle branch block are met neither here nor on"),
        ("is the LBBB new?", "Criteria for complete left bundle branch block are met neither here nor on"),
        ("new onset AF?", "Criteria for atrial fibrillation are met neither here nor on"),
        ("has the PR lengthened since the last ECG?", "PR interval"),
        ("is the QTc longer than on the old tracing?", "QTc (Bazett)"),
        ("how does the heart rate compare with the prior recording?", "higher by more than the combined uncertainty"),
        ("did the ST level in V3 change compared to before?", "ST level at the J point in lead V3"),
    ],
)
def test_a_question_about_change_is_answered_with_verified_claims(
    ecg: Ecg, prior: Ecg, tmp_path: Path, question: str, says: str
) -> None:
    with Agent("none", home=tmp_path) as agent:
        answer = agent.ask("t", question, ecg=ecg, priors=[prior])
    assert [step.name for step in answer.steps] == ["compare"]
    assert says in answer.text
    assert answer.claims
    assert answer.withheld == ()
    assert answer.report is not None
    assert verify(answer.report) == []


@pytest.mark.parametrize("question", ["is this new?", "compare with the previous ECG", "was the LBBB there before?"])
def test_without_a_prior_the_answer_says_so(ecg: Ecg, tmp_path: Path, question: str) -> None:
    with Agent("none", home=tmp_path) as agent:
        answer = agent.ask("t", question, ecg=ecg)
    assert answer.text == SENTENCES["no_prior"]
    assert [step.name for step in answer.steps] == ["compare"]


def test_the_same_recording_as_prior_is_no_prior(ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        answer = agent.ask("t", "is this new?", ecg=ecg, priors=[ecg])
    assert answer.text == SENTENCES["prior_not_earlier"]


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("is the PR prolonged?", "explain"),
        ("any ST changes?", "measure"),
        ("T wave changes in V2?", "measure"),
        ("what's the QTc?", "measure"),
        ("previous infarction?", "explain"),
        ("how many P waves before each QRS?", "measure"),
        ("anything dangerous here?", "interpret"),
    ],
)
def test_other_questions_stay_what_they_are(ecg: Ecg, prior: Ecg, tmp_path: Path, question: str, tool: str) -> None:
    with Agent("none", home=tmp_path) as agent:
        answer = agent.ask("t", question, ecg=ecg, priors=[prior])
    assert "compare" not in [step.name for step in answer.steps]
    assert tool in [step.name for step in answer.steps]


def test_a_thread_remembers_its_priors_over_a_restart(ecg: Ecg, prior: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        before = agent.ask("t", "is the PR longer than before?", ecg=ecg, priors=[prior])
    with Agent("none", home=tmp_path) as agent:
        after = agent.ask("t", "is the PR longer than before?")
    assert after.text == before.text
    assert "2024-03-01" in after.text


def test_a_prior_may_come_later_in_the_conversation(ecg: Ecg, prior: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        assert agent.ask("t", "is this new?", ecg=ecg).text == SENTENCES["no_prior"]
        assert "2024-03-01" in agent.ask("t", "is this new?", priors=[prior]).text
        assert agent.ask("t", "is this new?", ecg=ecg).text == SENTENCES["no_prior"]


def test_streamed_claims_about_change_come_after_their_check(ecg: Ecg, prior: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        kinds = [event.kind for event in agent.stream("t", "has the PR changed?", ecg=ecg, priors=[prior])]
    assert kinds == ["step", "claim", "done"]


# A language model.


def test_a_model_may_draft_the_sentences_that_compare_gives(ecg: Ecg, prior: Ecg, tmp_path: Path) -> None:
    then = f"prior:{prior.record}"
    template = (
        f"Ventricular rate {{hr}}, was {{{then}/hr}} on the earlier ECG of {{{then}/recorded_at}}: "
        "higher by more than the combined uncertainty."
    )
    said = {"template": template, "evidence": ["hr", f"{then}/hr", f"{then}/recorded_at"]}
    lie = said | {"template": template.replace("higher", "lower")}
    model = ScriptedModel(turns=[call("compare"), draft(said, lie), draft()])
    with Agent(model, home=tmp_path) as agent:
        answer = agent.ask("t", "is the rate higher?", ecg=ecg, priors=[prior])
    assert [step.name for step in answer.steps] == ["compare"]
    assert [claim.template for claim in answer.claims] == [template]
    seen = " ".join(str(message.content) for messages in model.seen for message in messages)
    assert "2024-03" not in seen
    assert "higher by more than the combined uncertainty" in seen


def test_the_tool_says_when_no_prior_is_on_file(ecg: Ecg, tmp_path: Path) -> None:
    model = ScriptedModel(turns=[call("compare"), draft(sentences=["no_prior"])])
    with Agent(model, home=tmp_path) as agent:
        answer = agent.ask("t", "is this new?", ecg=ecg)
    assert answer.text == SENTENCES["no_prior"]
    assert "no earlier ECG is on file" in str(model.seen[-1][-1].content)


# The check.


def test_reports_on_real_serial_ecgs_have_no_fault(real_reports: list[tuple[Report, Ecg, Ecg]]) -> None:
    assert [found for report, *_ in real_reports if (found := verify(report))] == []
    report, now, then = real_reports[0]
    assert verify(report, now, [then]) == []
    wrong = [check(json.loads(one.model_dump_json()), now.signal_mv, now.fs_hz) for one, now, _ in real_reports]
    assert [line for lines in wrong for line in lines if "prior" in line or "claim" in line] == []


def test_planted_faults_in_claims_about_change_are_found(real_reports: list[tuple[Report, Ecg, Ecg]]) -> None:
    reports = tuple(report for report, *_ in real_reports)[:3]
    planted: Counter[str] = Counter()
    missed: list[str] = []
    for number, report in enumerate(reports):
        for trick in (one for one in TRICKS if one.place != "forged"):
            rng = random.Random(f"{number} {trick.forger.__name__}")
            claims = about_change(report)
            for claim in rng.sample(claims, len(claims))[:1]:
                for forged in trick.forger(Target(report, claim, reports, rng)):
                    if forged.report == report:
                        continue
                    planted[trick.forger.__module__.rpartition(".")[2]] += 1
                    if not any(fault.claim_id == claim.id for fault in verify(forged.report)):
                        missed.append(f"{trick.forger.__name__}: {forged.description} in `{claim.id}`")
    assert planted["priors"] >= 15
    assert planted.total() >= 120
    assert len(missed) <= 0.01 * planted.total(), missed


def test_a_comparison_forged_everywhere_is_found_against_the_prior(report: Report, ecg: Ecg, prior: Ecg) -> None:
    key = f"prior:{prior.record}/hr"
    text = report.model_dump_json().replace('"53/min', '"63/min')
    forged = Report.model_validate_json(text)
    changes = forged.changes[0]
    moved = tuple(
        item.model_copy(update={"value": 63.0}) if item.id == "hr" else item for item in changes.prior_measurements
    )
    forged = forged.model_copy(update={"changes": (changes.model_copy(update={"prior_measurements": moved}),)})
    found = {fault.claim_id for fault in verify(forged, ecg, [prior])}
    assert {claim.id for claim in forged.claims if key in claim.evidence} <= found


@pytest.mark.parametrize("field", ["order", "prior_recorded_at", "criteria", "statements", "measurements", "record"])
def test_a_comparison_that_its_values_do_not_give_is_a_fault(report: Report, field: str) -> None:
    wrong = {
        "order": "unknown", "prior_recorded_at": "2023-01-01T00:00:00", "criteria": (), "statements": (),
        "measurements": (), "record": "0123456789abcdef",
    }  # fmt: skip
    changes = report.changes[0].model_copy(update={field: wrong[field]})
    assert verify(report.model_copy(update={"changes": (changes,)}))


def test_urgency_that_newness_does_not_give_is_a_fault(report: Report) -> None:
    reasons = ("Complete left bundle branch block: new against the prior ECG",)
    assert verify(report.model_copy(update={"urgency": "urgent", "urgency_reasons": reasons}))


def test_a_prior_that_is_not_at_hand_is_a_fault(report: Report, ecg: Ecg, other_ecg: Ecg) -> None:
    assert any("not among the priors" in fault.detail for fault in verify(report, ecg, [other_ecg]))


# The surfaces.


def test_the_page_shows_a_table_of_changes_and_both_beats(report: Report, ecg: Ecg, prior: Ecg) -> None:
    page = report_page(report, ecg, [prior])
    assert 'id="changes"' in page
    assert 'class="superimposed"' in page
    assert page.count('class="then"') == 12
    assert "combined 95 %" in page
    assert "earlier ECG of 2024-03-01" in page
    assert page == report_page(report, ecg, [prior])


def write_npy(folder: Path, name: str, ecg: Ecg) -> Path:
    np.save(folder / name, ecg.signal_mv)
    return folder / name


def test_the_command_compares_and_prints_one_document(tmp_path: Path, demo_ecg: Ecg) -> None:
    now = write_npy(tmp_path, "now.npy", demo_ecg)
    then = write_npy(tmp_path, "then.npy", replace(demo_ecg, signal_mv=demo_ecg.signal_mv * 1.02))
    options = ("--fs", "1000", "--unit", "mV")
    done = run("compare", str(now), str(then), *options, "--format", "json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [one["order"] for one in document["changes"]] == ["unknown"]
    text = run("compare", str(now), str(then), *options, home=tmp_path).stdout
    assert "400 No significant change: met" in text
    assert "QTc (Bazett)" in text


def test_interpret_takes_priors_and_writes_them(tmp_path: Path, demo_ecg: Ecg) -> None:
    now = write_npy(tmp_path, "now.npy", demo_ecg)
    then = write_npy(tmp_path, "then.npy", replace(demo_ecg, signal_mv=demo_ecg.signal_mv * 1.02))
    arguments = (
        "interpret",
        str(now),
        "--prior",
        str(then),
        "--fs",
        "1000",
        "--unit",
        "mV",
        "--out",
        str(tmp_path / "o"),
    )
    done = run(*arguments, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Compared with record" in done.stdout
    written = Report.model_validate_json((tmp_path / "o" / "report.json").read_text())
    assert len(written.changes) == 1
    assert verify(written) == []
    assert "superimposed" in (tmp_path / "o" / "report.html").read_text()


def test_a_prior_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert_one_line(run("compare", "/nonexistent/a.dcm", "/nonexistent/b.dcm", home=tmp_path), 3, "found no")
