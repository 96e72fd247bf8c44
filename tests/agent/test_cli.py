"""The command line: one JSON document, one-line errors, the exit codes of DESIGN §5."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from calipers import Ecg, Report, verify

DEMO = Path(str(__import__("pydicom.data").data.get_testdata_file("waveform_ecg.dcm", download=False)))


def run(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-c", "from calipers.agent.cli import main; main()", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"CALIPERS_HOME": str(home), "COLUMNS": "200"} | environment,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_the_demo_shows_our_numbers_beside_the_carts(tmp_path: Path) -> None:
    done = run("demo", home=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in ("61/min", "161 ms", "75 ms", "368 ms", "Normal ECG", "0 faults"):
        assert word in done.stdout


def test_interpret_prints_one_json_document_and_nothing_else(tmp_path: Path, demo_ecg: Ecg) -> None:
    done = run("interpret", str(DEMO), "--format", "json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert document["schema"] == "calipers.report/1"
    assert verify(Report.model_validate(document), demo_ecg) == []


def test_interpret_writes_its_files_and_repeats_them_byte_for_byte(tmp_path: Path) -> None:
    for out in ("a", "b"):
        done = run("interpret", str(DEMO), "--ask", "is the PR prolonged?", "--out", str(tmp_path / out), home=tmp_path)
        assert done.returncode == 0, done.stderr
        assert {path.name for path in (tmp_path / out).iterdir()} == {
            "report.json",
            "report.html",
            "trace.png",
            "run.json",
            "bundle.zip",
        }
    for name in ("report.json", "report.html", "trace.png", "bundle.zip"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    report = json.loads((tmp_path / "a" / "report.json").read_text())
    assert "first-degree AV block" in report["answer"]
    assert str(tmp_path) not in json.dumps(report)
    assert "642341" not in json.dumps(report), "the patient's identifier stays out"


def test_measure_and_explain_print_json(tmp_path: Path) -> None:
    measured = json.loads(run("measure", str(DEMO), "--format", "json", home=tmp_path).stdout)
    assert {item["id"] for item in measured["measurements"]} >= {"pr", "V3.st_j", "qrs#4"}
    chain = json.loads(run("explain", str(DEMO), "1AVB", "--format", "json", home=tmp_path).stdout)
    assert chain["result"] == "not_met"
    assert chain["steps"]


def test_render_writes_a_picture(tmp_path: Path) -> None:
    done = run("render", str(DEMO), "--out", str(tmp_path / "x.svg"), "--evidence", "pr,V3.st_j", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "x.svg").read_text().lstrip().startswith("<?xml")


def test_doctor_finds_everything_it_needs(tmp_path: Path) -> None:
    done = run("doctor", "--format", "json", home=tmp_path)
    assert done.returncode == 0, done.stdout
    findings = {item["part"]: item for item in json.loads(done.stdout)}
    assert findings["criteria"]["ok"]
    assert not findings["base language model"]["ok"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("interpret", "/nonexistent/ecg.dcm"), 3, ("found no",)),
        (("interpret", "/etc"), 3, ("needed",)),
        (("interpret", "/etc/passwd"), 3, ("needed",)),
        (("explain", str(DEMO), "dragon pox"), 2, ("dragon pox",)),
        (("render", str(DEMO), "--out", "x.bmp"), 2, (".png or .svg",)),
        (("render", str(DEMO), "--out", "x.png", "--evidence", "nothing"), 2, ("nothing",)),
        (("interpret", str(DEMO), "--model", "gpt"), 2, ("needed `none`",)),
        (("interpret", str(DEMO), "--sex", "x"), 2, ("male or female",)),
        (("interpret", str(DEMO), "--age", "900"), 2, ("age 900",)),
        (("interpret", str(DEMO), "--out", "/proc/nope"), 2, ("cannot be written",)),
    ],
)
def test_a_wrong_request_is_one_line_and_its_code(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: tuple[str, ...]
) -> None:
    assert_one_line(run(*arguments, home=tmp_path), code, *words)


def test_a_usage_error_of_the_shell_is_code_2(tmp_path: Path) -> None:
    done = run("interpret", home=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_chest_x_ray_is_not_an_ecg(tmp_path: Path) -> None:
    from pydicom.data import get_testdata_file

    done = run("interpret", str(get_testdata_file("CT_small.dcm", download=False)), home=tmp_path)
    assert_one_line(done, 3)


def test_half_a_pair_names_the_missing_half(tmp_path: Path, data_dir: Path) -> None:
    shutil.copy(data_dir / "ludb" / "data" / "1.hea", tmp_path / "1.hea")
    assert_one_line(run("interpret", str(tmp_path / "1.hea"), home=tmp_path), 3, "1.dat")


def test_microvolts_named_as_millivolts_are_refused(tmp_path: Path, demo_ecg: Ecg) -> None:
    np.save(tmp_path / "x.npy", demo_ecg.signal_mv * 1000)
    done = run("interpret", str(tmp_path / "x.npy"), "--fs", "1000", "--unit", "mV", home=tmp_path)
    assert_one_line(done, 3, "microvolts")


def test_a_flat_record_is_reported_as_not_assessable(tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.zeros((12, 5000), dtype=np.float32))
    done = run(
        "interpret", str(tmp_path / "flat.npy"), "--fs", "500", "--unit", "mV", "--format", "json", home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["urgency"] == "not_assessable"
    assert report["claims"] == []


def test_html_in_a_patients_name_stays_out_of_the_page(tmp_path: Path) -> None:
    import pydicom

    dataset = pydicom.dcmread(DEMO)
    dataset.PatientName = "<script>alert(1)</script>"
    dataset.PatientID = "<img src=x onerror=alert(2)>"
    dataset.save_as(tmp_path / "evil.dcm")
    done = run("interpret", str(tmp_path / "evil.dcm"), "--out", str(tmp_path / "out"), home=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "report.html").read_text()
    assert "alert(1)" not in page
    assert "alert(2)" not in page


def test_a_remote_model_needs_the_setting(tmp_path: Path) -> None:
    done = run("interpret", str(DEMO), "--model", "http://192.0.2.1/v1#m", home=tmp_path)
    assert_one_line(done, 2, "CALIPERS_ALLOW_REMOTE")


def test_a_model_server_that_is_down_is_said_and_none_answers(tmp_path: Path) -> None:
    done = run("interpret", str(DEMO), "--model", "http://127.0.0.1:9/v1#m", "--format", "json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["provenance"]["model"] == "none"
    assert "failed" in report["provenance"]["model_reason"]
    assert report["claims"]
