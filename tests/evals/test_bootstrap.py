"""The intervals: what they cover, what they resample, and where they say that they cannot tell."""

from __future__ import annotations

import numpy as np
import pytest

from calipers.evals.framework import Bootstrap, spread


def test_the_interval_of_a_mean_is_as_wide_as_theory_has_it() -> None:
    x = np.random.default_rng(1).normal(10.0, 2.0, 400)
    found = Bootstrap(range(400)).mean(x)
    assert found is not None
    assert found.value == pytest.approx(x.mean())
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * 2.0 / 20.0, rel=0.15)
    assert found.low < 10.0 < found.high


def test_sd_is_the_sample_sd_and_its_interval_surrounds_it() -> None:
    x = np.random.default_rng(2).normal(0.0, 5.0, 300)
    found = Bootstrap(range(300)).sd(x)
    assert found is not None
    assert found.value == pytest.approx(x.std(ddof=1))
    assert found.low < 5.0 < found.high


def test_records_of_one_patient_are_drawn_together() -> None:
    x = np.repeat(np.random.default_rng(3).normal(0, 1, 20), 50)
    alone, together = Bootstrap(range(1000)).mean(x), Bootstrap([k // 50 for k in range(1000)]).mean(x)
    assert alone is not None
    assert together is not None
    assert together.value == alone.value
    assert together.high - together.low > 4 * (alone.high - alone.low)


def test_what_is_missing_does_not_count() -> None:
    found = Bootstrap(range(4)).mean([1.0, float("nan"), 3.0, float("nan")])
    assert found is not None
    assert (found.value, found.n) == (2.0, 2)
    assert Bootstrap(range(2)).mean([float("nan")] * 2) is None
    assert Bootstrap(range(1)).sd([1.0]) is None
    assert Bootstrap([]).mean([]) is None


def test_a_ratio_is_a_ratio_of_sums_not_a_mean_of_ratios() -> None:
    found = Bootstrap(range(2)).ratio([1, 9], [1, 99])
    assert found is not None
    assert found.value == pytest.approx(0.1)
    assert Bootstrap(range(2)).ratio([0, 0], [0, 0]) is None


def test_no_event_in_eighteen_records_is_not_proof_of_none() -> None:
    none = Bootstrap(range(18)).share(np.zeros(18), np.ones(18))
    assert none is not None
    assert none.low == 0.0
    assert none.high == pytest.approx(0.185, abs=0.001)  # Clopper-Pearson, 0 of 18
    every = Bootstrap(range(18)).share(np.ones(18), np.ones(18))
    assert every is not None
    assert (every.low, every.high) == pytest.approx((1 - none.high, 1.0))
    beats = Bootstrap(np.repeat(np.arange(3), 100).tolist()).share(np.zeros(300), np.ones(300))
    assert beats is not None
    assert beats.high > 0.5, "three patients are three trials, however many beats they have"


def test_the_same_seed_gives_the_same_interval() -> None:
    x = np.random.default_rng(4).normal(size=30)
    assert Bootstrap(range(30)).mean(x) == Bootstrap(range(30)).mean(x)


def test_spread_takes_the_ends_and_what_lies_between() -> None:
    assert spread(range(10), 3) == [0, 4, 9]
    assert spread(range(3), 5) == [0, 1, 2]
    assert spread(range(3), None) == [0, 1, 2]
    assert spread([], 2) == []


def test_the_interval_of_a_median_is_as_wide_as_theory_has_it() -> None:
    x = np.random.default_rng(4).normal(0.0, 1.0, 400)
    found = Bootstrap(range(401)).median([*x, float("nan")])
    assert found is not None
    assert found.value == pytest.approx(np.median(x))
    assert found.n == 400
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * 1.2533 / 20.0, rel=0.25)  # of a normal sample
    assert Bootstrap(range(1)).median([float("nan")]) is None


def test_macro_f1_is_the_mean_over_columns_that_say_or_hold_something() -> None:
    rng = np.random.default_rng(5)
    labels = rng.random((200, 3)) < (0.5, 0.2, 0.0)
    said = labels ^ (rng.random((200, 3)) < (0.1, 0.1, 0.0))
    found = Bootstrap(range(200)).macro_f1(said, labels)
    by_hand = [2 * (said & labels)[:, k].sum() / (said[:, k].sum() + labels[:, k].sum()) for k in (0, 1)]
    assert found is not None
    assert found.value == pytest.approx(np.mean(by_hand))
    assert found.low < found.value < found.high < found.low + 0.2
    assert Bootstrap(range(2)).macro_f1([[False], [False]], [[False], [False]]) is None
