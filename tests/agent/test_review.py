"""A review reads what it is given, keeps each failure to its case, and goes on after a kill as if there had been none."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from calipers import Agent
from calipers.agent.batch import CaseInput, Line, find_cases, review
from calipers.agent.batch.index_page import index_page
from calipers.agent.batch.journal import Journal
from calipers.agent.batch.summary import Row, worst_first
from calipers.errors import UsageError
from calipers.models.simulator import Specification, simulate
from calipers.report import Urgency


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three WFDB records, one of them linked under a second name, and a file that is no ECG."""
    import wfdb

    from calipers.leads import LEADS

    place = tmp_path_factory.mktemp("ecgs")
    for number, rate in enumerate((60, 75, 165), 1):
        signal = simulate(Specification("sinus", rate=rate), number).ecg.signal_mv
        wfdb.wrsamp(
            f"r{number}",
            fs=500,
            units=["mV"] * 12,
            sig_name=list(LEADS),
            p_signal=signal.T.astype(float),
            fmt=["16"] * 12,
            comments=["age: 50", "sex: Female"],
            write_dir=str(place),
        )
    (place / "z_again.hea").symlink_to(place / "r1.hea")
    (place / "broken.dcm").write_text("nothing")
    (place / "README.md").write_text("about")
    return place


