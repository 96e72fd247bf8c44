"""Closed questions: what is asked, in how many wordings, and what decides."""

from __future__ import annotations

import pytest
from pydicom.data import get_testdata_file

from calipers.evals.measurement.analytic import KNOWN_ECGS, WITHOUT_P
from calipers.evidence import Measurement
from calipers.knowledge.ranges import normal_ranges
from calipers.parameters import PARAMETERS
from calipers.report import Demographics
from calipers.tools.closed_question import Decision, changed_ranges, decide, read_comparison, read_question
from calipers.tools.closed_question.asking import Turned, range_names
from calipers.tools.closed_question.base_rates import base_rate
from calipers.tools.closed_question.deciding import Examined
from calipers.tools.read import read_ecg


@pytest.fixture(scope="module")
def sinus() -> Examined:
    return Examined(KNOWN_ECGS[0].render())


def asked(question: str, examined: Examined) -> Decision:
    understood = read_question(question)
    assert understood is not None
    return decide(understood, examined)


@pytest.mark.parametrize(
    ("question", "kind", "about", "lead"),
    [
        ("Does this ECG show static noise in lead V5?", "noise", "static", "V5"),
        ("Is there any interference from burst noise in this recording?", "noise", "burst", None),
        ("Does lead I on this ECG have any noises?", "noise", "any", "I"),
        ("Is there an electrodes problem in lead aVL?", "noise", "electrodes", "aVL"),
        ("Is the PR interval above the normal range?", "range", "pr", None),
        ("Does the corrected QT interval fall within the normal range?", "range", "qtc_bazett", None),
        ("Does this ECG show left axis deviation?", "axis", "left", None),
        ("Does it show an old stage of myocardial infarction?", "stage", "old", None),
        ("Are there supraventricular extrasystoles?", "extrasystole", "supraventricular", None),
        ("Does this ECG show symptoms of atrial fibrillation?", "statement", "Atrial fibrillation", None),
    ],
)
def test_a_question_is_read(question: str, kind: str, about: str, lead: str | None) -> None:
    understood = read_question(question)
    assert understood is not None
    assert (understood.kind, understood.about, understood.lead) == (kind, about, lead)


def test_the_longest_name_counts() -> None:
    narrow = read_question("Is there evidence of myocardial infarction in anterior leads?")
    wide = read_question("Does this ECG show symptoms of myocardial infarction?")
    assert narrow is not None
    assert narrow.codes == ("AMI",)
    assert wide is not None
    assert "IMI" in wide.codes
    assert "AMI" in wide.codes


def test_what_is_not_known_is_not_read() -> None:
    assert read_question("Is the patient wearing a hat?") is None


@pytest.mark.parametrize(
    ("question", "turned"),
    [
        ("What numeric features of the second ECG now have become normal as compared to the first ECG?", "normal"),
        ("Which numeric measurements of the second ECG have changed from abnormal to normal?", "normal"),
        ("Which numerical features of the second ECG are considered unusual in contrast to the first?", "abnormal"),
        ("Which numeric attributes of the second ECG are still irregular relative to the first?", "still_abnormal"),
        ("Which numerical features are not still normal in the second ECG?", "still_abnormal"),
    ],
)
def test_a_comparison_is_read(question: str, turned: Turned) -> None:
    understood = read_comparison(question)
    assert understood is not None
    assert understood.turned == turned


def test_a_question_about_one_ecg_is_no_comparison() -> None:
    assert read_comparison("Is the PR interval normal?") is None


def test_a_value_is_held_against_its_range(sinus: Examined) -> None:
    """The simulated PR is 160 ms."""
    assert asked("Does the PR interval fall within the normal range?", sinus).answer
    assert not asked("Is the PR interval above the normal range?", sinus).answer


def test_what_cannot_be_measured_is_answered_no() -> None:
    fibrillating = Examined(WITHOUT_P[0].render())
    for place in ("within", "above", "below"):
        assert not asked(f"Is the PR interval {place} the normal range?", fibrillating).answer


def test_an_answer_names_what_it_rests_on() -> None:
    recorded = Examined(read_ecg(str(get_testdata_file("waveform_ecg.dcm"))))
    found = asked("Does this ECG show symptoms of sinus rhythm?", recorded)
    assert found.answer
    assert found.basis == ("model:SR", "sinus_rhythm")


def test_an_absent_finding_is_answered_no(sinus: Examined) -> None:
    assert not asked("Is there complete left bundle branch block?", sinus).answer
    assert not asked("Does this ECG show ventricular extrasystoles?", sinus).answer


def test_the_axis_is_in_one_sector(sinus: Examined) -> None:
    sectors = ("a normal heart axis", "left axis deviation", "right axis deviation", "extreme axis deviation")
    assert [asked(f"Does it show {name}?", sinus).answer for name in sectors] == [True, False, False, False]


def interval(name: str, value: float | None) -> Measurement:
    return Measurement(
        id=name, record="0" * 16, name=name, value=value, unit=PARAMETERS[name].unit, lead=None, beat=None, spans=(),
        uncertainty=None, method="test", status="measured" if value is not None else "not_measurable",
        reason=None if value is not None else "no P wave",
    )  # fmt: skip


def test_intervals_turn_normal_abnormal_or_stay_so() -> None:
    first = {name: interval(name, value) for name, value in {"pr": 230.0, "qrs": 90.0, "rr_mean": 500.0}.items()}
    second = {name: interval(name, value) for name, value in {"pr": 160.0, "qrs": 140.0, "rr_mean": 1200.0}.items()}
    assert changed_ranges(first, second, "normal") == ("pr",)
    assert changed_ranges(first, second, "abnormal") == ("qrs",)
    assert changed_ranges(first, second, "still_abnormal") == ("rr_mean",)


def test_an_interval_that_was_not_measured_is_never_named() -> None:
    assert changed_ranges({"pr": interval("pr", None)}, {"pr": interval("pr", 230.0)}, "abnormal") == ()


def test_the_limit_of_the_qtc_is_higher_in_women() -> None:
    corrected = normal_ranges()["qtc_bazett"]
    assert corrected.place(455.0, Demographics(sex="male")) == "above"
    assert corrected.place(455.0, Demographics(sex="female")) == "within"


def test_every_range_has_a_name_and_is_measured() -> None:
    assert set(range_names()) == set(normal_ranges())
    assert set(normal_ranges()) <= set(PARAMETERS)


def test_a_rare_statement_has_a_small_base_rate() -> None:
    assert base_rate("SR") > 0.5 > base_rate("3AVB") > 0
    assert 0 < base_rate("nothing") < 0.001
