"""Three-valued logic and probabilities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calipers.knowledge.truth import (
    Arc,
    Estimate,
    Kleene,
    all_of,
    any_of,
    at_least,
    decide,
    negate,
    probability,
    probability_in_arc,
)

TRUTHS = st.sampled_from([True, False, None])
LISTS = st.lists(TRUTHS, max_size=6)


def _completions(truths: list[Kleene]) -> list[list[bool]]:
    """Every way in which the unknown ones may turn out."""
    ways: list[list[bool]] = [[]]
    for truth in truths:
        ways = [[*way, choice] for way in ways for choice in ([True, False] if truth is None else [truth])]
    return ways


def _settled(outcomes: set[bool]) -> Kleene:
    return outcomes.pop() if len(outcomes) == 1 else None


@given(LISTS)
def test_conjunction_is_what_every_completion_agrees_on(truths: list[Kleene]) -> None:
    assert all_of(truths) is _settled({all(way) for way in _completions(truths)})


@given(LISTS)
def test_disjunction_is_what_every_completion_agrees_on(truths: list[Kleene]) -> None:
    assert any_of(truths) is _settled({any(way) for way in _completions(truths)})


@given(LISTS, st.integers(1, 6))
def test_at_least_k_is_what_every_completion_agrees_on(truths: list[Kleene], need: int) -> None:
    assert at_least(need, truths) is _settled({sum(way) >= need for way in _completions(truths)})


@given(LISTS)
def test_de_morgan_holds(truths: list[Kleene]) -> None:
    assert negate(all_of(truths)) is any_of([negate(truth) for truth in truths])


@pytest.mark.parametrize(
    ("chance", "truth"), [(0.9, True), (0.8999, None), (0.5, None), (0.1001, None), (0.1, False), (1.0, True)]
)
def test_met_from_ninety_percent_and_not_met_up_to_ten(chance: float, truth: Kleene) -> None:
    assert decide(chance) is truth


def test_the_half_width_spans_95_percent() -> None:
    assert probability(Estimate(210.0, 10.0 / 1.96), "above", 200.0) == pytest.approx(0.975, abs=1e-3)


def test_an_exact_value_at_the_limit_tells_above_from_at_least() -> None:
    exact = Estimate(200.0, 0.0)
    assert probability(exact, "above", 200.0) == 0.0
    assert probability(exact, "at_least", 200.0) == 1.0
    assert probability(exact, "below", 200.0) == 0.0
    assert probability(exact, "at_most", 200.0) == 1.0


@given(st.floats(-720, 720), st.floats(0.5, 40))
def test_the_axis_does_not_depend_on_the_turn_it_is_written_in(axis: float, sd: float) -> None:
    arc = Arc(-90.0, -30.0, True, False)
    here = probability_in_arc(Estimate(axis, sd), arc)
    assert here == pytest.approx(probability_in_arc(Estimate(axis % 360.0, sd), arc), abs=1e-6)
    assert arc.contains(axis) == arc.contains(axis % 360.0)


@given(st.floats(-180, 180), st.floats(0.5, 60))
def test_the_four_quadrants_of_the_axis_share_one_certainty(axis: float, sd: float) -> None:
    arcs = [
        Arc(-30, 90, True, True),
        Arc(90, 180, False, True),
        Arc(180, 270, False, False),
        Arc(-90, -30, True, False),
    ]
    assert sum(probability_in_arc(Estimate(axis, sd), arc) for arc in arcs) == pytest.approx(1.0, abs=1e-6)
    assert sum(arc.contains(axis) for arc in arcs) == 1


def test_an_axis_near_180_lies_on_both_sides() -> None:
    right = probability_in_arc(Estimate(-179.0, 5.0), Arc(90, 180, False, True))
    assert 0.3 < right < 0.5
