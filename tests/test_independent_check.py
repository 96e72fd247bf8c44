"""The independent check: passes what the program wrote, fails what was doctored, and knows nothing of the program."""

from __future__ import annotations

import ast
import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calipers import Agent, Ecg
from tests import independent_check
from tests.independent_check import check

Doctored = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def report(demo_ecg: Ecg, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    written = Agent("none", home=tmp_path_factory.mktemp("home")).interpret(demo_ecg)
    loaded: dict[str, Any] = json.loads(written.model_dump_json())
    return loaded


def claim(report: dict[str, Any], key: str) -> dict[str, Any]:
    return next(item for item in report["claims"] if item["id"] == key)


def measured(report: dict[str, Any], key: str) -> dict[str, Any]:
    return next(item for item in report["measurements"] if item["id"] == key)


def a_denial(report: dict[str, Any]) -> dict[str, Any]:
    return next(item for item in report["claims"] if item["polarity"] == "absent")


def everywhere(key: str, value: float) -> Doctored:
    """A value changed in the table and in every text that prints it."""

    def doctor(report: dict[str, Any]) -> None:
        measured(report, key)["value"] = value
        items = {item["id"]: item for item in (*report["measurements"], *report["evidence_table"])}
        for item in report["claims"]:
            item["text"] = independent_check.SLOT.sub(
                lambda match: independent_check.printed(items[match[1]]), item["template"]
            )

    return doctor


DOCTORED: dict[str, Doctored] = {
    "schema": lambda r: r.update(schema="calipers.report/2"),
    "a field less": lambda r: r.pop("urgency"),
    "a field of another type": lambda r: r["claims"][0].update(evidence="pr"),
    "urgency of no table": lambda r: r.update(urgency="mild"),
    "urgency of an assessable record": lambda r: r.update(urgency="not_assessable"),
    "impression": lambda r: r.update(impression="Atrial fibrillation."),
    "impression left out": lambda r: r.update(impression="No statement reached its criteria."),
    "claim id twice": lambda r: r["claims"].append(copy.deepcopy(r["claims"][0])),
    "measurement twice": lambda r: r["measurements"].append(copy.deepcopy(measured(r, "pr"))),
    "id of other fields": lambda r: measured(r, "V3.st_j").update(lead="V4"),
    "unknown lead": lambda r: measured(r, "V3.st_j").update(lead="V9", id="V9.st_j"),
    "unit": lambda r: measured(r, "pr").update(unit="s"),
    "another record's item": lambda r: measured(r, "hr").update(record="0" * 16),
    "another record's criterion": lambda r: r["evidence_table"][0].update(record="0" * 16),
    "criterion without its prefix": lambda r: r["evidence_table"][0].update(id="lvh.cornell"),
    "measured without a value": lambda r: measured(r, "qt").update(value=None),
    "missing without a reason": lambda r: measured(r, "qt").update(value=None, status="not_measurable"),
    "value of a missing one": lambda r: measured(r, "qt").update(status="not_measurable", reason="none"),
    "words as a value": lambda r: measured(r, "qt").update(value="long"),
    "span turned round": lambda r: measured(r, "qt").update(spans=[[None, 3.0, 2.0]]),
    "span after the end": lambda r: measured(r, "qt").update(spans=[[None, 3.0, 3000.0]]),
    "span of another length": lambda r: measured(r, "pr").update(spans=[[None, 3.0, 3.9]]),
    "span in another lead": lambda r: measured(r, "V3.st_j").update(spans=[["V4", 1.0, 1.1]]),
    "negative uncertainty": lambda r: measured(r, "pr").update(uncertainty=-1.0),
    "digit in the text": lambda r: claim(r, "rate").update(text="Ventricular rate 99/min."),
    "unit in the text": lambda r: claim(r, "rate").update(text=claim(r, "rate")["text"].replace("/min", " bpm")),
    "literal in the template": lambda r: claim(r, "rate").update(template=claim(r, "rate")["text"]),
    "number beside the slot": lambda r: claim(r, "rate").update(
        template="Ventricular rate {hr}, 3 beats.", text=claim(r, "rate")["text"].replace(".", ", 3 beats.")
    ),
    "slot that is not cited": lambda r: claim(r, "rate").update(evidence=["qt"]),
    "unknown evidence": lambda r: claim(r, "rate")["evidence"].append("pulse"),
    "no evidence": lambda r: claim(r, "rate").update(evidence=[]),
    "unknown criterion": lambda r: a_denial(r)["criteria"].append("lvh.guess"),
    "certainty": lambda r: claim(r, "rate").update(certainty="sure"),
    "denial without a statement": lambda r: claim(r, "rate").update(polarity="absent"),
    "denial on nothing measured": lambda r: measured(r, a_denial(r)["evidence"][0]).update(
        value=None, status="not_measurable", reason="noise", uncertainty=None
    ),
    "disagreement of one": lambda r: r["disagreements"].append(
        {"about": "pr", "sides": [{"who": "Calipers", "text": "PR interval", "evidence": ["pr"]}]}
    ),
    "disagreement with a number": lambda r: r["disagreements"].append(
        {
            "about": "pr",
            "sides": [
                {"who": "Calipers", "text": "PR interval 999 ms", "evidence": ["pr"]},
                {"who": "recorder", "text": "PR interval", "evidence": ["pr"]},
            ],
        }
    ),
    "answer with a number": lambda r: r.update(answer="The PR is 999 ms."),
    "rate everywhere": everywhere("hr", 95.0),
    "R wave everywhere": everywhere("V5.r_amp", 4.5),
    "ST level everywhere": everywhere("V2.st_j", 1.2),
    "PR everywhere": everywhere("pr", 290.0),
}


def test_what_the_program_wrote_passes(report: dict[str, Any], demo_ecg: Ecg) -> None:
    assert check(report, demo_ecg.signal_mv, demo_ecg.fs_hz) == []


@pytest.mark.parametrize("name", DOCTORED)
def test_what_was_doctored_fails(name: str, report: dict[str, Any], demo_ecg: Ecg) -> None:
    doctored = copy.deepcopy(report)
    DOCTORED[name](doctored)
    assert check(doctored, demo_ecg.signal_mv, demo_ecg.fs_hz)


def test_another_signal_does_not_vouch_for_a_report(report: dict[str, Any], demo_ecg: Ecg) -> None:
    faster = demo_ecg.signal_mv[:, ::2]
    assert check(report, faster, demo_ecg.fs_hz)
    assert check(report, 3.0 * demo_ecg.signal_mv, demo_ecg.fs_hz)
    assert check(report, demo_ecg.signal_mv[::-1], demo_ecg.fs_hz)


def test_an_unreadable_record_passes(tmp_path: Path) -> None:
    flat = Ecg.from_array(np.zeros((12, 5000)), 500, independent_check.LEADS)
    written = Agent("none", home=tmp_path).interpret(flat)
    assert check(json.loads(written.model_dump_json()), flat.signal_mv, flat.fs_hz) == []


def test_the_command_says_what_is_wrong(report: dict[str, Any], demo_ecg: Ecg, tmp_path: Path) -> None:
    np.savez(tmp_path / "signal.npz", signal_mv=demo_ecg.signal_mv, fs_hz=demo_ecg.fs_hz)
    wrong = copy.deepcopy(report)
    DOCTORED["digit in the text"](wrong)
    for content, code in ((report, 0), (wrong, 1)):
        (tmp_path / "report.json").write_text(json.dumps(content), encoding="utf-8")
        command = [sys.executable, independent_check.__file__, "report.json", "signal.npz"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert bool(done.stdout) == bool(code)


def test_it_imports_nothing_but_numpy_and_the_standard_library() -> None:
    tree = ast.parse(Path(independent_check.__file__).read_text(encoding="utf-8"))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= {*sys.stdlib_module_names, "numpy"}
