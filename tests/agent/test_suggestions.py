"""The model suggests and never asserts: where criteria are silent, beside them where they differ, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from calipers import Claim, Ecg, Report, verify
from calipers.agent import probabilities
from calipers.agent.suggestions import asked_claims, suggested_claims, suggestions
from calipers.evidence import ModelProbability
from calipers.report import Demographics
from tests.agent.textbook import probability, textbook_case, textbook_ecg, textbook_report

#: A PR that is long, so that the textbook's ECG is not normal and only the model speaks of ST-T changes.
LONG_PR = {"pr": 240.0}


@pytest.fixture(autouse=True)
def thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One half for every statement, whatever the weights at hand were fitted to."""
    monkeypatch.setattr(probabilities, "_thresholds", dict)


def suggested(report: Report) -> list[Claim]:
    return [claim for claim in report.claims if any(key.startswith("model:") for key in claim.evidence)]


def against(report: Report) -> list[str]:
    return [one.about for one in report.disagreements if {side.who for side in one.sides} == {"criteria", "model"}]


# What is said.


def test_a_statement_without_criteria_is_suggested_with_its_probability() -> None:
    report = textbook_report(LONG_PR, probabilities={"NST_": 0.83})
    (claim,) = suggested(report)
    assert claim.text == "The model suggests nonspecific ST change, probability 83 %."
    assert (claim.certainty, claim.polarity, claim.evidence) == ("possible", "present", ("model:NST_",))
    assert verify(report) == []


def test_below_its_threshold_nothing_is_suggested() -> None:
    report = textbook_report(LONG_PR, probabilities={"NST_": 0.49, "AFIB": 0.4})
    assert not suggested(report)
    assert not against(report)


def test_what_the_criteria_do_not_show_is_a_disagreement_and_no_claim() -> None:
    report = textbook_report(probabilities={"AFIB": 0.91})
    assert not suggested(report)
    assert against(report) == ["atrial_fibrillation"]
    sides = {side.who: side for side in report.disagreements[0].sides}
    assert sides["criteria"].text == "criteria for atrial fibrillation are not met"
    assert sides["criteria"].evidence
    assert sides["model"].text == "atrial fibrillation, probability 91 %"
    assert "ibrillation" not in report.impression
    assert verify(report) == []


def test_on_a_normal_ecg_a_suggestion_is_a_disagreement_too() -> None:
    report = textbook_report(probabilities={"NST_": 0.8})
    assert "Normal ECG" in report.impression
    assert not suggested(report)
    assert against(report) == ["nonspecific_st_change"]
    assert verify(report) == []


def test_what_the_criteria_assert_is_not_suggested_again() -> None:
    report = textbook_report(LONG_PR, probabilities={"1AVB": 0.9, "LPR": 0.8})
    assert not suggested(report)
    assert not against(report)


@pytest.mark.parametrize("code", ["NORM", "SR", "SARRH"])
def test_the_model_never_reassures(code: str) -> None:
    report = textbook_report(LONG_PR, probabilities={code: 0.99})
    assert not suggested(report)
    assert not against(report)


def test_a_child_is_not_judged_by_a_network_of_adults() -> None:
    case = textbook_case(LONG_PR, probabilities={"NST_": 0.9, "LVH": 0.9})
    assert suggestions(case.verdicts, case.probabilities, Demographics(age=40.0))
    assert not suggestions(case.verdicts, case.probabilities, Demographics(age=9.0))


def test_where_the_qrs_makes_its_own_st_t_nothing_is_said_of_it() -> None:
    case = textbook_case(LONG_PR, probabilities={"NST_": 0.9})
    blocked = {**case.verdicts, "lbbb": replace(case.verdicts["lbbb"], result="met")}
    assert suggestions(case.verdicts, case.probabilities, case.demographics)
    assert not suggestions(blocked, case.probabilities, case.demographics)


def test_what_is_undecided_is_suggested_where_the_language_model_sees_it_too() -> None:
    case = textbook_case({"qt": None}, probabilities={"LNGQT": 0.9})
    (found,) = case.suggestions
    assert found.undecided
    assert not suggested_claims([found], case.ledger)
    assert not suggested_claims([found], case.ledger, seen=["AFIB"])
    (claim,) = suggested_claims([found], case.ledger, seen=["LNGQT"])
    assert claim.text.startswith("The model suggests prolonged QT interval")


def test_two_codes_of_one_statement_are_one_suggestion() -> None:
    report = textbook_report(probabilities={"AMI": 0.6, "ASMI": 0.7})
    assert against(report) == ["pathological_q_anterior"]
    assert report.disagreements[0].sides[1].evidence == ("model:ASMI",)


# Urgency.


def test_a_critical_finding_of_the_model_alone_is_urgent_and_not_critical() -> None:
    report = textbook_report(probabilities={"3AVB": 0.8})
    assert report.urgency == "urgent"
    assert report.urgency_reasons == ("Third-degree AV block: suggested by the model only",)
    assert verify(report) == []


def test_its_urgency_cannot_be_lowered() -> None:
    report = textbook_report(probabilities={"3AVB": 0.8})
    lowered = report.model_copy(update={"urgency": "routine", "urgency_reasons": ()})
    assert any("urgency" in fault.detail for fault in verify(lowered))


