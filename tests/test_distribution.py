"""What is installed: only `calipers` is importable, its data files load, and its public names are what they were."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import calipers

ROOT = Path(__file__).parents[1]

PUBLIC = {
    "Agent", "Answer", "CalipersError", "Chain", "Changes", "Claim", "Ecg", "Event", "Evidence", "Fault", "ImplausibleUnits",
    "Ledger", "Measurement", "Measurements", "MissingPart", "ModelFailed", "Note", "Patient", "Report", "Source", "Span",
    "Statement", "Step", "Synthesis", "ToolFinding", "UnknownEvidence", "UnknownLead", "UnknownStatement", "UnreadableInput",
    "UsageError", "Veto", "classify", "compare", "explain", "measure", "read_ecg", "render", "verify",
}  # fmt: skip


def test_the_public_names_are_these_and_all_resolve() -> None:
    assert set(calipers.__all__) == PUBLIC
    for name in PUBLIC:
        assert getattr(calipers, name) is not None


def test_importing_calipers_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, time; t = time.perf_counter(); import calipers; "
        "print(time.perf_counter() - t, any(m in sys.modules for m in ('numpy', 'langchain', 'matplotlib')))"
    )
    seconds, heavy = min(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(3)
    )
    assert float(seconds) < 0.3
    assert heavy == "False"


@pytest.mark.slow
def test_a_wheel_in_an_empty_environment_brings_calipers_and_nothing_else(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True, env=os.environ | {"PIP_NO_INPUT": "1"})
    wheel = next(tmp_path.glob("calipers-*.whl"))
    home = tmp_path / "env"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", str(wheel)], check=True, capture_output=True
    )
    # The dependencies are borrowed from the environment of the tests; calipers itself is not.
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    probe = f"""
import importlib.util, sys
for name in ("agent", "tools", "models", "knowledge", "evals", "tests"):
    assert importlib.util.find_spec(name) is None, name
import calipers
assert calipers.__file__.startswith({str(home)!r}), calipers.__file__
sys.path.append({str(site)!r})
from calipers.agent.assist import system_prompt
from calipers.agent.verifier.wording import vocabulary
from calipers.knowledge import statements
from calipers.models.delineator import Delineator
import numpy as np
assert system_prompt() and vocabulary() and len(statements()) > 20
Delineator().probabilities(np.random.default_rng(0).normal(size=(12, 5000)).astype(np.float32))
print("whole")
"""
    done = subprocess.run([python, "-c", probe], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout.strip() == "whole", done.stderr
