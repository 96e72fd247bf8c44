"""Shapes drawn with known truth are named as a reader would name them."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from calipers import Ecg, Measurements, measure
from calipers.leads import LEADS
from calipers.parameters import LEAD_UNITS, WAVE_SHAPES
from calipers.tools.measure.morphology import qrs_shape
from calipers.tools.measure.per_lead import noise_mv
from calipers.tools.measure.slurs import j_wave, slow_start
from calipers.tools.measure.wave_shape import p_wave, t_wave

Lead1D = NDArray[np.float64]

#: Samples at 500 Hz of the drawn beat, and where its QRS lies.
N: Final = 550
ONSET: Final = 200


def drawn(*corners: tuple[float, float]) -> Lead1D:
    """One lead of a beat: straight lines between (ms after QRS onset, mV), zero outside."""
    times, levels = zip(*corners, strict=True)
    ms = (np.arange(N) - ONSET) * 2.0
    line: Lead1D = np.interp(ms, times, levels, left=0.0, right=0.0)
    return line


def bump(centre_ms: float, width_ms: float, mv: float) -> Lead1D:
    """A smooth wave, `width_ms` at half its height."""
    ms = (np.arange(N) - ONSET) * 2.0
    wave: Lead1D = mv * np.exp(-4.0 * np.log(2.0) * ((ms - centre_ms) / width_ms) ** 2)
    return wave


@pytest.mark.parametrize(
    ("peaks_mv", "pattern"),
    [
        ((1.0,), "R"),
        ((-1.0,), "QS"),
        ((-0.1, 1.0), "qR"),
        ((0.2, -1.0), "rS"),
        ((-0.1, 1.0, -0.3), "qRs"),
        ((0.2, -0.6, 0.9), "rSR'"),
        ((0.2, -0.3, 0.9), "rsR'"),
        ((-0.8, 0.5), "QR"),
        ((0.9, -0.8), "RS"),
    ],
)
def test_the_pattern_follows_the_waves(peaks_mv: tuple[float, ...], pattern: str) -> None:
    corners: list[tuple[float, float]] = [(0.0, 0.0)]
    for k, mv in enumerate(peaks_mv):
        corners += [(30.0 * k + 15.0, mv), (30.0 * k + 30.0, 0.0)]
    shape = qrs_shape(drawn(*corners), ONSET, ONSET + 15 * len(peaks_mv))
    assert shape.pattern == pattern


def test_a_wave_below_the_lead_s_noise_is_none() -> None:
    lead = drawn((0, 0), (10, 0.04), (20, 0), (40, -1.0), (60, 0))
    assert qrs_shape(lead, ONSET, ONSET + 30).pattern == "rS"
    assert qrs_shape(lead, ONSET, ONSET + 30, noise_mv=0.06).pattern == "QS"


def test_amplitudes_and_durations_are_those_drawn() -> None:
    shape = qrs_shape(drawn((0, 0), (10, -0.2), (20, 0), (50, 1.0), (80, 0)), ONSET, ONSET + 40)
    assert shape.q is not None
    assert shape.r is not None
    assert shape.q.amplitude_mv == pytest.approx(-0.2, abs=0.01)
    assert shape.q.duration_ms == pytest.approx(20, abs=4)
    assert shape.r.amplitude_mv == pytest.approx(1.0, abs=0.01)
    assert shape.r.duration_ms == pytest.approx(60, abs=4)


@pytest.mark.parametrize(
    ("corners", "notched"),
    [
        (((0, 0), (40, 1.0), (80, 0)), False),
        (((0, 0), (40, 1.0), (60, 0.7), (80, 1.0), (120, 0)), True),
        (((0, 0), (20, 0.5), (50, 0.55), (75, 1.2), (120, 0)), True),
        (((0, 0), (40, 1.0), (80, 0.98), (120, 0)), True),
    ],
    ids=["single peak", "notch", "slurred upstroke", "flat top"],
)
def test_notches_slurs_and_flat_tops_are_one_finding(corners: tuple[tuple[float, float], ...], notched: bool) -> None:
    assert qrs_shape(drawn(*corners), ONSET, ONSET + 60).notched is notched


@pytest.mark.parametrize(
    ("wave", "shape"),
    [
        (bump(-110, 50, 0.15), "upright"),
        (bump(-110, 50, -0.1), "inverted"),
        (bump(-110, 50, 0.005), "flat"),
        (bump(-130, 30, 0.12) + bump(-80, 30, 0.12), "notched"),
        (bump(-130, 30, 0.08) + bump(-85, 30, -0.08), "positive-negative"),
        (bump(-130, 30, -0.08) + bump(-85, 30, 0.08), "negative-positive"),
    ],
)
def test_p_is_named_by_its_phases(wave: Lead1D, shape: str) -> None:
    assert p_wave(wave, ONSET - 85, ONSET - 25, 0.0).shape == shape


def test_the_terminal_part_of_p_is_the_negative_phase_that_ends_it() -> None:
    lead = drawn((-170, 0), (-140, 0.08), (-110, 0), (-80, -0.1), (-50, 0))
    found = p_wave(lead, ONSET - 85, ONSET - 25, 0.0)
    assert found.terminal_mv == pytest.approx(-0.1, abs=0.015)
    assert (found.terminal[1] - found.terminal[0]) * 2 == pytest.approx(60, abs=8)


def test_an_upright_p_has_no_terminal_force() -> None:
    found = p_wave(bump(-110, 50, 0.15), ONSET - 85, ONSET - 25, 0.0)
    assert found.terminal_mv == 0.0
    assert found.terminal[0] == found.terminal[1]


@pytest.mark.parametrize(
    ("wave", "shape", "amplitude_mv"),
    [
        (bump(250, 90, 0.4), "upright", 0.4),
        (bump(250, 90, -0.3), "inverted", -0.3),
        (bump(250, 90, 0.02), "flat", 0.02),
        (bump(210, 60, 0.4) + bump(290, 60, 0.35), "notched", 0.4),
        (bump(210, 60, 0.3) + bump(290, 60, -0.3), "positive-negative", 0.3),
        (bump(210, 60, -0.2) + bump(290, 60, 0.4), "negative-positive", 0.4),
    ],
)
def test_t_is_named_by_its_phases(wave: Lead1D, shape: str, amplitude_mv: float) -> None:
    found = t_wave(wave, ONSET + 70, ONSET + 180, ONSET + 45, 0.0)
    assert found.shape == shape
    assert found.amplitude_mv == pytest.approx(amplitude_mv, abs=0.03)


def test_st_elevation_that_falls_into_a_negative_t_is_an_inverted_t() -> None:
    lead = drawn((85, 0.25), (160, 0.2), (260, -0.3), (350, 0.0))
    assert t_wave(lead, ONSET + 75, ONSET + 178, ONSET + 45, 0.0).shape == "inverted"


def test_st_depression_does_not_turn_an_upright_t() -> None:
    lead = drawn((85, -0.2), (150, -0.2), (250, 0.3), (350, 0.0))
    found = t_wave(lead, ONSET + 75, ONSET + 178, ONSET + 45, 0.0)
    assert found.shape == "upright"
    assert found.amplitude_mv == pytest.approx(0.3, abs=0.03)


def test_t_width_is_taken_at_half_the_height() -> None:
    found = t_wave(bump(250, 90, 0.4), ONSET + 70, ONSET + 180, ONSET + 45, 0.0)
    assert found.half is not None
    assert (found.half[1] - found.half[0]) * 2 == pytest.approx(90, abs=8)


def test_a_delta_wave_is_the_slow_start_and_silence_is_not() -> None:
    delta = drawn((0, 0), (45, 0.25), (75, 1.5), (110, 0))
    silent = drawn((0, 0), (45, 0.0), (75, 1.5), (110, 0))
    start, steep = slow_start(delta, ONSET, ONSET + 60, 0.02) or (0, 0)
    assert (steep - start) * 2 == pytest.approx(42, abs=8)
    start, steep = slow_start(silent, ONSET, ONSET + 60, 0.02) or (0, 1)
    assert start == steep


def test_a_qrs_too_small_for_its_slope_is_said_to_be() -> None:
    assert slow_start(drawn((0, 0), (40, 0.1), (80, 0)), ONSET, ONSET + 40, 0.0) is None


def test_a_notch_and_a_slur_at_the_end_of_the_qrs_are_j_waves() -> None:
    notch = drawn((0, 0), (40, 1.2), (70, 0.1), (80, 0.25), (95, 0.0))
    slur = drawn((0, 0), (40, 1.2), (66, 0.25), (90, 0.22), (110, 0.0))
    plain = drawn((0, 0), (40, 1.2), (80, 0.0))
    peak = ONSET + 20
    found = j_wave(notch, peak, ONSET + 45, 0.02)
    assert found is not None
    assert found.kind == "notch"
    assert found.amplitude_mv == pytest.approx(0.25, abs=0.05)
    found = j_wave(slur, peak, ONSET + 50, 0.02)
    assert found is not None
    assert found.kind == "slur"
    assert found.amplitude_mv == pytest.approx(0.25, abs=0.05)
    assert j_wave(plain, peak, ONSET + 40, 0.02) is None


def test_noise_counts_fibrillation_waves_and_not_baseline_wander() -> None:
    rng = np.random.default_rng(0)
    ms = np.arange(N) * 2.0
    wander = np.outer(rng.normal(0, 1, 12), ms / 1000.0)
    waves = 0.06 * np.sin(2 * np.pi * (ms / 160.0 + rng.uniform(0, 1, (12, 1))))
    assert noise_mv(wander[:, None], ONSET + 50)[0] < 0.005
    assert noise_mv(waves[:, None], ONSET + 50)[0] > 0.03


@pytest.fixture(scope="module")
def measured(demo_ecg: Ecg) -> Measurements:
    return measure(demo_ecg)


def test_every_lead_of_a_real_ecg_has_every_shape(measured: Measurements) -> None:
    for lead in LEADS:
        for name in LEAD_UNITS:
            item = measured[f"{lead}.{name}"]
            assert item.status == "measured" or item.reason, item.id
        assert measured[f"{lead}.p_pattern"].value in WAVE_SHAPES
        assert measured[f"{lead}.t_pattern"].value in WAVE_SHAPES


def test_a_normal_heart_turns_avr_down_and_ii_up(measured: Measurements) -> None:
    for name in ("p_pattern", "t_pattern"):
        assert measured[f"aVR.{name}"].value == "inverted"
        assert measured[f"II.{name}"].value == "upright"


def test_the_terminal_part_of_p_is_never_positive(measured: Measurements) -> None:
    for lead in LEADS:
        depth, width = measured.number(f"{lead}.p_terminal_amp"), measured.number(f"{lead}.p_terminal_dur")
        assert depth is not None
        assert width is not None
        assert depth <= 0.0 <= width
        assert (depth == 0.0) == (width == 0.0)
