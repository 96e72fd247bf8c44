"""Triage figures: what counts as raised, and a whole run on few simulated ECGs."""

from __future__ import annotations

from pathlib import Path

import pytest

from calipers.evals.framework import Options
from calipers.evals.triage import TriageTask, simulated, task
from calipers.evals.triage.patterns import PATTERNS, Pattern
from calipers.evals.triage.simulated import Raised, shares
from calipers.knowledge import level_of
from calipers.models.simulator import simulate

from .small_data import write_ptbxl


def test_every_critical_pattern_is_simulated_by_name_once() -> None:
    names = [pattern.name for pattern in PATTERNS]
    assert len(set(names)) == len(names)
    assert sum(pattern.expected == "critical" for pattern in PATTERNS) >= 20


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_a_pattern_expects_a_statement_that_raises_it(pattern: Pattern) -> None:
    levels = {level_of(key) for key in pattern.statements}
    assert pattern.expected in levels or "critical" in levels


def test_the_simulated_patterns_are_there_by_the_simulators_own_truth() -> None:
    truth = simulate(next(p for p in PATTERNS if p.name == "rate_below_40").specification, 3).truth
    assert truth["hr"] < 40


def test_what_is_not_assessable_counts_as_raised_and_is_counted_apart() -> None:
    items = [
        Raised("x", 1, "critical", True, True, ("a",)),
        Raised("x", 2, "not_assessable", True, False, ("b",)),
        Raised("x", 3, "urgent", False, True, ("c",)),
        Raised("x", 4, "routine", False, False, ()),
    ]
    found = {name: estimate.value for name, estimate in shares(items).items() if estimate}
    assert found == pytest.approx({"raised": 0.5, "named": 0.5, "not_assessable": 0.25})


def test_a_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple(pattern for pattern in PATTERNS if pattern.name in ("stemi_inferior_rca", "rate_below_40", "wellens_a"))
    monkeypatch.setattr(task, "PATTERNS", few)
    monkeypatch.setattr(simulated, "PATTERNS", few)
    write_ptbxl(tmp_path / "ptbxl")
    outcome = TriageTask().run(Options(data=tmp_path, n=2, workers=1, show_progress=False))
    assert outcome.result.metrics["critical_raised"] == 1.0
    assert outcome.result.metrics["false_critical"] == 0.0
    assert outcome.result.groups["stemi_inferior_rca"]["n"] == 2
