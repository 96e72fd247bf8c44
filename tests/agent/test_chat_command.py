"""`calipers chat`: the page's conversation in a terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from calipers import Ecg, read_ecg
from calipers.agent.cli import app
from calipers.errors import UsageError
from calipers.tools.generate import Item, Synthesis
from tests.agent.server.desk import DICOM


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALIPERS_HOME", str(tmp_path / "home"))
    return tmp_path


def test_a_claim_comes_with_its_citations_and_a_picture(run: Path) -> None:
    words = "is the PR prolonged?\n/cite pr\n/show pr\n/quit\nnever asked\n"
    done = CliRunner().invoke(app, ["chat", str(DICOM), "--pictures", str(run), "--model", "none"], input=words)
    assert "• Criteria for first-degree AV block are not met: PR 149 ms (limit 200 ms).  [pr, p_per_qrs]" in done.output
    assert "value: 149 ms ± " in done.output
    assert "never asked" not in done.output
    pictures = sorted(run.glob("trace-chat-*.png"))
    assert len(pictures) == 2
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_a_conversation_goes_on_by_its_name(run: Path) -> None:
    runner = CliRunner()
    first = runner.invoke(
        app, ["chat", str(DICOM), "--thread", "mine", "--pictures", str(run)], input="what is the PR?\n"
    )
    assert "PR interval 149 ms." in first.output
    again = runner.invoke(
        app, ["chat", "--thread", "mine", "--pictures", str(run)], input="what is the QRS duration?\n"
    )
    assert "QRS duration 90 ms." in again.output


def test_neither_record_nor_thread_is_one_clear_line(run: Path) -> None:
    problem = CliRunner().invoke(app, ["chat"]).exception
    assert isinstance(problem, UsageError)
    assert "needed an ECG file" in str(problem)


def test_an_unknown_citation_is_said_to_be_unknown_and_the_talk_goes_on(run: Path) -> None:
    words = "/cite nonsense\nwhat is the PR?\n"
    done = CliRunner().invoke(app, ["chat", str(DICOM), "--pictures", str(run), "--model", "none"], input=words)
    assert "found unknown id `nonsense`" in done.output
    assert "PR interval 149 ms." in done.output


def test_what_is_generated_is_measured_again_and_kept_as_a_synthetic_record(
    run: Path, demo_ecg: Ecg, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = (Item(name="pr", requested=240.0, obtained=149.0, tolerance=15.0, unit="ms"),)
    made = Synthesis(ecg=replace(demo_ecg, synthetic=True), items=items, met=False, provenance={})
    monkeypatch.setattr("calipers.agent.generator.generator", lambda: lambda *_, **__: made)
    words = "generate an ECG with a PR of 240 ms\n"
    done = CliRunner().invoke(app, ["chat", str(DICOM), "--pictures", str(run), "--model", "none"], input=words)
    assert "requested 240 ms  obtained 149 ms  NOT MET" in done.output
    (header,) = run.glob("synthetic-*.hea")
    assert read_ecg(header).synthetic
    spoken = CliRunner().invoke(
        app, ["chat", str(header), "--pictures", str(run), "--model", "none"], input="what is the QRS duration?\n"
    )
    assert "(synthetic ECG)" in spoken.output
