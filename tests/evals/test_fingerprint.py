"""Fingerprints: what a figure rests on, and nothing else."""

from __future__ import annotations

from pathlib import Path

from calipers.evals.framework import Options, Outcome, Result, saved, write_outcome
from calipers.evals.framework.document import Document
from calipers.evals.framework.fingerprint import Fingerprint, _closure, _meaning, _name, fingerprint
from calipers.evals.framework.provenance import provenance


def test_a_task_rests_on_the_engine_and_not_on_the_surfaces() -> None:
    reached = {_name(path) for path in _closure("calipers.evals.triage")}
    assert "tools/measure/intervals.py" in reached
    assert "knowledge/evaluation.py" in reached
    assert not any(name.startswith(("agent/server/", "agent/cli/", "evals/framework/document")) for name in reached)


def test_lazy_imports_count() -> None:
    assert "models/delineator/__init__.py" in {_name(path) for path in _closure("calipers.evals.statements")}


def test_comments_docstrings_and_layout_change_no_hash(tmp_path: Path) -> None:
    one, other, changed = (tmp_path / f"{name}.py" for name in ("one", "other", "changed"))
    one.write_text('"""Says one thing."""\n\ndef f(x):\n    """Add."""\n    return x + 1\n')
    other.write_text('"""Says another."""\n# a comment\ndef f(x):\n\n    return (x + 1)\n')
    changed.write_text("def f(x):\n    return x + 2\n")
    assert _meaning(one) == _meaning(other) != _meaning(changed)


def test_what_changed_is_named() -> None:
    now = fingerprint("calipers.evals.triage")
    assert now.changed_since(now) == ()
    assert Fingerprint("other", now.tables, "other").changed_since(now) == ("code", "weights")


def test_a_saved_result_counts_while_code_and_options_stay(tmp_path: Path) -> None:
    options = Options(data=tmp_path, n=3, out=tmp_path)
    noted = provenance("calipers.evals.triage", options)
    outcome = Outcome(Result("triage", 3, {"raised": 1.0}, {}, provenance=noted), Document("Triage", "", ()))
    write_outcome(outcome, tmp_path)
    assert saved("triage", options) == outcome.result
    assert saved("triage", Options(data=tmp_path, n=4, out=tmp_path)) is None
    older = Outcome(Result("triage", 3, {"raised": 1.0}, {}, provenance={**noted, "weights": "0"}), outcome.report)
    write_outcome(older, tmp_path)
    assert saved("triage", options) is None
