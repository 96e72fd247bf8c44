"""The chain behind a statement: criteria, findings one at a time, leads, beats, and the decision after each."""

from __future__ import annotations

import pytest

from calipers import Chain, Ecg, explain
from calipers.errors import UnknownStatement
from calipers.evals.measurement.analytic import KnownEcg
from calipers.evidence import Measurements
from calipers.knowledge import evaluate
from calipers.report import Demographics
from calipers.tools.explain import chain
from tests.knowledge import ecgs

LONG_PR = KnownEcg(hr=65, p_ms=100, pr_ms=240, qrs_ms=90, qt_ms=400)


@pytest.fixture(scope="module")
def long_pr() -> Ecg:
    return LONG_PR.render(seed=1)


def _chain(key: str, measured: Measurements) -> Chain:
    return chain(key, evaluate(measured, ecgs.MAN), measured, ecgs.MAN)


def test_a_long_pr_is_found_in_each_beat_at_its_p_wave(long_pr: Ecg) -> None:
    walked = explain(long_pr, "1AVB")
    one_to_one, pr = walked.stepwise
    assert (one_to_one.found, one_to_one.decision) == (True, "open")
    assert (pr.found, pr.decision) == (True, "present")
    assert pr.amount == pytest.approx(240, abs=12)
    assert walked.stepwise_decision == "present"
    assert len(pr.shown) >= 8
    for beat in pr.each_beat:
        assert beat.leans is True
        assert beat.span.end_s - beat.span.start_s == pytest.approx(0.100, abs=0.03)
        assert [value.name for value in beat.values] == ["pr"]


def test_every_chain_round_trips_through_json(long_pr: Ecg) -> None:
    for name in ("1AVB", "PVC", "LVH", "anterior ischemia", "LBBB"):
        walked = explain(long_pr, name)
        assert Chain.model_validate_json(walked.model_dump_json()) == walked


def test_each_lead_says_what_it_shows() -> None:
    measured = ecgs.measurements(ecgs.in_leads("II aVF", st_j=(-0.15, 0.02)) | {"III.st_j": (-0.02, 0.02)})
    depression = _chain("ischaemia_inferior", measured).stepwise[0]
    assert depression.found
    assert depression.leads == ("II", "aVF")
    assert {finding.lead: finding.leans for finding in depression.each_lead} == {"II": True, "III": False, "aVF": True}
    assert {finding.lead: finding.amount for finding in depression.each_lead}["III"] == pytest.approx(-0.02)


def test_steps_that_the_path_does_not_reach_are_told_apart() -> None:
    reached = {step.id: step.reached for step in _chain("lbbb", ecgs.measurements()).stepwise}
    assert reached == {
        "qrs_wide": True, "dominant_s": False, "monophasic": False, "notched": False, "late_peak": False,
    }  # fmt: skip


def test_a_borderline_finding_is_answered_by_its_lean_and_called_open() -> None:
    pr = _chain("first_degree_av_block", ecgs.measurements({"pr": (203.0, 10.0)})).stepwise[1]
    assert pr.result == "indeterminate"
    assert pr.found


def test_what_was_not_measured_is_not_found_and_does_not_pretend_to_be_absent() -> None:
    pr = _chain("first_degree_av_block", ecgs.measurements(without=("pr",))).stepwise[1]
    assert (pr.found, pr.result, pr.leans) == (False, "indeterminate", None)


def test_a_statement_without_a_pathway_has_its_criteria_alone() -> None:
    walked = _chain("low_voltage", ecgs.measurements())
    assert walked.stepwise == ()
    assert walked.stepwise_decision is None
    assert walked.steps


def test_claims_do_not_rest_on_the_pathway() -> None:
    verdicts = evaluate(ecgs.measurements(), Demographics(age=55, sex="male"))
    assert not any(".stepwise" in item.id for item in verdicts.ledger())


def test_an_unknown_statement_is_refused(long_pr: Ecg) -> None:
    with pytest.raises(UnknownStatement, match="needed one of"):
        explain(long_pr, "gout")
