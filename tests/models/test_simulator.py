"""The simulator's truth is what its samples and events show: rhythms, ectopy, pacing, determinism."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest

from calipers.errors import UsageError
from calipers.leads import LEADS, LIMB_FROM_I_AND_II
from calipers.models.simulator import Rhythm, Simulated, Specification, simulate

RHYTHMS = get_args(Rhythm)
SEEDS = range(6)


def rr_s(record: Simulated) -> np.ndarray:
    return np.diff([beat.onset_s for beat in record.ventricular])


def pr_s(record: Simulated) -> list[float]:
    return [
        record.ventricular[wave.conducted_to].onset_s - wave.onset_s
        for wave in record.atrial
        if wave.conducted_to is not None and wave.kind != "retrograde"
    ]


def test_same_specification_and_seed_give_the_same_samples() -> None:
    spec = Specification(rhythm="wenckebach", ectopy=("pvc",), morphologies=("rbbb",), noise="heavy")
    one, other = simulate(spec, 5), simulate(spec, 5)
    np.testing.assert_array_equal(one.ecg.signal_mv, other.ecg.signal_mv)
    assert one.truth == other.truth
    assert one.ecg.record != simulate(spec, 6).ecg.record


def test_the_seed_keeps_the_patient_and_the_beats_when_noise_is_added() -> None:
    clean, noisy = simulate(Specification(), 3), simulate(Specification(noise="heavy", filters="monitor"), 3)
    assert clean.ecg.patient == noisy.ecg.patient
    assert clean.ventricular == noisy.ventricular


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_every_rhythm_obeys_einthoven_and_is_plausible(rhythm: Rhythm) -> None:
    record = simulate(Specification(rhythm=rhythm, noise="usual"), 1)
    leads = dict(zip(LEADS, record.ecg.signal_mv.astype(np.float64), strict=True))
    for lead, (of_i, of_ii) in LIMB_FROM_I_AND_II.items():
        np.testing.assert_allclose(leads[lead], of_i * leads["I"] + of_ii * leads["II"], atol=1e-5)
    assert record.ecg.synthetic
    assert record.ecg.signal_mv.shape == (12, 5000)
    assert np.abs(record.ecg.signal_mv).max() < 6.0


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_events_are_in_order_and_inside_the_record(rhythm: Rhythm) -> None:
    for seed in SEEDS:
        record = simulate(Specification(rhythm=rhythm), seed)
        onsets = [beat.onset_s for beat in record.ventricular]
        assert onsets == sorted(onsets)
        assert all(0.0 <= at < 10.0 for at in onsets)
        assert all(b.onset_s < b.offset_s <= b.t_onset_s < b.t_offset_s for b in record.ventricular)
        assert all(w.conducted_to is None or w.conducted_to < len(onsets) for w in record.atrial)
        assert not any(w.blocked and w.conducted_to is not None for w in record.atrial)


@pytest.mark.parametrize("rate", [35.0, 60.0, 100.0, 170.0])
def test_the_rate_asked_for_is_the_rate_of_the_beats(rate: float) -> None:
    record = simulate(Specification(rate=rate, duration_s=30.0), 2)
    assert record.truth["hr"] == pytest.approx(rate, rel=0.03)


def test_wenckebach_pr_grows_by_smaller_steps_until_a_beat_drops() -> None:
    for seed in SEEDS:
        record = simulate(Specification(rhythm="wenckebach", duration_s=30.0), seed)
        assert record.truth["dropped_run_max"] == 1
        assert record.truth["pr_lengthening"] >= 45.0
        for before, after in pairwise(record.atrial):
            if before.conducted_to is not None and after.conducted_to is not None:
                first = record.ventricular[before.conducted_to].onset_s - before.onset_s
                second = record.ventricular[after.conducted_to].onset_s - after.onset_s
                assert second > first + 0.003


def test_mobitz_two_drops_beats_without_lengthening() -> None:
    for seed in SEEDS:
        record = simulate(Specification(rhythm="mobitz_2"), seed)
        assert record.truth["dropped_count"] >= 1
        assert np.ptp(pr_s(record)) < 0.002


def test_two_to_one_block_conducts_every_other_p_wave() -> None:
    record = simulate(Specification(rhythm="av_block_2_1"), 4)
    blocked = [wave.blocked for wave in record.atrial]
    assert all(one != other for one, other in pairwise(blocked))


def test_third_degree_block_conducts_nothing_and_the_atria_are_faster() -> None:
    for seed in SEEDS:
        record = simulate(Specification(rhythm="third_degree_ventricular"), seed)
        assert all(wave.blocked for wave in record.atrial)
        assert record.truth["atrial_rate"] > 1.3 * record.truth["hr"]
        assert "pr" not in record.truth


def test_high_grade_block_drops_two_in_a_row() -> None:
    assert simulate(Specification(rhythm="high_grade_av_block"), 0).truth["dropped_run_max"] >= 2


def test_a_pvc_is_followed_by_a_compensatory_pause() -> None:
    for seed in SEEDS:
        record = simulate(Specification(ectopy=("pvc_trigeminy",), rate=70.0), seed)
        kinds = [beat.kind for beat in record.ventricular]
        gaps = rr_s(record)
        two_normal = [gap for gap, two in zip(gaps, pairwise(kinds), strict=True) if two == ("normal", "normal")]
        around = [gaps[k - 1] + gaps[k] for k in range(1, len(gaps)) if kinds[k] == "pvc"]
        assert around
        np.testing.assert_allclose(around, 2 * np.median(two_normal), rtol=0.06)


def test_an_interpolated_pvc_fits_between_two_sinus_beats() -> None:
    record = simulate(Specification(ectopy=("pvc_interpolated",), rate=60.0), 2)
    kinds = [beat.kind for beat in record.ventricular]
    gaps = rr_s(record)
    around = [gaps[k - 1] + gaps[k] for k in range(1, len(gaps)) if kinds[k] == "pvc"]
    assert around
    assert max(around) < 1.15


def test_a_pac_resets_the_sinus_node() -> None:
    for seed in SEEDS:
        record = simulate(Specification(ectopy=("pac",), rate=65.0), seed)
        kinds = [beat.kind for beat in record.ventricular]
        gaps = rr_s(record)
        around = [gaps[k - 1] + gaps[k] for k in range(1, len(gaps)) if kinds[k] == "pac" and kinds[k - 1] == "normal"]
        assert all(both < 1.97 * 60.0 / 65.0 for both in around)
        assert record.truth["pac_count"] == kinds.count("pac") >= 1


def test_counts_of_ectopy_are_those_of_the_events() -> None:
    record = simulate(Specification(ectopy=("pvc_bigeminy",)), 3)
    assert record.truth["pvc_bigeminy"] >= 3
    assert simulate(Specification(ectopy=("nsvt",)), 3).truth["pvc_run_max"] >= 3
    assert simulate(Specification(ectopy=("pvc_multiform",)), 3).truth["pvc_shapes"] == 2
    blocked = simulate(Specification(ectopy=("pac_blocked",)), 3)
    assert any(wave.blocked and wave.kind == "ectopic" for wave in blocked.atrial)
    assert blocked.truth["dropped_count"] == 0


def test_atrial_fibrillation_has_no_pr_and_is_irregular() -> None:
    for seed in SEEDS:
        record = simulate(Specification(rhythm="atrial_fibrillation", rate=90.0), seed)
        assert "pr" not in record.truth
        assert [wave.kind for wave in record.atrial] == ["fibrillation"]
        assert rr_s(record).std() / rr_s(record).mean() > 0.1


@pytest.mark.parametrize("rhythm", ["flutter_2_1", "flutter_4_1"])
def test_flutter_waves_stand_in_the_signal_at_their_rate(rhythm: Rhythm) -> None:
    record = simulate(Specification(rhythm=rhythm), 3)
    assert 218 <= record.truth["flutter_rate"] <= 352
    assert record.truth["flutter_rate"] / record.truth["hr"] == pytest.approx(float(rhythm[8]), rel=0.04)
    inferior = record.ecg.lead("II").astype(np.float64)
    spectrum = np.abs(np.fft.rfft((inferior - inferior.mean()) * np.hanning(inferior.size)))
    hz = np.fft.rfftfreq(inferior.size, 1 / 500)
    near = np.abs(hz - record.truth["flutter_rate"] / 60) < 0.15
    assert spectrum[near].max() > 3 * np.median(spectrum[(hz > 3) & (hz < 7)])


def test_a_sinus_pause_lasts_more_than_three_seconds() -> None:
    for seed in SEEDS:
        record = simulate(Specification(rhythm="sinus_pause"), seed)
        assert record.truth["pause_max"] > 3000
        assert "long_pause" in record.statements


@pytest.mark.parametrize("rhythm", ["paced_ventricular", "paced_dual", "paced_biventricular", "failure_to_capture"])
def test_captured_spikes_are_answered_at_once_and_the_others_are_not(rhythm: Rhythm) -> None:
    for seed in SEEDS:
        record = simulate(Specification(rhythm=rhythm), seed)
        paced = np.array([beat.onset_s for beat in record.ventricular if beat.kind == "paced"])
        every = np.array([beat.onset_s for beat in record.ventricular])
        for spike in record.spikes:
            if spike.chamber != "ventricle" or spike.time_s > 9.9:
                continue
            if spike.captured:
                assert np.abs(paced - spike.time_s).min() < 0.03
            else:
                assert not np.any((every > spike.time_s - 0.02) & (every < spike.time_s + 0.15))
        lost = sum(not spike.captured for spike in record.spikes)
        assert record.truth["noncapture_count"] == lost
        assert (lost > 0) == (rhythm == "failure_to_capture")


def test_spikes_stand_in_the_signal_where_the_truth_says() -> None:
    record = simulate(Specification(rhythm="paced_ventricular"), 2)
    steep = np.abs(np.diff(record.ecg.signal_mv.astype(np.float64), axis=1)).max(axis=0)
    for spike in record.spikes:
        first = round(spike.time_s * 500)
        if 5 < first < 4990:
            assert steep[first - 2 : first + 2].max() > 5 * np.median(steep)


def test_another_sampling_rate_shows_the_same_record() -> None:
    fine, coarse = simulate(Specification(fs_hz=500.0), 4), simulate(Specification(fs_hz=250.0), 4)
    assert fine.ventricular == coarse.ventricular
    np.testing.assert_allclose(fine.ecg.signal_mv[:, ::2], coarse.ecg.signal_mv, atol=0.04)


def test_ten_seconds_take_at_most_20_ms() -> None:
    simulate(Specification(), 0)
    took_s = []
    for seed in range(12):
        start_s = time.process_time()
        simulate(Specification(noise="usual", filters="diagnostic"), seed)
        took_s.append(time.process_time() - start_s)
    assert min(took_s) <= 0.020


def test_names_that_do_not_exist_are_refused_in_one_line() -> None:
    with pytest.raises(UsageError, match="found rhythm `polka`"):
        Specification(rhythm="polka")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="found morphology `odd`"):
        Specification(morphologies=("odd",))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="duration"):
        Specification(duration_s=0.0)
