"""README's table: cut from saved results, and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calipers.errors import UsageError
from calipers.evals.framework import Result, results_json, task_names
from calipers.evals.results import Row, SavedResults, cut_readme, fill, rows, stale, take
from calipers.evals.results.page import page
from calipers.evals.results.table import END, START

RESULT = Result(
    "triage", 1206, {"raised": 0.9944, "bias": -2.66}, {"raised": (0.98, 0.999)}, {"reader a: b's": {"raised": 0.5}}, 9.0,
    {"asked": {"split": "validation", "model": "embedded", "seed": 1}, "code": "x", "tables": "y", "weights": "z"},
)  # fmt: skip
SAVED = {"triage.validation": RESULT}


def test_figures_come_from_results() -> None:
    assert fill("{triage.validation:raised|pct1} {triage.validation:raised|pctci1}", SAVED) == "99.4 % [98.0, 99.9]"
    assert fill("{triage.validation:bias|signed1} of {triage.validation:n|num0}", SAVED) == "−2.7 of 1,206"
    assert fill("{triage.validation:reader a: b's/raised|num2}", SAVED) == "0.50"


def test_what_was_not_run_says_so() -> None:
    assert fill("{measurement:qrs|pct1}", SAVED) == "not run"


@pytest.mark.parametrize("slot", ["{triage.validation:raisd|pct1}", "{triage.validation:raised|percent}"])
def test_a_wrong_slot_is_refused(slot: str) -> None:
    with pytest.raises(UsageError):
        fill(slot, SAVED)


def test_every_row_is_whole_and_its_tasks_exist() -> None:
    for row in rows():
        assert row.what
        assert row.command
        named = {part.split(":")[0].split(".")[0] for part in row.figure.split("{")[1:]}
        assert named <= set(task_names()), row.what


def test_the_readme_changes_between_its_marks_only(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    row = Row("raised", "{triage.validation:raised|pct1}", "`calipers eval triage`")
    assert cut_readme(readme, SAVED, [row])
    text = readme.read_text()
    assert "| raised | 99.4 % | `calipers eval triage` |" in text
    assert "old" not in text
    assert (text.startswith("before\n"), text.endswith("after\n")) == (True, True)
    assert not cut_readme(readme, SAVED, [row, Row("absent", "{speed:warm|num2}", "`calipers eval speed`")])
    readme.write_text("no marks")
    with pytest.raises(UsageError, match="marks"):
        cut_readme(readme, SAVED, [row])


def test_runs_are_saved_under_task_split_and_model(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "triage.json").write_text(results_json([RESULT]))
    (path,) = take(tmp_path / "run", tmp_path / "saved")
    assert path.name == "triage.validation.embedded.json"
    results = SavedResults(tmp_path / "saved")
    assert list(results) == ["triage.validation.embedded"]
    assert results["triage.validation.embedded"].provenance == json.loads(path.read_text())["tasks"][0]["provenance"]
    assert stale(results) == {"triage.validation.embedded": ("code", "tables", "weights")}
    assert "`--model embedded`" in page(results, [])
