"""Rhythm on simulated ECGs whose every P wave, beat and spike is known."""

from __future__ import annotations

import csv
import sys
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from calipers import Ecg, Measurements, measure
from calipers.knowledge import Verdict, evaluate
from calipers.leads import LEADS
from calipers.models.simulator import Simulated, Specification, simulate
from calipers.models.simulator.specification import Ectopy, Rhythm
from calipers.parameters import GLOBAL_UNITS
from calipers.report import Demographics

SEEDS = (100, 104, 108)


@cache
def record(rhythm: Rhythm, seed: int, ectopy: Ectopy | None = None) -> Simulated:
    return simulate(Specification(rhythm=rhythm, ectopy=(ectopy,) if ectopy else (), noise="light"), seed=seed)


@cache
def measured(rhythm: Rhythm, seed: int, ectopy: Ectopy | None = None) -> Measurements:
    return measure(record(rhythm, seed, ectopy).ecg)


def verdict(key: str, rhythm: Rhythm, seed: int, ectopy: Ectopy | None = None) -> Verdict:
    patient = record(rhythm, seed, ectopy).ecg.patient
    verdicts = evaluate(measured(rhythm, seed, ectopy), Demographics(age=patient.age, sex=patient.sex))
    return verdicts[key]


def asserts(key: str, rhythm: Rhythm, seed: int, ectopy: Ectopy | None = None) -> bool:
    found = verdict(key, rhythm, seed, ectopy)
    return found.result != "not_applicable" and bool(found.leans)


def number(found: Measurements, name: str) -> float:
    value = found.number(name)
    assert value is not None, f"{name}: {found[name].reason}"
    return value


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rhythm", ["sinus", "wenckebach", "flutter_4_1", "paced_dual", "third_degree_junctional"])
def test_every_rhythm_parameter_is_measured_or_has_a_reason(rhythm: Rhythm, seed: int) -> None:
    found = measured(rhythm, seed)
    for name in GLOBAL_UNITS:
        item = found[name]
        assert (item.status == "measured") == (item.value is not None) == (item.reason is None), name


