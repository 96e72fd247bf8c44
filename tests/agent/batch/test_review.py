"""A review reads what it is given, keeps each failure to its case, and goes on after a kill as if there had been none."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from calipers import Agent
from calipers.agent.audit import load_bundle, replay
from calipers.agent.batch import CaseInput, Line, find_cases, review
from calipers.agent.batch.index_page import index_page
from calipers.agent.batch.journal import Journal
from calipers.agent.batch.summary import Row, worst_first
from calipers.errors import MissingPart, UsageError
from calipers.report import Urgency
from tests.agent.batch.outcome import lines, stable_bytes, whole_lines


def test_each_input_has_one_line_in_order_with_exactly_the_fields_of_the_contract(reviewed: Path) -> None:
    written = lines(reviewed)
    assert [line["case"] for line in written] == ["broken", "r1", "r2", "r3", "z_again"]
    assert all(set(line) == {"case", "path", "status", "error", "duplicate_of", "report"} for line in written)


def test_a_file_that_is_no_ecg_fails_alone_with_its_reason(reviewed: Path) -> None:
    broken, *others = lines(reviewed)
    assert broken["status"] == "failed"
    assert str(broken["error"]).startswith("found ")
    assert {line["status"] for line in others} == {"done"}


def test_a_link_is_followed_under_its_own_name_and_called_a_duplicate(reviewed: Path) -> None:
    last = lines(reviewed)[-1]
    assert last["duplicate_of"] == "r1"
    assert (reviewed / str(last["report"])).exists()


def test_each_case_has_its_files_and_its_answers(reviewed: Path) -> None:
    names = {path.name for path in (reviewed / "reports" / "r1").iterdir()}
    assert names >= {"report.json", "report.html", "trace.png", "run.json", "bundle.zip", "answers.json"}
    (answer,) = json.loads((reviewed / "reports" / "r1" / "answers.json").read_text())
    assert answer["question"] == "what is the heart rate?"
    assert "60/min" in answer["answer"]
    for bundle in ("bundle.zip", "question-1.bundle.zip"):
        assert replay(load_bundle(reviewed / "reports" / "r1" / bundle)).differences == ()


def test_failed_and_critical_cases_stand_first_in_table_and_page(reviewed: Path) -> None:
    rows = list(csv.DictReader((reviewed / "summary.csv").read_text().splitlines()))
    assert [row["case"] for row in rows[:2]] == ["broken", "r3"]
    assert rows[1]["urgency"] == "critical"
    page = (reviewed / "index.html").read_text()
    assert page.index("broken") < page.index("reports/r3/report.html") < page.index("reports/r1/report.html")


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
    with pytest.raises(UsageError, match="other questions"):
        review(find_cases(folder), reviewed, model="none", resume=True, questions=["another?"])


def test_what_is_asked_anew_is_done_anew_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    """The same name for another patient's file must not keep the first one's report."""

    def reports() -> dict[str, tuple[int, str]]:
        kept = {
            line["case"]: tmp_path / "out" / str(line["report"]) for line in lines(tmp_path / "out") if line["report"]
        }
        return {str(case): (path.stat().st_ino, json.loads(path.read_text())["record"]) for case, path in kept.items()}

    asked = [CaseInput(case=name, paths=(str(folder / f"{file}.hea"),)) for name, file in (("a", "r1"), ("b", "r2"))]
    missing = CaseInput(case="c", paths=(str(tmp_path / "late.hea"),))
    review([*asked, missing], tmp_path / "out", model="none")
    first = reports()
    assert "c" not in first
    (tmp_path / "late.hea").write_bytes((folder / "r3.hea").read_bytes())
    (tmp_path / "r3.dat").write_bytes((folder / "r3.dat").read_bytes())
    other = asked[1].model_copy(update={"paths": (str(folder / "r3.hea"),)})
    review([asked[0], other, missing], tmp_path / "out", model="none", resume=True, retry_failed=True)
    second = reports()
    assert second["a"] == first["a"]
    assert second["b"][1] != first["b"][1]
    assert "c" in second


def test_a_review_is_not_gone_on_with_for_fewer_cases(folder: Path, reviewed: Path) -> None:
    before = stable_bytes(reviewed)
    with pytest.raises(UsageError, match="4 cases, such as `broken`, that are not among the 1 given"):
        review(find_cases(folder)[1:2], reviewed, model="none", resume=True, questions=["what is the heart rate?"])
    assert stable_bytes(reviewed) == before


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


def test_a_review_killed_at_any_point_ends_as_an_unbroken_one(folder: Path, reviewed: Path, tmp_path: Path) -> None:
    out = tmp_path / "broken"
    (tmp_path / "asked.txt").write_text("what is the heart rate?\n")
    command = [sys.executable, "-m", "calipers.agent.cli", "review", str(folder), "--out", str(out), "--resume"]
    command += ["--questions", str(tmp_path / "asked.txt"), "--model", "none"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and (not (out / "cases.jsonl").exists() or len(whole_lines(out)) < 2):
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    finished = [line["report"] for line in map(json.loads, whole_lines(out)) if line["report"]]
    before = {report: (out / str(report)).stat().st_mtime_ns for report in finished}
    with (out / "cases.jsonl").open("a") as journal:
        journal.write('{"case":"r2","path":"to')  # as a kill amid the write leaves it
    assert finished
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 6
    assert {report: (out / str(report)).stat().st_mtime_ns for report in finished} == before
    assert stable_bytes(out) == stable_bytes(reviewed)


@pytest.mark.skipif(not find_spec("ray"), reason='found no Ray; needed: pip install "calipers[ray]"')
def test_ray_on_this_machine_writes_the_same_bytes(folder: Path, reviewed: Path, tmp_path: Path) -> None:
    (tmp_path / "asked.txt").write_text("what is the heart rate?\n")
    command = [sys.executable, "-m", "calipers.agent.cli", "review", str(folder), "--out", str(tmp_path / "out")]
    command += ["--questions", str(tmp_path / "asked.txt"), "--model", "none", "--engine", "ray", "--workers", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 6, ended.stderr
    assert stable_bytes(tmp_path / "out") == stable_bytes(reviewed)


def test_without_ray_its_engine_says_what_is_needed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingPart, match=r"calipers\[ray\]"):
        review(find_cases(folder), tmp_path, model="none", engine="ray")


def test_priors_of_a_manifest_are_compared_with_and_told_apart(folder: Path, tmp_path: Path) -> None:
    rows = [
        {"path": str(folder / "r3.hea"), "patient": "p1", "priors": [str(folder / "r1.hea")]},
        {"path": str(folder / "r3.hea"), "patient": "p1"},
        {"path": str(folder / "r3.hea"), "patient": "p1", "case": "again"},
        {"path": str(folder / "r3.hea"), "patient": "p2", "case": "other"},
    ]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    review(find_cases(tmp_path / "m.jsonl"), tmp_path / "out", model="none")
    compared, alone, again, other = lines(tmp_path / "out")
    reports = [json.loads((tmp_path / "out" / line["report"]).read_text()) for line in (compared, alone)]
    assert [len(report["changes"]) for report in reports] == [1, 0]
    # The same recording with and without an earlier one are two cases; of another patient as well.
    assert [line["duplicate_of"] for line in (compared, alone, other)] == [None, None, None]
    assert again["duplicate_of"] == alone["case"]
