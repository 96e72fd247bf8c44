"""What Calipers itself writes can be shared: no name, no date, no question, and it still verifies."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from calipers import Agent, Ecg, Report, UnreadableInput, UsageError, verify
from calipers.agent.anonymising import anonymise, without_identity
from calipers.agent.audit import load_bundle, replay
from calipers.agent.cli.app import app
from calipers.agent.output import write_case
from calipers.tools.anonymise import Rules
from tests.agent.test_cli import DEMO
from tests.tools.test_anonymise import ALL, RULES, traces

WHEN = datetime(2021, 4, 3, 10, 11, 12)
DATED = ("2021-04-03", "2021-02-22", "20210403")


@pytest.fixture(scope="module")
def pair(demo_ecg: Ecg) -> tuple[Ecg, Ecg]:
    """An ECG and an earlier one of the same patient, full of identifiers."""
    source = replace(demo_ecg.source, path=f"/home/{ALL}.dcm", device_statements=(f"seen by {ALL}",))
    patient = replace(demo_ecg.patient, id="MRN90817263")
    now = replace(demo_ecg, patient=patient, recorded_at=WHEN, source=source)
    then = Ecg.from_array(
        0.9 * demo_ecg.signal_mv, demo_ecg.fs_hz, demo_ecg.present_leads, age=42, sex="female",
        patient_id="MRN90817263", recorded_at=WHEN - timedelta(days=40),
    )  # fmt: skip
    return now, then


@pytest.fixture(scope="module")
def case(pair: tuple[Ecg, Ecg], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case's folder as `calipers interpret` writes it, with a bundle."""
    now, then = pair
    home = tmp_path_factory.mktemp("home")
    folder = tmp_path_factory.mktemp("case")
    report = Agent("none", home=home, bundles=home / "bundles").interpret(now, "is Quartermain's PR new?", [then])
    write_case(folder, now, report, {"input": now.source.path}, [then])
    (made,) = (home / "bundles").rglob("*.zip")
    made.rename(folder / "bundle.zip")
    return folder


def unpacked(folder: Path) -> Path:
    """The folder with every archive's content beside it, so that no byte is hidden by compression."""
    for archive in list(folder.rglob("*.zip")):
        with zipfile.ZipFile(archive) as held:
            held.extractall(archive.with_suffix(""))
    return folder


def test_a_bundle_holds_no_identifier_but_the_words_that_were_typed(case: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(case / "bundle.zip") as held:
        facts = json.loads(held.read("bundle.json"))
        assert set(held.namelist()) == {"bundle.json", "signal-0.npy", "signal-1.npy"}
    facts["question"] = facts["report"]["question"] = None
    (tmp_path / "bundle.json").write_text(json.dumps(facts))
    assert traces(tmp_path) == []
    assert [one["patient"] for one in facts["inputs"]] == ["patient-1", "patient-1"]


def test_a_case_comes_out_without_identity_verifies_and_replays_but_for_the_question(
    case: Path, pair: tuple[Ecg, Ecg], tmp_path: Path
) -> None:
    (made,) = anonymise([case], tmp_path, RULES)
    assert {path.name for path in made.files} == {"report.json", "report.html", "trace.png", "bundle.zip"}
    assert traces(unpacked(tmp_path)) == traces(tmp_path, DATED) == []
    report = Report.model_validate_json((made.files[0].parent / "report.json").read_text())
    assert report.question is report.answer is None
    assert report.changes == ()
    assert report.claims
    bundle = load_bundle(made.files[0].parent / "bundle.zip")
    assert verify(report, bundle.ecgs()[0]) == []
    assert {one.where.partition(".")[0] for one in replay(bundle).differences} <= {"claims", "evidence_table"}


def test_a_report_alone_is_stripped_and_stands(case: Path, tmp_path: Path) -> None:
    (made,) = anonymise([case / "report.json"], tmp_path, RULES)
    report = Report.model_validate_json(made.files[0].read_text())
    assert verify(report) == []
    assert traces(tmp_path) == traces(tmp_path, DATED) == []
    assert report.provenance.input_sha256 == ""


def test_what_was_urgent_only_against_an_earlier_ecg_is_not_so_alone(case: Path) -> None:
    report = Report.model_validate_json((case / "report.json").read_text())
    alone = without_identity(report, Rules(key=RULES.key, age="keep"))
    assert not any("prior" in reason for reason in alone.urgency_reasons)


def test_a_page_without_its_bundle_is_refused_in_one_line(case: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text((case / "report.html").read_text())
    with pytest.raises(UsageError, match=r"needed the bundle\.zip of its run"):
        anonymise([page], tmp_path / "out", RULES)


def test_the_command_copies_a_folder_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "Quartermain.dcm").write_bytes(DEMO.read_bytes())
    monkeypatch.setenv("CALIPERS_HOME", str(tmp_path / "home"))
    app(["anonymise", str(tmp_path / "in"), "--out", str(tmp_path / "out")], standalone_mode=False)
    assert "Quartermain.dcm → " in capsys.readouterr().out.replace("\n", "")
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".dcm", ".json"}
    assert traces(tmp_path / "out", ("Quartermain", "642341", "Galliera", "RITMO SINUSALE", "Mortara")) == []
    assert (tmp_path / "home" / "anonymise.key").stat().st_mode & 0o077 == 0
    monkeypatch.chdir(tmp_path)  # a message shows no more of a path than fits its line
    with pytest.raises(UnreadableInput, match=r"found no file `none\.hea`"):
        app(["anonymise", "none.hea", "--out", str(tmp_path)], standalone_mode=False)
