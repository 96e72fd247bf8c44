"""Ventricles that fibrillate, stop, or beat: told apart on signals of known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calipers import Ecg
from calipers.knowledge import evaluate, urgency
from calipers.leads import LEADS
from calipers.models.simulator import Rhythm, Specification, simulate
from calipers.report import Demographics
from calipers.tools.measure import examine

SEEDS = range(40, 44)
MAN = Demographics(age=60.0, sex="male")


def asserted(ecg: Ecg) -> set[str]:
    return {key for key, found in evaluate(examine(ecg).measurements, MAN).items() if found.asserted}


def ecg_of(rhythm: Rhythm, seed: int, **more: object) -> Ecg:
    return simulate(Specification(rhythm=rhythm, noise="light", **more), seed=seed).ecg  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rhythm", ["ventricular_fibrillation", "torsades"])
def test_chaos_is_ventricular_and_nothing_else_is_said(rhythm: Rhythm, seed: int) -> None:
    assert asserted(ecg_of(rhythm, seed)) == {"ventricular_fibrillation"}


@pytest.mark.parametrize("seed", SEEDS)
def test_fibrillation_has_no_heart_rate_but_one_of_its_waves(seed: int) -> None:
    found = examine(ecg_of("ventricular_fibrillation", seed)).measurements
    assert found["hr"].value is None
    assert found["qrs_count"].value is None
    assert 200 <= found["fibrillation_rate"].number <= 420  # type: ignore[operator]


@pytest.mark.parametrize("seed", SEEDS)
def test_silence_is_zero_complexes_and_critical(seed: int) -> None:
    found = examine(ecg_of("asystole", seed))
    assert found.measurements["qrs_count"].value == 0.0
    assert urgency(evaluate(found.measurements, MAN), found.quality.assessable)[0] == "critical"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rhythm", ["vt", "atrial_fibrillation", "preexcited_af", "idioventricular", "flutter_2_1"])
def test_beating_ventricles_neither_fibrillate_nor_stop(rhythm: Rhythm, seed: int) -> None:
    assert not asserted(ecg_of(rhythm, seed)) & {"ventricular_fibrillation", "asystole"}


@pytest.mark.parametrize("gain", [0.3, 0.5])
def test_low_voltage_is_no_asystole(gain: float) -> None:
    whole = simulate(Specification(rhythm="sinus", noise="clean"), seed=41)
    low = replace(whole.ecg, signal_mv=whole.ecg.signal_mv * np.float32(gain))
    assert examine(low).measurements["qrs_count"].value == sum(event.kind == "normal" for event in whole.ventricular)


def test_noise_alone_is_not_assessable() -> None:
    rng = np.random.default_rng(3)
    noise = Ecg.from_array(rng.normal(0.0, 0.3, (12, 5000)).astype(np.float32), 500.0, LEADS)
    found = examine(noise)
    assert not found.quality.assessable
    assert not asserted(noise)


@pytest.mark.parametrize("seed", SEEDS)
def test_regular_slow_beats_over_f_waves_are_complete_block(seed: int) -> None:
    assert "af_complete_av_block" in asserted(ecg_of("af_third_degree", seed))


@pytest.mark.parametrize("rhythm", ["junctional", "idioventricular", "sinus"])
def test_without_f_waves_there_is_no_complete_block(rhythm: Rhythm) -> None:
    assert not any("af_complete_av_block" in asserted(ecg_of(rhythm, seed)) for seed in SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_p_waves_that_another_detector_counts_do_not_blur_the_rate(seed: int) -> None:
    assert examine(ecg_of("third_degree_junctional", seed)).measurements["hr"].uncertainty < 2.0  # type: ignore[operator]