# When it is asked for.


def test_a_probability_that_is_asked_for_is_told_and_asserts_nothing() -> None:
    case = textbook_case(probabilities={"AFIB": 0.03, "LVH": 0.7})
    told, suggests = asked_claims(["atrial_fibrillation", "lvh"], case)
    assert told.text == "The model gives atrial fibrillation a probability of 3 %."
    assert told.statement is None
    assert suggests.text.startswith("The model suggests left ventricular hypertrophy")


def test_without_a_name_what_is_suggested_comes_first() -> None:
    case = textbook_case(probabilities={"SR": 0.97, "LVH": 0.7, "AFIB": 0.01})
    first, *rest = asked_claims([], case)
    assert first.statement is not None
    assert first.statement.key == "lvh"
    assert "The model gives sinus rhythm a probability of 97 %." in [claim.text for claim in rest]


# What the verifier refuses.

SAID = textbook_report(LONG_PR, probabilities={"NST_": 0.83})


def faults_with(report: Report = SAID, **changes: Any) -> set[str]:
    (claim,) = suggested(report)
    changed = claim.model_copy(update=changes)
    claims = tuple(changed if one.id == claim.id else one for one in report.claims)
    return {fault.kind for fault in verify(report.model_copy(update={"claims": claims})) if fault.claim_id == claim.id}


@pytest.mark.parametrize(
    "template",
    [
        "Nonspecific ST change, probability {model:NST_}.",
        "The model shows nonspecific ST change, probability {model:NST_}.",
        "The model suggests nonspecific ST change.",
        "The model suggests nonspecific ST change, most certainly, probability {model:NST_}.",
        "The model suggests an infarction, probability {model:NST_}.",
    ],
)
def test_it_is_worded_as_a_suggestion_to_the_letter(template: str) -> None:
    text = template.replace("{model:NST_}", "83 %")
    assert "criteria" in faults_with(template=template, text=text)


@pytest.mark.parametrize("certainty", ["probable", "definite"])
def test_it_is_possible_at_most(certainty: str) -> None:
    assert faults_with(certainty=certainty) == {"criteria"}


def test_it_denies_nothing() -> None:
    assert "absence" in faults_with(polarity="absent")


def test_it_borrows_no_measurement() -> None:
    assert faults_with(evidence=("model:NST_", "V2.st_j")) == {"criteria"}


def with_item(report: Report, **changes: Any) -> Report:
    table = tuple(
        item.model_copy(update=changes) if isinstance(item, ModelProbability) else item
        for item in report.evidence_table
    )
    return report.model_copy(update={"evidence_table": table})


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"probability": 0.3}, "criteria"),
        ({"probability": 1.2}, "measurement"),
        ({"record": "another"}, "foreign_record"),
        ({"statement": "NDT"}, "unknown_id"),
    ],
)
def test_its_probability_is_sound_and_reaches_the_threshold(changes: dict[str, Any], kind: str) -> None:
    assert kind in faults_with(with_item(SAID, **changes))


def test_a_disagreement_is_neither_dropped_nor_altered() -> None:
    report = textbook_report(probabilities={"AFIB": 0.91})
    (shown,) = report.disagreements
    softer = shown.sides[1].model_copy(update={"text": "atrial fibrillation"})
    altered = shown.model_copy(update={"sides": (shown.sides[0], softer)})
    for disagreements in ((), (altered,)):
        assert verify(report.model_copy(update={"disagreements": disagreements}))


def test_a_diagnosis_is_not_asserted_on_the_model_s_word() -> None:
    report = textbook_report(probabilities={"AFIB": 0.91})
    denied = next(claim for claim in report.claims if claim.id == "no_atrial_fibrillation")
    said = denied.model_copy(
        update={"polarity": "present", "template": "Atrial fibrillation.", "text": "Atrial fibrillation."}
    )
    claims = tuple(said if claim.id == denied.id else claim for claim in report.claims)
    found = verify(report.model_copy(update={"claims": claims}))
    assert any("needed met" in fault.detail for fault in found if fault.claim_id == denied.id)


def test_the_probability_is_computed_again_from_the_ecg(demo_ecg: Ecg) -> None:
    case = textbook_case(LONG_PR, demo_ecg)
    real = probabilities.model_probabilities(demo_ecg)
    given = next(item for item in real if item.statement == "NST_").probability
    invented = 0.9 if given < 0.5 else 0.99
    report = textbook_report(LONG_PR, demo_ecg, {"NST_": invented})
    assert case.record == report.record
    claim_faults = [fault for fault in verify(report, demo_ecg) if fault.claim_id == "suggested_nonspecific_st_change"]
    assert any("computed again" in fault.detail for fault in claim_faults)


def test_a_code_that_the_network_does_not_know_is_none() -> None:
    ecg = textbook_ecg()
    report = textbook_report(LONG_PR)
    invented = probability(ecg, "STEMI", 0.99)
    found = verify(report.model_copy(update={"evidence_table": (*report.evidence_table, invented)}))
    assert any("codes" in fault.detail for fault in found)
