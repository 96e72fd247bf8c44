"""Looked-up sentences leave the program only as they stand in the corpus or on file."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from calipers import Agent, Ecg, verify
from calipers.agent.questions import understand
from calipers.evidence import GuidelinePassage, PriorEvidence
from calipers.knowledge.store.embedding import weights_folder
from calipers.tools.retrieve import add_history
from calipers.tools.retrieve.report_files import Defaults

needs_weights = pytest.mark.skipif(
    weights_folder() is None, reason="found no sentence embedding weights; needed `calipers fetch`"
)


@pytest.mark.parametrize(
    ("question", "verb"),
    [
        ("what does the guideline say about LBBB?", "guidelines"),
        ("what is the limit according to the ESC", "guidelines"),
        ("any earlier reports?", "history"),
        ("what did the previous report say", "history"),
        ("show me similar ECGs", "similar"),
        ("does it meet criteria for LVH", "explain"),
        ("compare with the previous ECG", "compare"),
        ("what does the guideline say about treatment of AF", "say"),
    ],
)
def test_lookups_are_told_from_readings(question: str, verb: str) -> None:
    assert understand(question)[0].verb == verb


@needs_weights
def test_a_guideline_answer_is_a_labelled_paraphrase_that_verifies(demo_ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        answer = agent.ask("t", "what does the guideline say about first degree AV block?", demo_ecg)
    assert answer.text.startswith("Paraphrase of ACC/AHA/HRS 2018: First-degree AV block")
    assert answer.withheld == ()
    assert answer.report is not None
    assert verify(answer.report, demo_ecg) == []
    assert all(isinstance(item, GuidelinePassage) for item in answer.report.evidence_table)
    assert [step.name for step in answer.steps] == ["search_guidelines"]


@needs_weights
def test_without_a_passage_there_is_no_guideline_claim(demo_ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        answer = agent.ask("t", "what does the guideline say about malaria?", demo_ecg)
    assert answer.claims == ()
    assert answer.text == "No guideline passage on file answers that."


def a_patient(ecg: Ecg) -> Ecg:
    return replace(ecg, patient=replace(ecg.patient, id="p1"))


def ask_about_reports(ecg: Ecg, home: Path, author: str | None) -> tuple[str, tuple[str, ...]]:
    if author is not None:
        (home / "a.txt").write_text("Sinus rhythm, PR 212 ms.", "utf-8")
        add_history([home / "a.txt"], Defaults("p1", author, "2024-03-01"), home=home)  # type: ignore[arg-type]
    with Agent("none", home=home) as agent:
        answer = agent.ask("t", "any earlier reports?", a_patient(ecg))
    assert answer.report is not None
    assert verify(answer.report, a_patient(ecg)) == []
    return answer.text, tuple(key for claim in answer.claims for key in claim.evidence)


def test_no_report_is_said_to_be_none(demo_ecg: Ecg, tmp_path: Path) -> None:
    assert ask_about_reports(demo_ecg, tmp_path, None) == ("No prior ECG is on file.", ())


def test_a_clinicians_report_is_repeated_with_its_date(demo_ecg: Ecg, tmp_path: Path) -> None:
    text, evidence = ask_about_reports(demo_ecg, tmp_path, "clinician")
    assert text == "Earlier report, 2024-03-01, by a clinician: Sinus rhythm, PR 212 ms."
    assert len(evidence) == 1
    assert evidence[0].startswith("prior:")


def test_a_devices_report_supports_no_claim(demo_ecg: Ecg, tmp_path: Path) -> None:
    text, evidence = ask_about_reports(demo_ecg, tmp_path, "device")
    assert text == "Reports that no clinician wrote or confirmed are on file; they support no claim."
    assert evidence == ()


def test_an_altered_earlier_report_is_refused(demo_ecg: Ecg, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Sinus rhythm, PR 212 ms.", "utf-8")
    add_history([tmp_path / "a.txt"], Defaults("p1", "clinician"), home=tmp_path)
    with Agent("none", home=tmp_path) as agent:
        report = agent.ask("t", "any earlier reports?", a_patient(demo_ecg)).report
    assert report is not None
    (claim,) = report.claims
    text = claim.text.replace("212", "180")
    forged = claim.model_copy(update={"template": text, "text": text})
    assert verify(report.model_copy(update={"claims": (forged,), "answer": text}))
    table = tuple(
        item.model_copy(update={"author": "device"}) if isinstance(item, PriorEvidence) else item
        for item in report.evidence_table
    )
    assert verify(report.model_copy(update={"evidence_table": table}))


def test_a_bad_file_among_good_ones_ends_with_code_six(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Sinus rhythm.", "utf-8")
    (tmp_path / "bad.txt").write_text("", "utf-8")
    command = ["history", "add", str(tmp_path / "good.txt"), str(tmp_path / "bad.txt"), "--patient", "p1"]
    done = subprocess.run(
        [sys.executable, "-c", "from calipers.agent.cli import main; main()", *command, "--author", "clinician"],
        env={**os.environ, "CALIPERS_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6, done.stderr
    assert done.stderr.strip() == "calipers: bad.txt: found an empty file; needed a report"
    assert done.stdout.startswith("1 added")
