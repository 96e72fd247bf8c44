"""GEM's criteria by code, and by a judge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from calipers.agent.choice import Choice
from calipers.errors import MissingPart, UsageError
from calipers.evals.citations.joint import Confirmed
from calipers.evals.framework import Options
from calipers.evals.grounding import GroundingTask, judge
from calipers.evals.grounding.criteria import criteria
from calipers.evals.grounding.published import SCORES
from calipers.evals.grounding.reading import Point, Reading
from tests.evals.small_data import write_ptbxl

VALUES = {key: {"name": key.rpartition(".")[2], "value": 1.0} for key in ("pr", "hr", "V1.r_amp", "V2.r_amp")}
GOOD = Point("First-degree AV block: PR 240 ms.", frozenset(("1AVB",)), True, ("pr",), True)
GUESS = Point("The model suggests LVH.", frozenset(("LVH",)), True, (), True, suggested=True)
LEADS = Point("No RBBB.", frozenset(("CRBBB",)), False, ("V1.r_amp", "V2.r_amp"), True)
READING = Reading("…", (GOOD, GUESS, LEADS), VALUES, quality=True, conclusion=True)


def seen(key: str, inside: bool = True) -> Confirmed:
    return Confirmed(key, "intervals", 1.0, 1.0 if inside else 9.0, 0.5)


def test_a_label_counts_two_with_evidence_and_one_when_suggested() -> None:
    found = criteria(READING, frozenset(("1AVB", "LVH", "AFIB")), [seen("pr")])
    assert found["diagnosis_accuracy"] == (3.0, 6.0)


def test_leads_are_covered_by_values_and_right_when_confirmed() -> None:
    found = criteria(READING, frozenset(("1AVB",)), [seen("V1.r_amp"), seen("V2.r_amp", inside=False)])
    assert found["lead_coverage"] == (2.0, 12.0)
    assert found["lead_accuracy"] == (2.0, 24.0)


def test_a_contradicted_value_supports_nothing() -> None:
    right, wrong = (criteria(READING, frozenset(("1AVB",)), [seen("pr", inside=inside)]) for inside in (True, False))
    assert (right["analysis_relevance"][0], wrong["analysis_relevance"][0]) == (1.0, 0.0)
    assert right["analysis_completeness"][0] == wrong["analysis_completeness"][0] + 1.0
    assert right["evidence_based_reasoning"] == (2.0, 2.0)
    assert wrong["evidence_based_reasoning"] == (1.0, 2.0)


def test_nothing_said_scores_nothing() -> None:
    found = criteria(Reading("", (), {}), frozenset(("1AVB",)), [])
    assert all(hits == 0.0 for hits, _ in found.values())
    assert set(found) == set(SCORES)


def test_a_judges_answer_is_read_and_nonsense_is_left_out() -> None:
    answer = {
        "DiagnosisAccuracy": [{"Score": 2, "Explanation": "x"}, {"Score": 0, "Explanation": "y"}],
        "LeadAssessmentCoverage": [{"Score": 1}] * 6,
        "ECGFeatureGrounding": [{"Score": 170}],
        "EvidenceBasedReasoning": "high",
    }
    assert judge.scores_of(f"Here you are:\n```json\n{json.dumps(answer)}\n```") == {
        "judge_diagnosis_accuracy": (2.0, 4.0),
        "judge_lead_coverage": (6.0, 12.0),
    }
    assert judge.scores_of("I would rather not.") == {}


def test_a_judge_that_cannot_be_asked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingPart, match="judge"):
        judge.require_judge("none")
    remote = Choice("far", "asked for", FakeListChatModel(responses=["{}"]), remote=True)
    monkeypatch.setattr(judge, "choose", lambda _name: remote)
    with pytest.raises(UsageError, match="ALLOW_REMOTE"):
        judge.require_judge("far")


def test_a_whole_run_with_a_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = json.dumps({"DiagnosisAccuracy": [{"Score": 1}], "LeadAssessmentCoverage": [{"Score": 1}] * 12})
    here = Choice("here", "asked for", FakeListChatModel(responses=[answer]))
    monkeypatch.setattr(judge, "choose", lambda _name: here)
    write_ptbxl(tmp_path / "ptbxl")
    options = Options(data=tmp_path, workers=1, show_progress=False, model="none", judge="here")
    judge._chat.cache_clear()
    outcome = GroundingTask().run(options)
    found = outcome.result.metrics
    assert found["lead_coverage"] > 0.9
    assert found["judge_diagnosis_accuracy"] == 0.5
    control = outcome.result.groups["reader control: another's report"]
    assert control["evidence_based_reasoning"] < found["evidence_based_reasoning"]
    assert {"reader openecg", "reader neurokit2"} <= set(outcome.result.groups)
