"""What a published model says in prose: names are taken from it, nothing else, and none of it becomes a claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from calipers import Agent, Ecg, verify
from calipers.agent.choice import Choice, choose
from calipers.agent.opinions import Reader
from calipers.agent.prose import asserted_in, conclusion
from calipers.errors import ModelFailed
from calipers.report import Report

SAID = (
    "<think>The ECG might show atrial fibrillation.</think> Sinus rhythm at 72 bpm with a PR interval of 226 ms. "
    "Left bundle branch block with QRS 142 ms; inferior STEMI cannot be ruled out. No evidence of long QT or pericarditis."
)


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replaces the worker; collects the names of the models that were consulted."""
    asked: list[str] = []

    def consult(ecg: Ecg, name: str) -> str:
        asked.append(name)
        return SAID

    monkeypatch.setattr("calipers.tools.consult.consult", consult)
    return asked


def _agent(home: Path, name: str = "gem-7b") -> Agent:
    return Agent(Choice(name, "asked for", opinion=Reader(name)), home=home)


@pytest.mark.parametrize(
    ("prose", "named"),
    [
        ("<think>Atrial flutter?</think>\n<answer>Atrial fibrillation; LBBB</answer>", {"atrial_fibrillation", "lbbb"}),
        ("<think>It must be atrial fibrillation, because", set()),
        ("Sinus tachycardia with right bundle branch block.", {"sinus_tachycardia", "rbbb"}),
        ("There is no evidence of LBBB, left ventricular hypertrophy, or atrial fibrillation.", set()),
        ("Atrial fibrillation is not present.", set()),
        ("Criteria for LVH are not met, but right bundle branch block is present.", {"rbbb"}),
        ("Wolff-Parkinson-White is unlikely. The rhythm is atrial flutter rather than atrial fibrillation.", {"atrial_flutter"}),
        ("Inferior myocardial infarction cannot be excluded.", {"infarction_inferior"}),
        ("This suggests the possibility of left ventricular hypertrophy (LVH).", {"lvh"}),
        ("The QT interval is normal, ruling out long QT. PR 226 ms: first-degree AV block.", {"first_degree_av_block"}),
        ("Normal sinus rhythm. Normal ECG.", set()),
        ("", set()),
    ],
)  # fmt: skip
def test_names_are_taken_from_the_conclusion_and_what_is_denied_is_left(prose: str, named: set[str]) -> None:
    assert set(asserted_in(prose)) == named


def test_the_last_answer_counts_and_thinking_never_does() -> None:
    assert conclusion("<think>a</think>b<answer>c</answer><answer>d</answer>") == "d"
    assert conclusion("<think>a</think> b").strip() == "b"


def test_what_only_the_model_names_is_shown_beside_the_criteria(says: list[str], demo_ecg: Ecg, tmp_path: Path) -> None:
    report = _agent(tmp_path).interpret(demo_ecg)
    shown = {item.about: item for item in report.disagreements if any(side.who == "gem-7b" for side in item.sides)}
    assert set(shown) == {"lbbb", "stemi_inferior"}
    criteria, model = shown["lbbb"].sides
    assert criteria.text == "criteria for complete left bundle branch block are not met"
    assert "qrs" in criteria.evidence
    assert (model.who, model.text, model.evidence) == ("gem-7b", "complete left bundle branch block", ())
    assert report.provenance.model == "gem-7b"
    assert verify(report, demo_ecg) == []
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_no_claim_and_no_number_comes_from_prose(says: list[str], demo_ecg: Ecg, tmp_path: Path) -> None:
    report = _agent(tmp_path).interpret(demo_ecg)
    alone = Agent("none", home=tmp_path).interpret(demo_ecg)
    assert report.claims == alone.claims
    assert report.impression == alone.impression
    for number in ("226", "142", "72 bpm"):
        assert number not in " ".join(side.text for item in report.disagreements for side in item.sides)


def test_a_critical_finding_that_only_the_model_names_raises_the_urgency(
    says: list[str], demo_ecg: Ecg, tmp_path: Path
) -> None:
    assert Agent("none", home=tmp_path).interpret(demo_ecg).urgency == "routine"
    report = _agent(tmp_path).interpret(demo_ecg)
    assert report.urgency == "urgent"
    assert any("suggested by the model only" in reason for reason in report.urgency_reasons)


def test_a_question_is_answered_by_measurement_and_the_record_is_read_once(
    says: list[str], demo_ecg: Ecg, tmp_path: Path
) -> None:
    with _agent(tmp_path) as agent:
        first = agent.ask("thread", "what is the PR interval?", demo_ecg)
        second = agent.ask("thread", "is there LBBB?")
    with Agent("none", home=tmp_path) as agent:
        assert first.text == agent.ask("other", "what is the PR interval?", demo_ecg).text
    assert second.report is not None
    assert any(item.about == "lbbb" for item in second.report.disagreements)
    assert verify(second.report, demo_ecg) == []
    assert says == ["gem-7b"]


