"""The scorer on marks made by hand: what counts as found, missed and false."""

from __future__ import annotations

import numpy as np
import pytest

from calipers.evals.measurement.boundaries import boundary, lead_boundaries, presence
from calipers.models.delineator.consensus import LeadWaves

WHOLE = (0.0, 10.0)
NONE = np.empty((0, 2))


def lead(p: list[tuple[float, float]], qrs: list[tuple[float, float]], t: list[tuple[float, float]]) -> LeadWaves:
    return LeadWaves(*(np.array(rows, dtype=np.float64).reshape(-1, 2) for rows in (p, qrs, t)))


def test_an_error_is_measured_minus_reference_in_milliseconds() -> None:
    found = boundary(np.array([1.0, 2.0]), np.array([1.010, 1.980]), WHOLE)
    assert found[:3] == (2, 0, 0)
    assert found.errors_ms == pytest.approx((10.0, -20.0))


def test_a_mark_further_than_150_ms_is_another_mark() -> None:
    assert boundary(np.array([1.0]), np.array([1.150]), WHOLE)[:3] == (1, 0, 0)
    assert boundary(np.array([1.0]), np.array([1.152]), WHOLE)[:3] == (0, 1, 1)


def test_one_mark_does_not_serve_two_references_and_the_nearest_pair_wins() -> None:
    found = boundary(np.array([1.0, 1.1]), np.array([1.08]), WHOLE)
    assert found[:3] == (1, 1, 0)
    assert found.errors_ms == pytest.approx((-20.0,))


def test_marks_outside_the_marked_span_are_not_false_but_may_be_right() -> None:
    found = boundary(np.array([2.0]), np.array([0.5, 1.99, 9.0]), (2.0, 8.0))
    assert found[:3] == (1, 0, 0)
    assert boundary(np.array([2.0]), np.array([2.0, 5.0]), (2.0, 8.0))[:3] == (1, 0, 1)


def test_a_bound_that_was_left_out_is_neither_found_nor_missed() -> None:
    assert boundary(np.array([1.0, np.nan]), np.array([1.0, np.nan]), WHOLE)[:3] == (1, 0, 0)


def test_leads_are_counted_together() -> None:
    truth = lead([(0.8, 0.9)], [(1.0, 1.1)], [(1.2, 1.4)])
    nothing = LeadWaves(NONE, NONE, NONE)
    table = lead_boundaries((truth, truth), (truth, nothing), np.array([WHOLE, WHOLE]))
    assert table["p_onset"][:3] == (1, 1, 0)
    assert table["t_offset"].errors_ms == (0.0,)


def test_a_wave_is_missed_when_nothing_overlaps_it_and_false_when_no_lead_marks_it() -> None:
    truth = lead([(0.8, 0.9), (1.8, 1.9)], [(1.0, 1.1), (2.0, 2.1)], [(1.2, 1.4), (2.2, 2.4)])
    leads = (truth, truth, truth)
    mine = lead([(0.85, 0.95), (3.0, 3.1)], [(1.0, 1.1), (2.0, 2.1)], [(1.2, 1.4)])
    table = presence(truth, leads, mine, WHOLE)
    assert table["p"] == (2, 1, 2, 1)
    assert table["qrs"] == (2, 0, 2, 0)
    assert table["t"] == (2, 1, 1, 0)


def test_a_wave_that_one_lead_shows_is_neither_missed_nor_false() -> None:
    agreed = lead([], [(1.0, 1.1)], [])
    one_lead = lead([(0.8, 0.9)], [(1.0, 1.1)], [])
    table = presence(agreed, (one_lead, agreed, agreed), one_lead, WHOLE)
    assert table["p"] == (0, 0, 1, 0)


def test_waves_outside_the_marked_span_are_not_judged() -> None:
    truth = lead([], [(2.0, 2.1)], [])
    mine = lead([(0.5, 0.6)], [(1.0, 1.1), (2.0, 2.1), (9.0, 9.1)], [])
    table = presence(truth, (truth, truth, truth), mine, (2.0, 8.0))
    assert table["qrs"] == (1, 0, 1, 0)
    assert table["p"] == (0, 0, 0, 0)
