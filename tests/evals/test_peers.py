"""Peers and controls: what other programs say, what needs no ECG, and that neither passes for the product."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calipers.evals.citations import kept, second
from calipers.evals.citations.kept import measured_again
from calipers.evals.ecg_reasoning.answers import Answered
from calipers.evals.ecg_reasoning.blind import answered_blind
from calipers.evals.ecg_reasoning.samples import Question, Sample
from calipers.evals.framework import Options, Row
from calipers.evals.grounding.judging import differences, spearman, weighted_kappa
from calipers.evals.measurement.analytic import KNOWN_ECGS, WITHOUT_P
from calipers.evals.peers import PEERS, by_limits
from calipers.evals.readers import EMBEDDED, NONE, UNADAPTED, completed, readers_of
from calipers.evals.retrieval.peers import USUAL, VECTORS, WORDS, searches
from calipers.evals.retrieval.questions import questions
from calipers.knowledge.store.guideline_index import build_guideline_index

TRUTH = KNOWN_ECGS[6]  # 70/min, PR 180 ms


@pytest.mark.parametrize("name", sorted(PEERS))
def test_a_peer_measures_known_truth_roughly(name: str) -> None:
    heard = PEERS[name](TRUTH.render(3))
    assert heard.values["hr"] == pytest.approx(TRUTH.hr, abs=2.0)
    assert {"qrs", "qt"} <= set(heard.values)
    assert not heard.codes & {"STACH", "SBRAD", "AFIB"}


def test_plain_limits_make_codes_of_numbers_but_not_of_another_rhythms_rate() -> None:
    assert by_limits({"hr": 120.0, "pr": 220.0}, frozenset()) == {"STACH", "1AVB"}
    assert by_limits({"hr": 120.0}, {"AFIB"}) == set()
    assert by_limits({}, frozenset()) == set()


def test_a_signal_is_measured_again_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_folder", lambda: tmp_path)
    signal = np.asarray(WITHOUT_P[0].render(1).signal_mv, dtype=np.float64)
    first = measured_again(signal, 500.0)
    assert first["hr"] > 0
    monkeypatch.setattr(second, "measure_again", lambda *_: pytest.fail("measured a second time"))
    assert measured_again(signal, 500.0) == first


def test_language_models_read_a_few_records_beside_where_none_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calipers.evals.readers._embedded_problem", lambda: None)
    free, named = Options(data=tmp_path), Options(data=tmp_path, model=NONE)
    assert readers_of((NONE,), free, 0) == (NONE, EMBEDDED, UNADAPTED)
    assert readers_of((NONE,), free, 1) == (NONE,)
    assert readers_of((NONE,), named, 0) == (NONE,)


def test_a_read_that_fell_back_is_not_the_models_own() -> None:
    assert completed(NONE, NONE) == {}
    assert completed(EMBEDDED, EMBEDDED)["own_words"] == (1.0, 1.0)
    assert completed(UNADAPTED, NONE)["own_words"] == (0.0, 1.0)


def test_who_sees_no_ecg_answers_what_was_right_elsewhere() -> None:
    question = Question("criterion_selection", "which?", ("wide QRS", "long PR"))
    asked = Sample(1, "lbbb", (question,), (frozenset({1}),))
    elsewhere = [Sample(number, "lbbb", (question,), (frozenset({0}),)) for number in (2, 3)]
    (blind,) = answered_blind([Answered(asked, "p", (frozenset({1}),))], elsewhere)
    assert blind.given == (frozenset({0}),)
    assert not blind.complete


def test_half_a_search_always_answers(tmp_path: Path) -> None:
    asked = list(questions())[:6]
    found = searches(asked, 5, build_guideline_index(tmp_path))
    assert found[VECTORS]("PR interval in first-degree block") != found[USUAL]("")
    assert len(found[WORDS]("PR interval in first-degree block")) == 5
    assert found[USUAL]("anything") == found[USUAL]("anything else")


def test_judges_are_held_against_the_code_by_rank_and_by_kappa() -> None:
    code, same, inverse = np.array([0.1, 0.4, 0.8, 1.0]), np.array([0.2, 0.5, 0.7, 0.9]), np.array([1.0, 0.7, 0.4, 0.0])
    assert spearman(code, same) == pytest.approx(1.0)
    assert spearman(code, inverse) == pytest.approx(-1.0)
    assert np.isnan(spearman(code, np.ones(4)))
    assert weighted_kappa(code, code) == pytest.approx(1.0)
    assert weighted_kappa(code, inverse) < 0.0


def test_where_code_and_judge_differ_is_said_with_the_control() -> None:
    rows = [
        Row(str(k), str(k), reader, {"lead_accuracy": (score, 1.0), "judge_lead_accuracy": (0.5, 1.0)})
        for reader, score in (("none", 0.9), ("control", 0.1))
        for k in range(3)
    ]
    found = differences(rows, "none", "control")["lead_accuracy"]
    assert (found["by_code"], found["by_judge"]) == pytest.approx((0.9, 0.5))
    assert (found["control_by_code"], found["control_by_judge"]) == pytest.approx((0.1, 0.5))
    assert "spearman" not in found, "a judge that always says the same has none"