def test_a_model_that_fails_leaves_measurements_and_criteria(
    demo_ecg: Ecg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(ecg: Ecg, name: str) -> str:
        raise ModelFailed("gem-7b took more than 180 s to answer and was stopped")

    monkeypatch.setattr("calipers.tools.consult.consult", fail)
    report = _agent(tmp_path).interpret(demo_ecg, "is the PR prolonged?")
    assert report.provenance.model == "none"
    assert "took more than 180 s" in report.provenance.model_reason
    assert report.claims
    assert report.answer
    assert verify(report, demo_ecg) == []


def test_a_missing_checkpoint_is_one_clear_line_in_the_provenance(
    demo_ecg: Ecg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALIPERS_HOME", str(tmp_path))
    report = Agent("pulse-7b", home=tmp_path).interpret(demo_ecg)
    assert report.provenance.model == "none"
    assert report.provenance.model_reason.startswith(f"`pulse-7b` cannot run: found no weights at {tmp_path}")
    assert "needed: hf download PULSE-ECG/PULSE-7B" in report.provenance.model_reason


def test_nothing_is_asked_about_a_record_that_cannot_be_assessed(says: list[str], tmp_path: Path) -> None:
    import numpy as np

    from calipers.leads import LEADS

    flat = Ecg.from_array(np.zeros((12, 5000), np.float32), 500, LEADS)
    report = _agent(tmp_path).interpret(flat)
    assert report.urgency == "not_assessable"
    assert says == []


def _forged(report: Report, **changes: Any) -> Report:
    """The report with the model's side of its first opinion altered."""
    at = next(at for at, item in enumerate(report.disagreements) if item.sides[1].who == "gem-7b")
    shown = report.disagreements[at]
    side = shown.sides[1].model_copy(update=changes)
    altered = shown.model_copy(update={"sides": (shown.sides[0], side)})
    return report.model_copy(
        update={"disagreements": (*report.disagreements[:at], altered, *report.disagreements[at + 1 :])}
    )


@pytest.mark.parametrize(
    "change",
    [
        {"text": "left bundle branch block, QRS wide"},
        {"text": "atrial fibrillation"},
        {"who": "pulse-7b"},
        {"evidence": ("qrs",)},
    ],
)
def test_an_altered_word_is_a_fault(change: dict[str, Any], says: list[str], demo_ecg: Ecg, tmp_path: Path) -> None:
    report = _agent(tmp_path).interpret(demo_ecg)
    assert [fault.kind for fault in verify(_forged(report, **change))][:1] == ["report"]


def test_the_word_of_a_model_that_did_not_read_the_ecg_is_a_fault(
    says: list[str], demo_ecg: Ecg, tmp_path: Path
) -> None:
    report = _agent(tmp_path).interpret(demo_ecg)
    other = report.model_copy(update={"provenance": report.provenance.model_copy(update={"model": "none"})})
    assert any("the model of this report is none" in fault.detail for fault in verify(other))


def test_a_word_that_is_left_out_of_the_urgency_is_a_fault(says: list[str], demo_ecg: Ecg, tmp_path: Path) -> None:
    report = _agent(tmp_path).interpret(demo_ecg)
    calm = report.model_copy(update={"urgency": "routine", "urgency_reasons": ()})
    assert any("urgency" in fault.detail for fault in verify(calm))


def test_an_unknown_name_lists_the_published_models() -> None:
    from calipers.errors import UsageError

    with pytest.raises(UsageError, match=r"`ecg-r1-8b`, `gem-7b`, `pulse-7b`"):
        choose("gem")


def test_the_doctor_says_of_each_published_model_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from calipers.agent.usable_models import usable_models

    monkeypatch.setenv("CALIPERS_HOME", str(tmp_path))
    rows = {row.part: row for row in usable_models()}
    for name in ("ecg-r1-8b", "gem-7b", "pulse-7b"):
        row = rows[f"model {name}"]
        assert (row.ok, row.needed) == (False, False)
        assert "found no weights" in row.detail
        assert "hf download" in row.detail


@pytest.mark.slow
def test_a_worker_with_random_weights_reads_an_ecg_and_the_report_stands(
    demo_ecg: Ecg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from calipers.models.workers import published, worker_for
    from tests.models.workers.tiny_checkpoints import tiny_llava

    monkeypatch.setenv("CALIPERS_HOME", str(tmp_path))
    monkeypatch.setenv("CALIPERS_WORKER_DEVICE", "cpu")
    tiny_llava(tmp_path / "weights" / "gem-7b", aspect="ori", signal=True)
    monkeypatch.setattr(worker_for("gem-7b"), "model", published("gem-7b")._replace(longest_answer=16))
    try:
        report = Agent("gem-7b", home=tmp_path).interpret(demo_ecg)
    finally:
        worker_for("gem-7b").stop()
    assert report.provenance.model == "gem-7b", report.provenance.model_reason
    assert report.provenance.model_reason.startswith("asked for; LANSG/GEM, files ")
    assert verify(report, demo_ecg) == []