@pytest.fixture(scope="module")
def reviewed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder reviewed without a break by two workers."""
    out = tmp_path_factory.mktemp("whole")
    review(find_cases(folder), out, model="none", workers=2, questions=["what is the heart rate?"])
    return out


def _lines(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "cases.jsonl").read_text().splitlines()]


def _bytes(out: Path) -> dict[str, bytes]:
    changing = {"run.json", "workers.log", ".lock"}
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file() and p.name not in changing}


def test_each_input_has_one_line_in_order_with_exactly_the_fields_of_the_contract(reviewed: Path) -> None:
    lines = _lines(reviewed)
    assert [line["case"] for line in lines] == ["broken", "r1", "r2", "r3", "z_again"]
    assert all(set(line) == {"case", "path", "status", "error", "duplicate_of", "report"} for line in lines)


def test_a_file_that_is_no_ecg_fails_alone_with_its_reason(reviewed: Path) -> None:
    broken, *others = _lines(reviewed)
    assert broken["status"] == "failed"
    assert str(broken["error"]).startswith("found ")
    assert {line["status"] for line in others} == {"done"}


def test_a_link_is_followed_under_its_own_name_and_called_a_duplicate(reviewed: Path) -> None:
    last = _lines(reviewed)[-1]
    assert last["duplicate_of"] == "r1"
    assert (reviewed / str(last["report"])).exists()


def test_each_case_has_its_files_and_its_answers(reviewed: Path) -> None:
    names = {path.name for path in (reviewed / "reports" / "r1").iterdir()}
    assert names >= {"report.json", "report.html", "trace.png", "run.json", "bundle.zip", "answers.json"}
    (answer,) = json.loads((reviewed / "reports" / "r1" / "answers.json").read_text())
    assert answer["question"] == "what is the heart rate?"
    assert "60/min" in answer["answer"]


def test_failed_and_critical_cases_stand_first_in_table_and_page(reviewed: Path) -> None:
    rows = list(csv.DictReader((reviewed / "summary.csv").read_text().splitlines()))
    assert [row["case"] for row in rows[:2]] == ["broken", "r3"]
    assert rows[1]["urgency"] == "critical"
    page = (reviewed / "index.html").read_text()
    assert page.index("broken") < page.index("reports/r3/report.html") < page.index("reports/r1/report.html")


def test_a_review_killed_at_any_point_ends_as_an_unbroken_one(folder: Path, reviewed: Path, tmp_path: Path) -> None:
    out = tmp_path / "broken"
    (tmp_path / "asked.txt").write_text("what is the heart rate?\n")
    command = [sys.executable, "-m", "calipers.agent.cli", "review", str(folder), "--out", str(out), "--resume"]
    command += ["--questions", str(tmp_path / "asked.txt"), "--model", "none"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and (not (out / "cases.jsonl").exists() or len(_whole(out)) < 2):
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    finished = [line["report"] for line in map(json.loads, _whole(out)) if line["report"]]
    before = {report: (out / str(report)).stat().st_mtime_ns for report in finished}
    with (out / "cases.jsonl").open("a") as journal:
        journal.write('{"case":"r2","path":"to')  # as a kill amid the write leaves it
    assert finished
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 6
    assert {report: (out / str(report)).stat().st_mtime_ns for report in finished} == before
    assert _bytes(out) == _bytes(reviewed)


def _whole(out: Path) -> list[str]:
    return [line for line in (out / "cases.jsonl").read_text().splitlines(keepends=True) if line.endswith("\n")]


def test_a_record_that_ends_the_program_costs_only_itself(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Stands for native code that crashes: the worker's own interpreter is started with this in its path.
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if any('worker' in word for word in sys.orig_argv):\n"
        "    import calipers.tools.read as read\n"
        "    whole = read.read_ecg\n"
        "    def crashing(path, **given):\n"
        "        if 'r2' in str(path): os.abort()\n"
        "        return whole(path, **given)\n"
        "    read.read_ecg = crashing\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(site))
    review([CaseInput(case=n, paths=(str(folder / f"{n}.hea"),)) for n in ("r1", "r2")], tmp_path / "out", model="none")
    first, second = _lines(tmp_path / "out")
    assert first["status"] == "done"
    assert "the program itself ended, 2 times (signal 6)" in str(second["error"])


def test_a_full_disk_stops_the_review_which_goes_on_when_there_is_room(folder: Path, tmp_path: Path) -> None:
    # A limit on the size of a file stands for it: the write of a report fails half-way, in the worker.
    command = [sys.executable, "-m", "calipers.agent.cli", "review", str(folder / "r1.hea")]
    command += ["--out", str(tmp_path / "out"), "--resume", "--model", "none"]
    full = ["bash", "-c", 'ulimit -f 40; exec "$@"', "-", *command]
    stopped = subprocess.run(full, capture_output=True, text=True, check=False)
    assert stopped.returncode == 2
    assert "nothing can be written" in stopped.stderr
    assert len(stopped.stderr.splitlines()) == 1
    assert _lines(tmp_path / "out") == []
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert [line["status"] for line in _lines(tmp_path / "out")] == ["done"]
    assert [path.name for path in (tmp_path / "out" / "reports").iterdir()] == ["r1"]


def test_a_second_review_in_the_same_folder_is_refused_while_one_is_at_work(folder: Path, tmp_path: Path) -> None:
    import fcntl

    with (tmp_path / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="another review at work"):
            review(find_cases(folder), tmp_path, model="none")


def test_the_python_call_reviews_files_and_tells_of_each(folder: Path, tmp_path: Path) -> None:
    told: list[str] = []
    reviewed = Agent(model="none").review([folder / "r3.hea"], tmp_path, listen=lambda at: told.append(at.line.case))
    assert told == ["r3"]
    assert reviewed.counts == {"critical": 1}


def test_a_finished_review_is_not_overwritten_without_being_told(folder: Path, reviewed: Path) -> None:
    with pytest.raises(UsageError, match="--resume"):
        review(find_cases(folder), reviewed, model="none")


def test_a_review_is_not_gone_on_with_under_other_questions(folder: Path, reviewed: Path) -> None:
    with pytest.raises(UsageError, match="questions_sha256"):
        review(find_cases(folder), reviewed, model="none", resume=True, questions=["another?"])


def test_a_folder_that_is_none_cannot_be_written_and_says_so(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        review(find_cases(folder), tmp_path / "file" / "out", model="none")


def test_a_torn_or_damaged_last_line_is_dropped(tmp_path: Path) -> None:
    whole = Line(case="a", path="a.hea", status="failed", error="found nothing").model_dump_json()
    for rest in ('{"case":"b"', '{"case":"b"}\n', "\x00\x00\n"):
        (tmp_path / "cases.jsonl").write_text(f"{whole}\n{rest}")
        with Journal(tmp_path) as journal:
            assert [line.case for line in journal.lines] == ["a"]
            journal.add(Line(case="c", path="c.hea", status="failed", error="found nothing"))
        with Journal(tmp_path) as again:
            assert [line.case for line in again.lines] == ["a", "c"]


def test_a_manifest_names_patient_question_and_priors_relative_to_itself(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(
        'path,patient,age,question,priors\na.hea,p1,71,"AF?",old/b.hea;old/c.hea\nb.hea,,,,\n'
    )
    first, second = find_cases(tmp_path / "m.csv")
    assert first == CaseInput(
        case="a",
        paths=(str(tmp_path / "a.hea"),),
        patient="p1",
        age=71,
        question="AF?",
        priors=(str(tmp_path / "old/b.hea"), str(tmp_path / "old/c.hea")),
    )
    assert second == CaseInput(case="b", paths=(str(tmp_path / "b.hea"),))


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_other_manifests_say_the_same(suffix: str, tmp_path: Path) -> None:
    import pandas as pd

    rows = pd.DataFrame({"path": ["a.hea", "b.hea"], "age": [71.0, None], "question": ["AF?", None]})
    if suffix == "jsonl":
        rows.to_json(tmp_path / "m.jsonl", orient="records", lines=True)
    else:
        rows.to_parquet(tmp_path / "m.parquet")
    first, second = find_cases(tmp_path / f"m.{suffix}")
    assert (first.age, first.question) == (71, "AF?")
    assert (second.age, second.question) == (None, None)


def test_a_folder_linked_into_itself_ends(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "in", symlinks=True)
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert len(find_cases(tmp_path / "in")) == 5


def test_ten_thousand_cases_make_a_page_and_an_order() -> None:
    both: tuple[Urgency, ...] = ("routine", "critical")
    rows = [
        Row(
            Line(case=f"c{n}", path=f"{n}", status="done", report=f"reports/c{n}/report.json"),
            urgency=urgency,
            values=(60.0,) * 9,
        )
        for n, urgency in enumerate(both * 5_000)
    ]
    page = index_page(worst_first(rows))
    assert page.count("<li>") == 10_000
    assert page.index("c9999/") < page.index("c0/")


def test_a_case_name_from_a_file_cannot_write_into_the_page_or_out_of_its_folder() -> None:
    case = CaseInput(case="../<script>alert(1)</script>", paths=("x",))
    assert "/" not in case.folder
    assert not case.folder.startswith(".")
    page = index_page([Row(Line(case=case.case, path="x", status="failed", error="<img src=x>"))])
    assert "<script" not in page
    assert "<img" not in page
