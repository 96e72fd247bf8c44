"""The second implementation: alone, right on known truth, and its comparison is no rubber stamp."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from calipers.evals.citations import second
from calipers.evals.citations.joint import confirm
from calipers.evals.citations.support import support
from calipers.evals.measurement.analytic import KNOWN_ECGS
from calipers.tools.measure import measure

TRUTH = KNOWN_ECGS[6]  # 70/min, PR 180 ms


@pytest.mark.parametrize("name", ["second", "support"])
def test_it_imports_nothing_of_calipers(name: str) -> None:
    tree = ast.parse(Path(second.__file__).with_name(f"{name}.py").read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert names
    assert not any(one.startswith("calipers") for one in names)


@pytest.fixture(scope="module")
def again() -> dict[str, float]:
    return second.measure_again(TRUTH.render(3).signal_mv, 500.0)


def test_it_measures_known_truth(again: dict[str, float]) -> None:
    assert again["hr"] == pytest.approx(TRUTH.hr, abs=1.0)
    assert again["pr"] == pytest.approx(TRUTH.pr_ms, abs=15.0)
    assert again["qrs"] == pytest.approx(TRUTH.qrs_ms, abs=35.0)
    assert again["qt"] == pytest.approx(TRUTH.qt_ms, abs=45.0), "openecg ends T late"
    assert again["V5.r_amp"] == pytest.approx(TRUTH.sizes("V5").r, abs=0.05)
    assert again["V2.s_amp"] == pytest.approx(TRUTH.sizes("V2").r, abs=0.06), "V2's main wave points down"
    assert again["V3.st_j"] == pytest.approx(0.0, abs=0.05)


def test_two_programs_agree_on_one_ecg_and_not_on_another(again: dict[str, float]) -> None:
    ecg = TRUTH.render(3)
    items = {item.id: item.model_dump() for item in measure(ecg).values() if item.beat is None}
    signal = np.asarray(ecg.signal_mv, dtype=np.float64)
    found = confirm(items, again, signal)
    assert len(found) > 80
    assert np.mean([one.inside for one in found]) >= 0.95
    other = KNOWN_ECGS[14].render(4)
    wrong = confirm(items, second.measure_again(other.signal_mv, 500.0), np.asarray(other.signal_mv, dtype=np.float64))
    assert np.mean([one.inside for one in wrong if one.family in ("intervals", "rates")]) < 0.8


def test_a_quarter_turn_is_not_inside_and_a_full_turn_is() -> None:
    items = {"qrs_axis": {"name": "qrs_axis", "lead": None, "value": 175.0, "uncertainty": 3.0}}
    signal = np.zeros((12, 10))
    assert confirm(items, {"qrs_axis": -179.0}, signal)[0].inside
    assert not confirm(items, {"qrs_axis": 85.0}, signal)[0].inside


def test_support_counts_what_criteria_look_at() -> None:
    claim = {
        "id": "a",
        "template": "PR {pr}.",
        "evidence": ["pr", "hr"],
        "criteria": ["av.long"],
        "polarity": "present",
    }
    report = {
        "measurements": [{"id": key} for key in ("pr", "hr", "p_per_qrs")],
        "evidence_table": [{"id": "crit:av.long", "result": "met", "measurements": ["pr", "p_per_qrs"]}],
        "claims": [claim],
    }
    found = support(report)
    assert (found.cited, found.cited_rightly) == (2, 1)
    assert (found.needed, found.needed_cited) == (2, 1)
    assert found.wrong == ("a: hr",)
    assert found.absent == ("a: p_per_qrs",)
