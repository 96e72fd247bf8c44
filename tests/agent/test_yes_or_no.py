"""Closed questions through the agent: a side is given where it is forced or a verdict is open, and checked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calipers import Agent, Ecg, verify
from calipers.agent.case import Case
from calipers.agent.sentences import SENTENCES, SentenceKey
from calipers.agent.yes_or_no import leaning
from calipers.evals.measurement.analytic import KNOWN_ECGS
from calipers.knowledge import Verdicts
from calipers.leads import LEADS
from calipers.tools.measure import examine


@pytest.fixture(scope="module")
def case() -> Case:
    ecg = KNOWN_ECGS[0].render()
    return Case(ecg, examine(ecg))


@pytest.mark.parametrize(
    ("question", "side"),
    [
        ("Yes or no: is the PR interval above the normal range?", "leans_no"),
        ("Does the PR interval fall within the normal range, yes or no?", "leans_yes"),
        ("Yes or no, does it show left axis deviation?", "leans_no"),
    ],
)
def test_a_forced_answer_takes_the_side_of_the_evidence(case: Case, question: str, side: SentenceKey) -> None:
    assert leaning(question, case, ()) == side


@pytest.mark.parametrize(
    "question",
    [
        "Is the PR interval above the normal range?",
        "yes or no: is there no LBBB?",
        "yes or no: is the PR over 200 ms?",
        "yes or no: AF or flutter?",
        "yes or no: should we give amiodarone?",
        "yes or no: has the LBBB changed since the last ECG?",
        "What is the PR interval?",
    ],
)
def test_no_side_is_given_unforced_nor_where_yes_and_no_would_mislead(case: Case, question: str) -> None:
    assert leaning(question, case, ()) is None


def test_an_open_verdict_is_told_with_its_side(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    undecided = replace(case.verdicts["lbbb"], result="indeterminate", leans=False)
    opened = Case(case.ecg, case.examination)
    verdicts = Verdicts({**case.verdicts, "lbbb": undecided}, {}, frozenset())
    monkeypatch.setitem(opened.__dict__, "verdicts", verdicts)
    assert leaning("Is there LBBB?", opened, ()) == "leans_no"


def test_a_released_finding_needs_no_side(demo_ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        answer = agent.ask("t", "Is there LBBB, yes or no?", ecg=demo_ecg)
    assert answer.claims
    assert "must be yes or no" not in answer.text


def test_the_other_side_is_found_when_the_ecg_is_looked_at_again(demo_ecg: Ecg, tmp_path: Path) -> None:
    with Agent("none", home=tmp_path) as agent:
        report = agent.ask("t", "Yes or no: is the PR interval above the normal range?", ecg=demo_ecg).report
    assert report is not None
    assert report.answer is not None
    assert SENTENCES["leans_no"] in report.answer
    assert verify(report, demo_ecg) == []
    turned = report.model_copy(update={"answer": report.answer.replace(SENTENCES["leans_no"], SENTENCES["leans_yes"])})
    assert [fault.kind for fault in verify(turned, demo_ecg)] == ["report"]


def test_intervals_that_turned_are_told_with_both_values(demo_ecg: Ecg, tmp_path: Path) -> None:
    slow = replace(demo_ecg, recorded_at=datetime(2024, 3, 1, tzinfo=UTC))
    fast = Ecg.from_array(demo_ecg.signal_mv, demo_ecg.fs_hz * 1.8, LEADS)
    now = replace(fast, recorded_at=datetime(2024, 6, 1, tzinfo=UTC), patient=slow.patient)
    with Agent("none", home=tmp_path) as agent:
        turned = agent.ask(
            "t",
            "Which numeric features of this ECG are abnormal now, compared with the first ECG?",
            ecg=now,
            priors=[slow],
        )
        still = agent.ask("t", "Which numeric features are still abnormal compared with the first ECG?")
    assert any(claim.id == "change_rr_mean" for claim in turned.claims)
    assert still.text == SENTENCES["none_turned"]