@pytest.mark.parametrize("seed", SEEDS)
def test_wenckebach_lengthens_pr_by_what_it_lengthens(seed: int) -> None:
    found, truth = measured("wenckebach", seed), record("wenckebach", seed).truth
    assert number(found, "pr_lengthening") == pytest.approx(truth["pr_lengthening"], abs=20)
    assert number(found, "dropped_count") >= truth["dropped_count"] - 1
    assert number(found, "atrial_rate") == pytest.approx(truth["atrial_rate"], rel=0.04)
    assert number(found, "pr_range") == pytest.approx(truth["pr_range"], abs=40)
    assert asserts("wenckebach", "wenckebach", seed)
    assert not asserts("mobitz_2", "wenckebach", seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_mobitz_2_keeps_pr_constant_before_the_dropped_beat(seed: int) -> None:
    found = measured("mobitz_2", seed)
    assert abs(number(found, "pr_lengthening")) < 25
    assert asserts("mobitz_2", "mobitz_2", seed)
    assert not asserts("wenckebach", "mobitz_2", seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_other_p_wave_dropped_is_2_1_block_and_neither_mobitz_type(seed: int) -> None:
    found = measured("av_block_2_1", seed)
    assert number(found, "dropped_run_max") == number(found, "conducted_run_max") == 1
    assert number(found, "atrial_rate") == pytest.approx(2 * number(found, "hr"), rel=0.05)
    assert asserts("av_block_2_1", "av_block_2_1", seed)
    assert not asserts("mobitz_2", "av_block_2_1", seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_dropped_in_a_row_are_high_grade_block(seed: int) -> None:
    assert number(measured("high_grade_av_block", seed), "dropped_run_max") >= 2
    assert asserts("high_grade_av_block", "high_grade_av_block", seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_third_degree_block_has_an_atrial_rate_and_no_pr(seed: int) -> None:
    found, truth = measured("third_degree_junctional", seed), record("third_degree_junctional", seed).truth
    assert number(found, "av_dissociation") == 1.0
    assert number(found, "atrial_rate") == pytest.approx(truth["atrial_rate"], rel=0.04)
    assert found["pr"].status == "not_measurable"
    assert asserts("third_degree_av_block", "third_degree_junctional", seed)


@pytest.mark.parametrize("rhythm", ["sinus", "sinus_arrhythmia", "first_degree_av_block", "atrial_fibrillation"])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_av_block_beyond_the_first_degree_where_every_p_wave_conducts(rhythm: Rhythm, seed: int) -> None:
    for key in ("second_degree_av_block", "high_grade_av_block", "third_degree_av_block", "atrial_flutter"):
        assert not asserts(key, rhythm, seed), key


@pytest.mark.parametrize("rhythm", ["flutter_4_1", "flutter_variable"])
@pytest.mark.parametrize("seed", SEEDS)
def test_flutter_waves_give_their_rate(rhythm: Rhythm, seed: int) -> None:
    found, truth = measured(rhythm, seed), record(rhythm, seed).truth
    assert number(found, "flutter_rate") == pytest.approx(truth["flutter_rate"], rel=0.03)
    assert number(found, "flutter_regularity") >= 0.7
    assert asserts("atrial_flutter", rhythm, seed)
    assert not asserts("atrial_fibrillation", rhythm, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_fibrillation_has_no_flutter_rate_and_no_pr(seed: int) -> None:
    found = measured("atrial_fibrillation", seed)
    assert found["flutter_rate"].status == "not_measurable"
    assert number(found, "flutter_regularity") < 0.7
    assert found["pr"].status == "not_measurable"
    assert asserts("atrial_fibrillation", "atrial_fibrillation", seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_breathing_makes_sinus_arrhythmia_and_no_premature_beats(seed: int) -> None:
    assert number(measured("sinus_arrhythmia", seed), "pac_count") == 0
    assert asserts("sinus_arrhythmia", "sinus_arrhythmia", seed)
    assert not asserts("sinus_arrhythmia", "sinus", seed)


@pytest.mark.parametrize("ectopy", ["pvc", "pvc_couplet", "pvc_bigeminy", "nsvt"])
@pytest.mark.parametrize("seed", SEEDS)
def test_premature_ventricular_beats_are_counted_with_their_coupling(ectopy: Ectopy, seed: int) -> None:
    found, truth = measured("sinus", seed, ectopy), record("sinus", seed, ectopy).truth
    assert number(found, "pvc_count") == pytest.approx(truth["pvc_count"], abs=1)
    assert number(found, "pvc_run_max") == pytest.approx(truth["pvc_run_max"], abs=1)
    assert number(found, "pvc_coupling") == pytest.approx(truth["pvc_coupling"], abs=45)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_premature_atrial_beat_is_no_ventricular_one(seed: int) -> None:
    found, truth = measured("sinus", seed, "pac"), record("sinus", seed, "pac").truth
    assert number(found, "pac_count") == pytest.approx(truth["pac_count"], abs=1)
    assert number(found, "pvc_count") == 0
    assert number(found, "pac_coupling") == pytest.approx(truth["pac_coupling"], abs=30)


@pytest.mark.parametrize(
    ("rhythm", "key"),
    [("paced_atrial", "atrial_paced_rhythm"), ("paced_ventricular", "ventricular_paced_rhythm")],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_spikes_are_counted_in_their_chamber(rhythm: Rhythm, key: str, seed: int) -> None:
    found, truth = measured(rhythm, seed), record(rhythm, seed).truth
    for name in ("atrial_paced_count", "ventricular_paced_count"):
        assert number(found, name) == pytest.approx(truth[name], abs=1), name
    assert number(found, "noncapture_count") == 0
    assert asserts(key, rhythm, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_spikes_without_an_answer_are_failure_to_capture(seed: int) -> None:
    found, truth = measured("failure_to_capture", seed), record("failure_to_capture", seed).truth
    assert number(found, "noncapture_count") == pytest.approx(truth["noncapture_count"], abs=2)
    assert asserts("failure_to_capture", "failure_to_capture", seed)


@pytest.mark.parametrize(
    ("rhythm", "key"), [("svt", "supraventricular_tachycardia"), ("idioventricular", "idioventricular_rhythm")]
)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_rhythm_without_p_waves_is_named_and_not_called_sinus(rhythm: Rhythm, key: str, seed: int) -> None:
    assert number(measured(rhythm, seed), "p_per_qrs") <= 0.1
    assert not asserts("sinus_rhythm", rhythm, seed)
    assert asserts(key, rhythm, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_junctional_rhythm_has_no_p_waves_or_inverted_ones_close_to_the_qrs(seed: int) -> None:
    found = measured("junctional", seed)
    without = number(found, "p_per_qrs") <= 0.3
    assert without or (number(found, "pr") < 120 and number(found, "II.p_amp") < 0)
    assert not asserts("sinus_rhythm", "junctional", seed)


def test_rhythm_survives_records_of_a_second_and_without_beats() -> None:
    short = simulate(Specification(rhythm="sinus", duration_s=1.0), seed=1)
    assert measure(short.ecg)["rr_range"].status == "not_measurable"
    silent = simulate(Specification(rhythm="asystole"), seed=2)
    assert np.isfinite(measure(silent.ecg).number("pvc_count") or 0.0)


def labelled(data_dir: Path, label: str, n: int) -> list[Ecg]:
    """The first records of PTB-XL folds 1-8 with one label."""
    with (data_dir / "ptbxl" / "records.csv").open() as file:
        wanted = {
            int(row["ecg_id"])
            for row in csv.DictReader(file)
            if f"'{label}'" in row["scp_codes"] and row["strat_fold"] != "9"
        }
    sys.path.insert(0, str(data_dir))
    try:
        from load import ptbxl  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(data_dir))
    found = (Ecg.from_array(signal, 500, LEADS) for ecg_id, signal in ptbxl() if ecg_id in wanted)
    return list(islice(found, n))


def test_spikes_are_found_in_real_paced_records(data_dir: Path) -> None:
    counts = [measure(ecg).number("paced_count") or 0 for ecg in labelled(data_dir, "PACE", 6)]
    assert sum(count >= 3 for count in counts) >= 5


def test_flutter_waves_are_found_in_real_flutter(data_dir: Path) -> None:
    rates = [measure(ecg).number("flutter_rate") for ecg in labelled(data_dir, "AFLT", 3)]
    assert all(rate is not None and 214 <= rate <= 350 for rate in rates)
