"""`classify`: always 71 calibrated probabilities, from whatever leads there are."""

from __future__ import annotations

import numpy as np
import pytest

from calipers import Ecg, UnreadableInput, classify
from calipers.leads import LEADS


def test_every_statement_gets_a_probability(demo_ecg: Ecg) -> None:
    found = classify(demo_ecg)
    assert len(found) == 71
    assert all(0.0 <= chance <= 1.0 for chance in found.values())


def test_a_normal_ecg_is_called_normal_rather_than_fibrillation(demo_ecg: Ecg) -> None:
    found = classify(demo_ecg)
    assert found["NORM"] > 0.5 > found["AFIB"]
    assert found["SR"] > 0.8


def test_several_at_once_come_back_in_order(demo_ecg: Ecg) -> None:
    upside_down = Ecg.from_array(-demo_ecg.signal_mv, demo_ecg.fs_hz, LEADS)
    together = classify([demo_ecg, upside_down, demo_ecg])
    assert together[0] == pytest.approx(classify(demo_ecg), abs=2e-4)
    assert together[1] == pytest.approx(classify(upside_down), abs=2e-4)
    assert together[0] == together[2]


def test_a_missing_lead_is_masked_and_not_zero(demo_ecg: Ecg) -> None:
    kept = [0, 1, 6, 7, 8, 9, 10]
    fewer = Ecg.from_array(demo_ecg.signal_mv[kept], demo_ecg.fs_hz, [LEADS[row] for row in kept])
    silent = demo_ecg.signal_mv.copy()
    silent[11] = 0.0
    zeroed = Ecg.from_array(silent, demo_ecg.fs_hz, LEADS)
    assert fewer.missing_leads == ("V6",)
    assert classify(fewer) != classify(zeroed)
    assert classify(fewer)["NORM"] > 0.4


def test_a_long_recording_is_judged_whole(demo_ecg: Ecg) -> None:
    twice = Ecg.from_array(np.tile(demo_ecg.signal_mv, 2), demo_ecg.fs_hz, LEADS)
    assert classify(twice) == pytest.approx(classify(demo_ecg), abs=0.05)


def test_ten_seconds_of_nothing_before_the_signal_do_not_matter(demo_ecg: Ecg) -> None:
    nothing = np.full((12, int(10 * demo_ecg.fs_hz)), np.nan, dtype=np.float32)
    late = Ecg.from_array(np.hstack([nothing, demo_ecg.signal_mv]), demo_ecg.fs_hz, LEADS)
    assert classify(late)["SR"] > 0.8


def test_a_page_of_short_leads_is_judged_by_what_it_shows(demo_ecg: Ecg) -> None:
    page = demo_ecg.signal_mv.copy()
    quarter = page.shape[1] // 4
    for column in range(4):
        for row in range(3 * column, 3 * column + 3):
            if row != 1:
                page[row, : column * quarter] = np.nan
                page[row, (column + 1) * quarter :] = np.nan
    found = classify(Ecg.from_array(page, demo_ecg.fs_hz, LEADS))
    assert found["SR"] > 0.8
    assert found["NORM"] > 0.3 > found["AFIB"]


def test_age_changes_what_is_suggested(demo_ecg: Ecg) -> None:
    young, old = (Ecg.from_array(demo_ecg.signal_mv, demo_ecg.fs_hz, LEADS, age=age) for age in (25, 85))
    assert classify(young)["NORM"] > classify(old)["NORM"]


def test_one_second_is_too_short(demo_ecg: Ecg) -> None:
    short = Ecg.from_array(demo_ecg.signal_mv[:, : int(demo_ecg.fs_hz)], demo_ecg.fs_hz, LEADS)
    with pytest.raises(UnreadableInput, match="needed one lead of 2 s"):
        classify(short)
