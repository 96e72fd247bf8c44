"""The engine's promises, on a real ECG and on what a known change must do to it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from calipers import Ecg, Measurements, measure
from calipers.evidence import measurement_id
from calipers.leads import CHEST, INDEX, LEADS
from calipers.parameters import GLOBAL_UNITS, LEAD_UNITS
from calipers.tools.measure import examine

INTERVALS = ("p_dur", "pr", "qrs", "qt")


@pytest.fixture(scope="module")
def measured(demo_ecg: Ecg) -> Measurements:
    return measure(demo_ecg)


def changed(ecg: Ecg, signal_mv: NDArray[np.float32]) -> Ecg:
    return Ecg.from_array(signal_mv, ecg.fs_hz, LEADS, age=ecg.patient.age, sex=ecg.patient.sex)


def test_every_name_of_the_contract_is_there(measured: Measurements) -> None:
    assert set(GLOBAL_UNITS) <= set(measured)
    assert {f"{lead}.{name}" for lead in LEADS for name in LEAD_UNITS} <= set(measured)
    beats = sum(key.startswith("qrs#") for key in measured)
    assert beats == 10
    assert {f"{name}#{k}" for name in ("rr", *INTERVALS) for k in range(beats)} <= set(measured)
    assert {f"{lead}.st_j#{k}" for lead in LEADS for k in range(beats)} <= set(measured)


def test_ids_agree_with_their_parts_and_spans_lie_in_the_record(measured: Measurements, demo_ecg: Ecg) -> None:
    for key, item in measured.items():
        assert key == item.id == measurement_id(item.name, item.lead, item.beat)
        assert item.record == demo_ecg.record
        assert (item.value is None) == (item.status == "not_measurable") == (item.reason is not None)
        for span in item.spans:
            assert -0.01 <= span.start_s <= span.end_s <= demo_ecg.duration_s + 0.01


def test_the_demo_agrees_with_its_cart(measured: Measurements, demo_ecg: Ecg) -> None:
    cart = demo_ecg.source.device_measurements
    assert measured["hr"].value == pytest.approx(61, abs=1)
    for name in ("pr", "qrs", "qt"):
        assert measured[name].value == pytest.approx(cart[name], abs=15), name
    for name in ("p_axis", "qrs_axis", "t_axis"):
        assert measured[name].value == pytest.approx(cart[name], abs=15), name


def test_the_first_span_of_an_interval_is_as_long_as_the_interval(measured: Measurements) -> None:
    for name in INTERVALS:
        span = measured[name].spans[0]
        assert 1000 * (span.end_s - span.start_s) == pytest.approx(measured[name].value, abs=12)


@pytest.mark.parametrize("fs_hz", [250.0, 360.0, 500.0])
def test_the_sampling_rate_does_not_change_the_intervals(demo_ecg: Ecg, measured: Measurements, fs_hz: float) -> None:
    from scipy.signal import resample_poly

    signal = resample_poly(demo_ecg.signal_mv, int(fs_hz), 1000, axis=1, padtype="line")
    again = measure(Ecg.from_array(signal, fs_hz, LEADS))
    for name in INTERVALS:
        assert again[name].value == pytest.approx(measured[name].value, abs=8), name


def test_twice_the_gain_doubles_amplitudes_and_keeps_times(demo_ecg: Ecg, measured: Measurements) -> None:
    again = measure(changed(demo_ecg, 2 * demo_ecg.signal_mv))
    assert again["V5.r_amp"].value == pytest.approx(2 * (measured.number("V5.r_amp") or 0), rel=0.02)
    for name in INTERVALS:
        assert again[name].value == pytest.approx(measured[name].value, abs=4)


def test_two_leads_at_250_hz_measure(demo_ecg: Ecg, measured: Measurements) -> None:
    from scipy.signal import resample_poly

    two = resample_poly(demo_ecg.signal_mv[[1, 10]], 1, 4, axis=1, padtype="line")
    again = measure(Ecg.from_array(two, 250, ["II", "V5"]))
    assert again["hr"].value == pytest.approx(measured["hr"].value, abs=1)
    assert again["qrs"].value == pytest.approx(measured["qrs"].value, abs=25)
    assert again["V1.st_j"].status == "not_measurable"
    assert "not recorded" in (again["V1.st_j"].reason or "")
    assert again["qrs_axis"].status == "not_measurable"


def test_a_raised_st_segment_raises_st_j_by_as_much(demo_ecg: Ecg, measured: Measurements) -> None:
    found = examine(demo_ecg)
    assert found.marks is not None
    signal = demo_ecg.signal_mv.copy()
    for onset_s, end_s in (
        (m.spans[0].start_s, m.spans[0].end_s) for k, m in measured.items() if k.startswith("qt#") and m.spans
    ):
        qrs_s = (measured.number("qrs") or 0) / 1000
        start, stop = int((onset_s + qrs_s - 0.02) * 1000), int(end_s * 1000)
        rise = np.clip(np.arange(stop - start) / 15.0, 0, 1) * np.clip(
            (stop - start - np.arange(stop - start)) / 60.0, 0, 1
        )
        signal[INDEX["V3"], start:stop] += 0.2 * rise
    raised = measure(changed(demo_ecg, signal))
    assert (raised.number("V3.st_60") or 0) - (measured.number("V3.st_60") or 0) == pytest.approx(0.2, abs=0.03)
    assert raised["II.st_60"].value == pytest.approx(measured["II.st_60"].value, abs=0.02)


def test_no_p_wave_means_no_pr(demo_ecg: Ecg, measured: Measurements) -> None:
    signal = demo_ecg.signal_mv.copy()
    for key, item in measured.items():
        if key.startswith("pr#") and item.spans:
            start, stop = int(item.spans[0].start_s * 1000) - 40, int(item.spans[0].end_s * 1000) - 5
            start = max(start, 0)
            ramp = np.linspace(0, 1, stop - start)
            signal[:, start:stop] = signal[:, [start]] * (1 - ramp) + signal[:, [stop]] * ramp
    erased = measure(changed(demo_ecg, signal))
    for name in ("pr", "p_dur", "p_axis"):
        assert erased[name].status == "not_measurable", name
        assert erased[name].value is None
    assert erased["p_per_qrs"].status == "measured", "the absence itself is measured"
    assert (erased.number("p_per_qrs") or 0) < 0.5
    assert erased["qrs"].value == pytest.approx(measured["qrs"].value, abs=12)


def test_one_noisy_lead_is_named_and_left_out(demo_ecg: Ecg, measured: Measurements) -> None:
    signal = demo_ecg.signal_mv.copy()
    signal[INDEX["V2"]] = np.random.default_rng(1).normal(0, 0.6, signal.shape[1])
    found = examine(changed(demo_ecg, signal))
    assert any("V2" in reason for reason in found.quality.reasons)
    assert found.measurements["V2.r_amp"].status == "not_measurable"
    for name in INTERVALS:
        assert found.measurements[name].value == pytest.approx(measured[name].value, abs=12), name


def test_a_gap_of_nan_is_bridged_and_costs_quality(demo_ecg: Ecg, measured: Measurements) -> None:
    signal = demo_ecg.signal_mv.copy()
    signal[:, 4200:4500] = np.nan
    found = examine(changed(demo_ecg, signal))
    assert found.measurements["hr"].value == pytest.approx(measured["hr"].value, abs=4)
    assert all(lead.score < 1 for lead in found.quality.leads)
    assert "not recorded" in " ".join(found.quality.leads[0].reasons)


def test_a_flat_record_is_not_assessable_and_has_every_id_with_a_reason() -> None:
    found = examine(Ecg.from_array(np.zeros((12, 5000)), 500, LEADS))
    assert not found.quality.assessable
    assert {key: item.status for key, item in found.measurements.items() if key in GLOBAL_UNITS} == dict.fromkeys(
        GLOBAL_UNITS, "not_measurable"
    )


def test_a_saturated_lead_is_said_to_be(demo_ecg: Ecg) -> None:
    signal = np.clip(demo_ecg.signal_mv, -0.3, 0.3)
    found = examine(changed(demo_ecg, signal))
    assert any("saturated" in reason for lead in found.quality.leads for reason in lead.reasons)


def test_one_second_of_signal_measures_what_it_can_and_says_the_rest(demo_ecg: Ecg) -> None:
    found = examine(changed(demo_ecg, demo_ecg.signal_mv[:, 1200:2200]))
    assert found.measurements["rr_sd"].status == "not_measurable"
    assert any("1.0 s of signal" in reason for reason in found.quality.reasons)


def test_exchanged_arm_electrodes_are_reported_not_corrected(demo_ecg: Ecg) -> None:
    signal = demo_ecg.signal_mv.copy()
    signal[0] *= -1
    signal[[1, 2]] = signal[[2, 1]]
    signal[[3, 4]] = signal[[4, 3]]
    found = examine(changed(demo_ecg, signal))
    assert any("arm electrodes" in reason for reason in found.quality.reasons)
    assert (found.measurements.number("I.r_amp") or 0) < 0.3, "the leads stay as they were given"
    assert not any("arm electrodes" in reason for reason in examine(demo_ecg).quality.reasons)


def test_uncertainty_is_stated_for_every_measured_number(measured: Measurements) -> None:
    for item in measured.values():
        if isinstance(item.value, float) and item.name not in ("quality", "qrs_notch"):
            assert item.uncertainty is not None, item.id
            assert item.uncertainty >= 0


def ptbxl_records(data_dir: Path, label: str, n: int) -> Iterator[Ecg]:
    sys.path.insert(0, str(data_dir))
    try:
        from load import ptbxl  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(data_dir))
    with (data_dir / "ptbxl" / "records.csv").open() as file:
        labelled = {int(row["ecg_id"]) for row in csv.DictReader(file) if f"'{label}'" in row["scp_codes"]}
    for ecg_id, signal_mv in ptbxl():
        if ecg_id in labelled and n > 0:
            n -= 1
            yield Ecg.from_array(signal_mv, 500, LEADS)
        if n == 0:
            return


def test_atrial_fibrillation_has_no_pr(data_dir: Path) -> None:
    invented = [measure(ecg)["pr"].value is not None for ecg in ptbxl_records(data_dir, "AFIB", 20)]
    assert sum(invented) <= 1


def test_sinus_rhythm_has_a_pr(data_dir: Path) -> None:
    missing = [measure(ecg)["pr"].value is None for ecg in ptbxl_records(data_dir, "SR", 20)]
    assert sum(missing) <= 1


def test_chest_leads_measure_without_any_limb_lead(demo_ecg: Ecg) -> None:
    rows = [INDEX[lead] for lead in CHEST]
    found = measure(Ecg.from_array(demo_ecg.signal_mv[rows], demo_ecg.fs_hz, CHEST))
    assert found["qrs"].status == "measured"
    assert found["qrs_axis"].status == "not_measurable"
