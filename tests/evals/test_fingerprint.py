"""Fingerprints: what a figure rests on, and nothing else."""

from __future__ import annotations

from pathlib import Path

from calipers.evals.framework import Options, Outcome, Result, each, saved, write_outcome
from calipers.evals.framework.document import Document
from calipers.evals.framework.fingerprint import (
    Fingerprint,
    _closure,
    _meaning,
    _name,
    changed_files,
    fingerprint,
    rested_on,
)
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


def test_a_result_rests_on_the_modules_that_were_imported_and_their_data() -> None:
    files = rested_on(["calipers.evals.triage.task", "calipers.knowledge.triage", "calipers.agent.cli.app"], {})
    assert {"evals/triage/task.py", "knowledge/triage.py", "knowledge/criteria/urgency.yaml"} <= set(files)
    assert not any(name.startswith(("agent/", "models/", "tools/")) for name in files)
    assert changed_files(files) == ()


def test_a_result_goes_stale_with_a_file_it_rests_on_and_says_which() -> None:
    files = {**rested_on(["calipers.evals.triage.task"], {}), "evals/triage/gone.py": "000000000000"}
    assert changed_files({**files, "evals/triage/task.py": "other"}) == ("evals/triage/gone.py", "evals/triage/task.py")
    earlier = rested_on(["calipers.evals.triage.task"], {"evals/triage/task.py": "before"})
    assert earlier["evals/triage/task.py"] == "before", "edited while the run went on"


def test_the_language_models_weights_belong_to_who_reads_them() -> None:
    without = rested_on(["calipers.models.onnx_session"], {})
    assert not any(name.startswith("models/weights/") for name in without)
    withs = rested_on(["calipers.models.onnx_session", "calipers.models.mllm.language.lora"], {})
    assert "models/weights/language_adapter.safetensors" in withs


def test_workers_tell_what_they_imported(tmp_path: Path) -> None:
    options = Options(data=tmp_path, workers=2, show_progress=False)
    assert each(_lazily, range(4), 4, "lazy", options) == [0, 1, 2, 3]
    assert "calipers.knowledge.guidelines" in options.modules


def _lazily(number: int) -> int:
    import calipers.knowledge.guidelines

    return number if calipers.knowledge.guidelines else -1


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
