"""Cases survive restarts and versions, and take no more memory than they are given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calipers import Ecg
from calipers.agent.case_memory import CaseMemory, weight_bytes
from calipers.agent.case_store import CaseStore, case_key
from calipers.errors import UsageError


def test_a_stored_case_is_read_again_as_it_was(tmp_path: Path, demo_ecg: Ecg) -> None:
    put = CaseStore(tmp_path).put(demo_ecg)
    got = CaseStore(tmp_path).get(case_key(demo_ecg))
    assert got is not put
    assert dict(got.measurements) == dict(put.measurements)


def test_a_case_measured_by_another_version_is_measured_again(tmp_path: Path, demo_ecg: Ecg) -> None:
    key = case_key(demo_ecg)
    before = CaseStore(tmp_path).put(demo_ecg)
    facts = tmp_path / key / "case.json"
    facts.write_text(json.dumps(json.loads(facts.read_text()) | {"calipers": "0.0.1"}))
    assert CaseStore(tmp_path).get(key).measurements["pr"] == before.measurements["pr"]
    assert json.loads(facts.read_text())["calipers"] != "0.0.1"


def test_an_unknown_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needed one that was loaded before"):
        CaseStore(tmp_path).get("nothing")


def test_memory_lets_go_of_the_case_that_was_longest_unused(demo_ecg: Ecg) -> None:
    case = CaseStore(None).put(demo_ecg)
    memory = CaseMemory(most_bytes=2 * weight_bytes(case))
    for key in "abc":
        memory.keep(key, case)
        memory.get("a")
    assert memory.get("a") is case
    assert memory.get("b") is None
    assert memory.get("c") is case


def test_a_case_larger_than_the_memory_is_kept_while_it_is_used(demo_ecg: Ecg) -> None:
    case = CaseStore(None).put(demo_ecg)
    memory = CaseMemory(most_bytes=1)
    memory.keep("a", case)
    assert memory.get("a") is case


def test_without_a_folder_nothing_is_let_go(demo_ecg: Ecg) -> None:
    case = CaseStore(None).put(demo_ecg)
    memory = CaseMemory(None)
    for number in range(100):
        memory.keep(str(number), case)
    assert len(memory) == 100
