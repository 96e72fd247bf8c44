"""Two runs against each other: paired by sample where both kept them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from calipers.agent.cli.app import app
from calipers.errors import UsageError
from calipers.evals.framework import Outcome, Result, Row, Section, write_outcome
from calipers.evals.framework.comparison import as_json, compare, report
from calipers.evals.framework.document import Document, to_markdown
from calipers.evals.framework.journal import Journal
from calipers.evals.framework.tallies import by_group, paired_difference, paired_ratio, score


def rows(right: list[int], reader: str = "none") -> list[Row]:
    return [
        Row(str(k), f"patient {k}", reader, {"right": (float(hit), 1.0)}, ("even",) if k % 2 == 0 else ())
        for k, hit in enumerate(right)
    ]


def kept(number: int) -> list[Row]:
    raise NotImplementedError(number)


def save(folder: Path, right: list[int]) -> Path:
    result = Result.of("some", len(right), score(rows(right)), {}, 1.0)
    write_outcome(Outcome(result, Document("Some", "", (Section("A", ()),))), folder)
    samples = ([row] for row in rows(right))
    list(Journal(folder / "samples" / "some" / "all.jsonl", {"total": len(right)}, kept).follow(samples, 0))
    return folder


def test_a_metric_is_a_sum_over_a_sum() -> None:
    found = score([Row("1", "a", "none", {"x": (1.0, 4.0)}), Row("2", "b", "none", {"x": (3.0, 4.0), "y": (6.0, 2.0)})])
    assert found["x"] is not None
    assert found["x"].value == pytest.approx(0.5)
    assert found["y"] is not None
    assert found["y"].value == pytest.approx(3.0), "a rate may exceed one"


def test_groups_are_parts_of_the_rows() -> None:
    assert [row.id for row in by_group(rows([1, 0, 1, 0]))["even"]] == ["0", "2"]


def test_the_same_change_tells_more_when_paired() -> None:
    before, after = [1, 0] * 40, [1, 0] * 36 + [1, 1] * 4
    paired = paired_difference(rows(before), rows(after), "right")
    assert paired is not None
    assert paired.value == pytest.approx(0.05)
    assert paired.low > 0.0, "four gains and no loss"


def test_a_ratio_has_an_interval_of_its_own() -> None:
    found = paired_ratio(rows([1, 0] * 40), rows([1, 0] * 36 + [1, 1] * 4), "right")
    assert found is not None
    assert found.value == pytest.approx(1.1)
    assert 1.0 < found.low < 1.1 < found.high
    assert paired_ratio(rows([0, 0]), rows([1, 0]), "right") is None, "of nothing there is no multiple"


def test_nothing_changed_is_an_interval_of_nothing() -> None:
    found = paired_difference(rows([1, 0, 1]), rows([1, 0, 1]), "right")
    assert found is not None
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_runs_are_paired_by_their_samples(tmp_path: Path) -> None:
    one, other = save(tmp_path / "a", [1, 0] * 40), save(tmp_path / "b", [1, 0] * 36 + [1, 1] * 4)
    (difference,) = compare(one, other)
    assert difference.paired == 80
    assert difference.telling
    assert "+0.050" in to_markdown(report([difference], ("a", "b")))
    document = json.loads(as_json([difference], ("a", "b")))
    assert document["differences"][0]["telling"] is True
    assert document["differences"][0]["ratio"] == pytest.approx(1.1)


def test_without_samples_the_intervals_decide(tmp_path: Path) -> None:
    one, other = save(tmp_path / "a", [1, 0] * 40), save(tmp_path / "b", [1, 0] * 36 + [1, 1] * 4)
    (one / "samples" / "some" / "all.jsonl").unlink()
    (difference,) = compare(one, other)
    assert difference.paired == 0
    assert not difference.telling
    assert difference.ratio is not None
    assert difference.ratio.low < 1.0 < difference.ratio.high


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(UsageError, match=r"calipers\.eval/1"):
        compare(tmp_path, tmp_path)


def test_the_command_compares_two_folders(tmp_path: Path) -> None:
    one, other = save(tmp_path / "a", [1, 0] * 40), save(tmp_path / "b", [1, 0] * 36 + [1, 1] * 4)
    done = CliRunner().invoke(
        app, ["eval", "--compare", str(one), str(other), "--format", "json", "--out", str(tmp_path / "c")]
    )
    assert done.exit_code == 0
    assert json.loads(done.stdout)["differences"][0]["paired"] == 80
    assert (tmp_path / "c" / "comparison.html").is_file()
