"""The gate: chance passes, a real loss does not."""

from __future__ import annotations

from pathlib import Path

from calipers.evals.framework import Row
from calipers.evals.gate import BASELINE, read_baseline, regressions, write_baseline


def rows(hits: list[int], metric: str = "raised") -> list[Row]:
    return [Row(f"pattern {k}", f"case {k}", "none", {metric: (float(hit), 1.0)}) for k, hit in enumerate(hits)]


def test_the_same_figures_pass() -> None:
    assert regressions(rows([1, 0] * 20), rows([1, 0] * 20), 6.0, [5.0, 6.5]) == []


def test_one_lost_of_fifty_is_chance_and_ten_are_not() -> None:
    assert regressions(rows([1] * 50), rows([0] + [1] * 49), 6.0, [6.0]) == []
    (found,) = regressions(rows([1] * 50), rows([0] * 10 + [1] * 40), 6.0, [6.0])
    assert found.metric == "raised"
    assert "10 samples worse, such as pattern 0" in found.detail


def test_one_report_that_the_independent_check_refuses_is_enough() -> None:
    accepted = "reports_accepted"
    assert regressions(rows([1] * 3, accepted), rows([1, 0, 1], accepted), 6.0, [6.0])


def test_a_metric_that_is_gone_is_a_regression() -> None:
    (found,) = regressions(rows([1, 1]), rows([1, 1], "other"), 6.0, [6.0])
    assert found.detail == "no longer measured"


def test_speed_is_a_ratio_and_noise_is_allowed() -> None:
    assert regressions(rows([1]), rows([1]), 6.0, [4.0, 4.1, 3.9]) == []
    assert regressions(rows([1]), rows([1]), 6.0, [2.0, 2.1, 1.9])[0].metric == "speed_ratio_neurokit2"


def test_the_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_baseline(rows([1, 0]), [5.0, 6.0, 7.0], tmp_path / "b.json")
    assert [(row.id, dict(row.tallies)) for row in read_baseline(tmp_path / "b.json")[0]] == [
        (row.id, dict(row.tallies)) for row in rows([1, 0])
    ]
    assert read_baseline(tmp_path / "b.json")[1] == 6.0


def test_a_baseline_is_committed() -> None:
    samples, ratio = read_baseline(BASELINE)
    assert len(samples) > 100
    assert ratio > 1.0
