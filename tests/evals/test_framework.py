"""What leaves the framework: JSON, Markdown, HTML, errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calipers.errors import MissingPart, UsageError
from calipers.evals import Options, data_folder, results_json, run, task_names
from calipers.evals.framework import (
    Document,
    Estimate,
    Figure,
    Outcome,
    Result,
    Section,
    Table,
    each,
    find,
    part,
    write_outcome,
)

PNG = b"\x89PNG\r\n\x1a\n"
REPORT = Document(
    "A report",
    "of one thing",
    (
        Section(
            "Numbers < 1",
            ("A paragraph.", Table(("a|b", "n"), (("x & y", "1"),), "Caption"), Figure("dots", "Some dots", PNG)),
        ),
    ),
)


def result() -> Result:
    scores = {"good": Estimate(0.5, 0.4, 0.6, 10), "alone": Estimate.alone(3.0, 1), "unknown": None}
    return Result.of("some", 10, scores, {"peer": {"n": 10, "good": 0.25, "never": float("nan")}}, 1.26)


def test_the_document_is_the_contracts() -> None:
    document = json.loads(results_json([result()]))
    assert document == {
        "schema": "calipers.eval/1",
        "tasks": [
            {
                "task": "some",
                "n": 10,
                "metrics": {"good": 0.5, "alone": 3.0},
                "ci95": {"good": [0.4, 0.6]},
                "groups": {"peer": {"n": 10, "good": 0.25}},
                "seconds": 1.3,
                "counts": {"good": 10, "alone": 1},
            }
        ],
    }


def test_the_text_names_every_metric() -> None:
    text = result().as_text()
    assert "good" in text
    assert "[0.4, 0.6]" in text


def test_the_page_needs_no_other_file_and_markdown_names_its_figures(tmp_path: Path) -> None:
    written = {path.suffix: path.read_text() for path in write_outcome(Outcome(result(), REPORT), tmp_path)}
    assert set(written) == {".md", ".html", ".json"}
    assert "![Some dots](dots.png)" in written[".md"]
    assert "| x & y | 1 |" in written[".md"]
    assert "a\\|b" in written[".md"]
    assert (tmp_path / "dots.png").read_bytes() == PNG
    assert "data:image/png;base64,iVBOR" in written[".html"]
    assert "Numbers &lt; 1" in written[".html"]
    assert 'src="dots.png"' not in written[".html"]
    assert json.loads(written[".json"])["schema"] == "calipers.eval/1"


def test_no_data_is_one_line_and_exit_code_5(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALIPERS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(MissingPart, match="CALIPERS_DATA") as refused:
        data_folder()
    assert refused.value.exit_code == 5
    assert "\n" not in str(refused.value)
    with pytest.raises(MissingPart, match="ludb"):
        part(tmp_path, "ludb")


def test_a_data_set_that_is_missing_stops_the_task_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(MissingPart, match="ludb"):
        run(["measurement"], Options(data=tmp_path, n=1, workers=1))


def test_an_unknown_task_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="measurement"):
        run(["measurements"], Options(data=tmp_path))
    assert "measurement" in task_names()


def test_every_task_is_there_under_its_own_name() -> None:
    assert [find(name).name for name in task_names()] == list(task_names())


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_jobs(workers: int, tmp_path: Path) -> None:
    jobs = [-3, 2, -1, 0, 5, -8, 7, 1, 1, -9, 4]
    assert each(abs, iter(jobs), len(jobs), "counting", Options(data=tmp_path, workers=workers)) == [
        abs(j) for j in jobs
    ]
