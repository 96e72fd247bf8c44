"""Exchanged electrodes are reported on a real ECG, and never corrected."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from calipers import Ecg
from calipers.evals.measurement.electrodes import exchanged, names_it, with_leg_electrode
from calipers.leads import INDEX, LEADS
from calipers.models.electrodes import EXCHANGES
from calipers.tools.measure import examine

Microvolts = NDArray[np.int32]
INDEPENDENT = [0, 1, *range(6, 12)]


def twelve(eight_uv: Microvolts) -> NDArray[np.float64]:
    one, two = eight_uv[0] / 1000.0, eight_uv[1] / 1000.0
    limb = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    leads: NDArray[np.float64] = np.concatenate([limb, eight_uv[2:] / 1000.0])
    return leads


def remark(ecg: Ecg, eight_uv: Microvolts) -> str:
    reasons = examine(Ecg.from_array(twelve(eight_uv), ecg.fs_hz, LEADS)).quality.reasons
    return "; ".join(text for text in reasons if "exchanged" in text)


@pytest.fixture(scope="module")
def eight_uv(demo_ecg: Ecg) -> Microvolts:
    stored: Microvolts = np.rint(1000.0 * demo_ecg.signal_mv[INDEPENDENT]).astype(np.int32)
    return stored


def test_the_record_as_it_is_draws_no_remark(demo_ecg: Ecg, eight_uv: Microvolts) -> None:
    assert remark(demo_ecg, eight_uv) == ""


def test_exchanges_are_reported_by_name(demo_ecg: Ecg, eight_uv: Microvolts) -> None:
    reported = {name: names_it(remark(demo_ecg, changed), name) for name, changed in exchanged(eight_uv)}
    for name in ("V1-V2", "V1-V3", "V4-V6", "V1-V6", "RA-LA", "RA-LL", "RA-RL", "LA-RL"):
        assert reported[name], name
    assert sum(reported.values()) >= len(reported) - 2


def test_each_exchange_undoes_itself() -> None:
    for exchange in EXCHANGES:
        assert np.allclose(exchange.matrix @ exchange.matrix, np.eye(8)), exchange.name
        assert abs(np.linalg.det(exchange.matrix)) == pytest.approx(1.0)


def test_exchanged_arms_turn_lead_i_and_leave_the_chest(eight_uv: Microvolts) -> None:
    changed = dict(exchanged(eight_uv))["RA-LA"]
    assert np.array_equal(changed[0], -eight_uv[0])
    assert np.array_equal(changed[1], eight_uv[1] - eight_uv[0])
    assert np.array_equal(changed[2:], eight_uv[2:])


def test_an_arm_electrode_on_the_leg_flattens_one_lead(eight_uv: Microvolts) -> None:
    assert np.ptp(with_leg_electrode(eight_uv, "RA")[1]) <= 1
    third = np.diff(with_leg_electrode(eight_uv, "LA")[:2].astype(float), axis=0)
    assert np.ptp(third) <= 2


def test_a_mirrored_heart_is_called_dextrocardia_as_well(demo_ecg: Ecg, eight_uv: Microvolts) -> None:
    mirrored = dict(exchanged(eight_uv))["RA-LA"].copy()
    fading = np.array([1.0, 0.8, 0.5, 0.3, 0.15, 0.1])
    mirrored[2:] = np.rint(fading[:, None] * mirrored[3])
    assert "dextrocardia" in remark(demo_ecg, mirrored)


def test_the_leads_stay_as_they_were_given(demo_ecg: Ecg, eight_uv: Microvolts) -> None:
    changed = dict(exchanged(eight_uv))["V1-V2"]
    found = examine(Ecg.from_array(twelve(changed), demo_ecg.fs_hz, LEADS)).measurements
    was = examine(demo_ecg).measurements
    assert found["V1.s_amp"].value == pytest.approx(was["V2.s_amp"].value, abs=0.05)
    assert INDEX["V1"] == 6
