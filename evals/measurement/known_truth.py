"""Calipers on signals whose truth is known by construction: simulated ECGs and calibration pulses."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from calipers.evals.framework import Bootstrap, Estimate, spread
from calipers.evals.measurement.analytic import KNOWN_ECGS, PULSES, WITHOUT_P, KnownEcg, Pulse
from calipers.evals.measurement.intervals import INTERVALS
from calipers.evals.measurement.peers import INTERVAL_IDS
from calipers.leads import LEADS, Lead
from calipers.tools.measure import measure

#: Simulated waves smaller than this are not judged: 20 µV is what readers and carts ignore (CSE).
LEAST_WAVE_MV: Final = 0.02
AMPLITUDES: Final = ("p_amp", "r_amp", "t_amp", "st_j")


class KnownScore(NamedTuple):
    """Errors on one simulated ECG: rate per minute, intervals in ms, amplitudes in mV; NaN where not measured."""

    truth: KnownEcg
    hr_error: float
    interval_errors_ms: tuple[float, ...]
    amplitude_errors_mv: tuple[float, ...]
    pr_reported: bool


class PulseScore(NamedTuple):
    """Calibration pulses: the relative error of the height, and whether a P or T wave was seen in them."""

    pulse: Pulse
    height_error: float
    pr_reported: bool
    qt_reported: bool


def score_known(n: int | None) -> list[KnownScore]:
    """Every simulated ECG with P waves, then those without."""
    return [_score_known(truth, seed) for seed, truth in enumerate([*spread(KNOWN_ECGS, n), *spread(WITHOUT_P, n)])]


def score_pulses(n: int | None) -> list[PulseScore]:
    """Every calibration signal."""
    return [_score_pulse(pulse, seed) for seed, pulse in enumerate(spread(PULSES, n))]


def known_scores(scores: list[KnownScore]) -> dict[str, Estimate | None]:
    """Bias and SD of rate, intervals and amplitudes on simulated ECGs; PR invented where there are no P waves."""
    resample = Bootstrap([s.truth for s in scores])
    table: dict[str, Estimate | None] = {"hr_bias": resample.mean([s.hr_error for s in scores])}
    intervals = np.array([s.interval_errors_ms for s in scores])
    for name, error in zip(INTERVALS, intervals.T, strict=True):
        table[f"{name}_bias_ms"], table[f"{name}_sd_ms"] = resample.mean(error), resample.sd(error)
    amplitudes = np.array([s.amplitude_errors_mv for s in scores]).reshape(len(scores), len(AMPLITUDES), -1)
    for column, name in enumerate(AMPLITUDES):
        errors = amplitudes[:, column].ravel()
        by_ecg = Bootstrap([s.truth for s in scores for _ in LEADS])
        table[f"{name}_bias_mv"], table[f"{name}_sd_mv"] = by_ecg.mean(errors), by_ecg.sd(errors)
    without_p = np.array([s.truth.pr_ms is None for s in scores])
    reported = np.array([s.pr_reported for s in scores])
    table["pr_invented"] = resample.share(reported & without_p, without_p)
    table["pr_missing"] = resample.share(~reported & ~without_p, ~without_p)
    return table


def pulse_scores(scores: list[PulseScore]) -> dict[str, Estimate | None]:
    """Largest relative error of a pulse's height over signals and leads; P and T waves seen where there are none."""
    resample = Bootstrap([s.pulse for s in scores])
    everything = np.ones(len(scores))
    errors = [s.height_error for s in scores if np.isfinite(s.height_error)]
    return {
        "height_error_max": Estimate.alone(max(errors), len(errors)) if errors else None,
        "pr_invented": resample.share([s.pr_reported for s in scores], everything),
        "qt_invented": resample.share([s.qt_reported for s in scores], everything),
    }


def _score_known(truth: KnownEcg, seed: int) -> KnownScore:
    found = measure(truth.render(seed))

    def error(key: str, expected: float) -> float:
        number = found[key].number
        return float("nan") if number is None else number - expected

    none = float("nan")
    with_p = truth.pr_ms is not None
    expected_ms = (truth.p_ms if with_p else none, truth.pr_ms or none, truth.qrs_ms, truth.qt_ms)
    amplitudes = [error(f"{lead}.{name}", _expected_mv(truth, lead, name)) for name in AMPLITUDES for lead in LEADS]
    return KnownScore(
        truth,
        error("hr", truth.hr) if with_p else none,
        tuple(error(key, expected) for key, expected in zip(INTERVAL_IDS, expected_ms, strict=True)),
        tuple(amplitudes),
        found["pr"].number is not None,
    )


def _expected_mv(truth: KnownEcg, lead: Lead, name: str) -> float:
    """The true peak or level of one lead; NaN where it is too small to judge, or fibrillation lies on it."""
    sizes = truth.sizes(lead)
    if truth.pr_ms is None:
        return float("nan")
    if name == "st_j":
        return 0.0
    if name == "r_amp":
        upright = [size for size in (sizes.q, sizes.r, sizes.s) if size > 0]
        height = upright[0] if upright else 0.0
    else:
        height = sizes.p if name == "p_amp" else sizes.t
    return height if abs(height) >= LEAST_WAVE_MV else float("nan")


def _score_pulse(pulse: Pulse, seed: int) -> PulseScore:
    found = measure(pulse.render(seed))
    heights = [found[f"{lead}.r_amp"].number for lead in ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")]
    errors = [abs(height / pulse.height_mv - 1.0) for height in heights if height is not None]
    return PulseScore(
        pulse,
        max(errors, default=float("nan")),
        found["pr"].number is not None,
        found["qt"].number is not None,
    )
