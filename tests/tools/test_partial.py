"""A page shows 2.5 s of most leads: what can be measured of them is, and what cannot says why."""

from __future__ import annotations

import numpy as np
import pytest

from calipers import Ecg, Measurements, classify, measure
from calipers.leads import INDEX, LEADS
from calipers.parameters import GLOBAL_UNITS, LEAD_UNITS
from calipers.tools.measure import Examination, examine
from tests.tools.page_like import LAYOUTS, as_page


@pytest.fixture(scope="module")
def whole(demo_ecg: Ecg) -> Measurements:
    return measure(demo_ecg)


@pytest.fixture(scope="module", params=LAYOUTS)
def page(request: pytest.FixtureRequest, demo_ecg: Ecg) -> Examination:
    return examine(as_page(demo_ecg, request.param))


@pytest.fixture(scope="module")
def usual(demo_ecg: Ecg) -> Examination:
    return examine(as_page(demo_ecg, "3x4+1"))


def test_a_page_has_every_id_of_a_recording(page: Examination) -> None:
    assert set(GLOBAL_UNITS) <= set(page.measurements)
    assert {f"{lead}.{name}" for lead in LEADS for name in LEAD_UNITS} <= set(page.measurements)
    assert page.quality.assessable


def test_rates_and_intervals_of_a_page_are_those_of_the_recording(page: Examination, whole: Measurements) -> None:
    assert page.measurements["hr"].value == pytest.approx(whole["hr"].value, abs=1)
    for name in ("p_dur", "pr", "qrs", "qt"):
        assert page.measurements[name].value == pytest.approx(whole[name].value, abs=15), name
    assert page.measurements["p_per_qrs"].number == pytest.approx(1.0, abs=0.25)


def test_a_leads_interval_holds_the_value_of_the_whole_recording(page: Examination, whole: Measurements) -> None:
    pairs = [
        (found, whole[found.id])
        for lead in LEADS
        for name in ("st_j", "st_60", "r_amp", "s_amp", "t_amp", "p_amp")
        if (found := page.measurements[f"{lead}.{name}"]).number is not None
    ]
    assert len(pairs) > 60
    held = [abs((found.number or 0) - (true.number or 0)) <= (found.uncertainty or 0) for found, true in pairs]
    assert np.mean(held) >= 0.9
    for name in ("qrs_axis", "t_axis"):
        assert page.measurements[name].value == pytest.approx(whole[name].value, abs=15), name


def test_every_value_of_a_lead_says_from_how_many_beats(usual: Examination) -> None:
    assert "beats in the 2.5 s that show this lead" in usual.measurements["V2.st_j"].method
    assert "beats in the 10.0 s" in usual.measurements["II.st_j"].method


def test_a_lead_is_measured_where_it_is_shown_and_nowhere_else(usual: Examination) -> None:
    for item in usual.measurements.values():
        if item.lead not in (None, "II") and item.status == "measured":
            first = 2.5 * (INDEX[item.lead] // 3)
            for span in item.spans:
                assert first - 0.05 <= span.start_s, item.id
                assert span.end_s <= first + 2.55, item.id
    unseen = usual.measurements["V1.st_j#0"]
    assert unseen.status == "not_measurable"
    assert unseen.reason == "the lead does not show this beat"


def test_few_beats_widen_the_interval(usual: Examination, whole: Measurements) -> None:
    for key in ("V2.r_amp", "V5.t_amp", "aVF.s_amp"):
        assert (usual.measurements[key].uncertainty or 0) > (whole[key].uncertainty or 0), key


def test_the_quality_names_what_the_page_shows(usual: Examination) -> None:
    said = " ".join(usual.quality.reasons)
    assert "V6 show 2.5 s each; II the whole 10 s" in said
    v1 = usual.quality.leads[INDEX["V1"]]
    assert v1.usable
    assert v1.reasons[-1] == "shown from 5.0 to 7.5 s only"


def test_a_lead_without_a_whole_beat_is_missing_with_its_reason(demo_ecg: Ecg) -> None:
    signal = as_page(demo_ecg, "3x4+1").signal_mv.copy()
    fs_hz = demo_ecg.fs_hz
    signal[INDEX["V3"]] = np.nan
    # From the middle of one QRS complex to the middle of the next.
    between = slice(round(3.47 * fs_hz), round(4.49 * fs_hz))
    signal[INDEX["V3"], between] = demo_ecg.signal_mv[INDEX["V3"], between]
    item = measure(Ecg.from_array(signal, fs_hz, LEADS))["V3.r_amp"]
    assert item.status == "not_measurable"
    assert item.reason == "no whole QRS complex of the usual shape in the 1.0 s that show this lead"


def test_a_page_of_two_seconds_a_lead_still_classifies(demo_ecg: Ecg) -> None:
    found, true = classify([as_page(demo_ecg, "3x4+1"), demo_ecg])
    assert len(found) == len(true) == 71
    assert found["SR"] > 0.5
