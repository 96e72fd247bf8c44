"""Planted faults are found on the very claim, and reports that nobody touched have none (DESIGN §8).

`CALIPERS_TEST_RECORDS` sets how many PTB-XL records are read; `python -m tests.agent.planted_faults` prints the table.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from calipers import Agent, verify
from tests.agent.planted_faults import Case, Remeasured, is_caught, planted_faults, spread_ecgs
from tests.independent_check import check

#: Reports to forge, and reports in all that are looked at for false alarms.
FORGED_REPORTS = 20
REPORTS = int(os.environ.get("CALIPERS_TEST_RECORDS", "100"))
#: Faults that only the ECG itself can show take a measurement each.
AGAINST_THE_ECG = 40


@pytest.fixture(scope="module")
def cases(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Real reports, the first of them spread over PTB-XL's labels."""
    agent = Agent("none", home=tmp_path_factory.mktemp("home"))
    chosen = spread_ecgs(data_dir, FORGED_REPORTS, REPORTS)
    return [Case(ecg_id, ecg, agent.interpret(ecg)) for ecg_id, ecg in chosen.items()]


def test_untouched_reports_have_no_fault(cases: list[Case]) -> None:
    assert {case.ecg_id: found for case in cases if (found := verify(case.report))} == {}


def test_untouched_reports_agree_with_their_ecg(cases: list[Case]) -> None:
    assert {case.ecg_id: found for case in cases[:6] if (found := verify(case.report, case.ecg))} == {}


def test_untouched_reports_pass_the_independent_check(cases: list[Case]) -> None:
    wrong = {
        case.ecg_id: found
        for case in cases
        if (found := check(json.loads(case.report.model_dump_json()), case.ecg.signal_mv, case.ecg.fs_hz))
    }
    assert wrong == {}


def test_nothing_is_withheld_where_code_drafts(cases: list[Case]) -> None:
    assert [item.reason for case in cases for item in case.report.withheld] == []


def test_planted_faults_are_found_on_the_very_claim(cases: list[Case]) -> None:
    reports = [case.report for case in cases[:FORGED_REPORTS]]
    planted: Counter[str] = Counter()
    missed: list[str] = []
    for fault in planted_faults(reports, seed=1, share=0.65):
        if fault.place != "forged":
            planted[fault.kind] += 1
            if not is_caught(fault, verify(fault.report)):
                missed.append(f"{fault.kind} {fault.place}: {fault.description}")
    assert planted.total() >= 1000
    assert min(planted[kind] for kind in ("number", "unit", "lead", "id", "patient")) >= 80
    assert len(missed) <= 0.01 * planted.total(), missed


def test_faults_forged_everywhere_are_found_against_the_ecg(cases: list[Case], monkeypatch: pytest.MonkeyPatch) -> None:
    ecgs = {case.report.record: case.ecg for case in cases}
    monkeypatch.setattr("calipers.tools.measure.measure", Remeasured())
    forged = [
        fault
        for fault in planted_faults([case.report for case in cases[:FORGED_REPORTS]], seed=2)
        if fault.place == "forged"
    ]
    missed = [
        fault.description
        for fault in forged[:AGAINST_THE_ECG]
        if not is_caught(fault, verify(fault.report, ecgs[fault.report.record]))
    ]
    assert len(forged) >= AGAINST_THE_ECG
    assert missed == []


def test_the_same_seed_plants_the_same_faults(cases: list[Case]) -> None:
    reports = [case.report for case in cases[:3]]
    first = [(fault.description, fault.report) for fault in planted_faults(reports, seed=3)]
    assert first == [(fault.description, fault.report) for fault in planted_faults(reports, seed=3)]
    assert first != [(fault.description, fault.report) for fault in planted_faults(reports, seed=4)]
