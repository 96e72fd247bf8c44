"""What noise and another sampling rate change: each interval against the same record's clean measurement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import signal as dsp

from calipers.ecg import Ecg
from calipers.evals.framework import Bootstrap, Estimate
from calipers.evals.measurement import ludb
from calipers.evals.measurement.intervals import INTERVALS
from calipers.evals.measurement.peers import INTERVAL_IDS
from calipers.leads import LEADS
from calipers.tools.measure import measure

Noise = Literal["baseline", "mains", "muscle"]
NOISES: Final[tuple[Noise, ...]] = ("baseline", "mains", "muscle")
SNR_DB: Final = (24, 18, 12, 6)
RATES_HZ: Final = (250, 500, 1000)
MAINS_HZ: Final = 50.0
#: Records that are disturbed when a run does not ask for fewer: twelve noisy copies of each are measured.
RECORDS: Final = 41

Millivolts = NDArray[np.float64]


class RobustnessJob(NamedTuple):
    """One record to disturb."""

    data: Path
    record: int
    seed: int


@dataclass(frozen=True)
class Changes:
    """One record under every condition: `clean` and condition → P, PR, QRS, QT in ms, None where not measurable."""

    record: int
    clean: tuple[float | None, ...]
    disturbed: dict[str, tuple[float | None, ...]]


def noise_condition(noise: Noise, snr_db: int) -> str:
    """The name of a condition, as it stands in the groups."""
    return f"noise.{noise}.{snr_db}db"


def rate_condition(rate_hz: int) -> str:
    """The name of a condition, as it stands in the groups."""
    return f"rate.{rate_hz}hz"


def disturb_record(job: RobustnessJob) -> Changes:
    """Measure one record clean, under three noises at four sizes, and at two other sampling rates."""
    ecg = ludb.load(job.data, job.record).ecg
    clean = ecg.signal_mv.astype(np.float64)
    rng = np.random.default_rng([job.seed, job.record])
    disturbed: dict[str, tuple[float | None, ...]] = {}
    for noise in NOISES:
        shape = unit_noise(noise, clean.shape, ecg.fs_hz, rng)
        for snr_db in SNR_DB:
            disturbed[noise_condition(noise, snr_db)] = _intervals(clean + scaled(shape, clean, snr_db), ecg.fs_hz)
    for rate_hz in RATES_HZ:
        if rate_hz != ecg.fs_hz:
            disturbed[rate_condition(rate_hz)] = _intervals(resampled(clean, ecg.fs_hz, rate_hz), rate_hz)
    return Changes(job.record, _intervals(clean, ecg.fs_hz), disturbed)


def unit_noise(noise: Noise, shape: tuple[int, int], fs_hz: float, rng: np.random.Generator) -> Millivolts:
    """(leads, n) noise of root mean square 1 in every lead.

    Args:
        noise: `baseline` five sines of 0.05–0.5 Hz, as breathing and movement make; `mains` a sine of 50 Hz with
            a phase of its own in each lead; `muscle` Gaussian noise between 20 and 150 Hz.
        shape: leads and samples.
        fs_hz: sampling rate.
        rng: draws phases and noise.
    """
    leads, n = shape
    time_s = np.arange(n) / fs_hz
    if noise == "baseline":
        frequency_hz, phase = rng.uniform(0.05, 0.5, 5), rng.uniform(0, 2 * np.pi, (leads, 5))
        waves = np.sin(2 * np.pi * frequency_hz[:, None] * time_s + phase[:, :, None])  # (leads, 5, n)
        made = (rng.normal(0, 1, (leads, 5, 1)) * waves).sum(axis=1)
    elif noise == "mains":
        made = np.sin(2 * np.pi * MAINS_HZ * time_s + rng.uniform(0, 2 * np.pi, (leads, 1)))
    else:
        highest_hz = min(150.0, 0.45 * fs_hz)
        band = dsp.butter(3, (20.0, highest_hz), "bandpass", fs=fs_hz, output="sos")
        made = dsp.sosfiltfilt(band, rng.normal(0, 1, shape), axis=1)
    made = made - made.mean(axis=1, keepdims=True)
    unit: Millivolts = made / np.maximum(np.sqrt((made**2).mean(axis=1, keepdims=True)), 1e-12)
    return unit


def scaled(noise: Millivolts, clean: Millivolts, snr_db: float) -> Millivolts:
    """Noise at a signal-to-noise ratio, lead by lead: 20 log10 of the ECG's root mean square over the noise's.

    The ECG's is taken about its mean over the whole lead, so that 6 dB is noise half the size of the ECG.
    """
    size = np.nanstd(clean, axis=1, keepdims=True)
    sized: Millivolts = noise * size * 10.0 ** (-snr_db / 20.0)
    return sized


def resampled(clean: Millivolts, fs_hz: float, rate_hz: int) -> Millivolts:
    """The record as a recorder of another rate would store it (polyphase, anti-aliased)."""
    other: Millivolts = dsp.resample_poly(clean, rate_hz, round(fs_hz), axis=1, padtype="line")
    return other


def change_scores(changes: Sequence[Changes], condition: str) -> dict[str, Estimate | None]:
    """Bias and SD of each interval's change under one condition, and the share that could still be measured."""
    resample = Bootstrap([c.record for c in changes])
    clean = np.array([c.clean for c in changes], dtype=np.float64).reshape(-1, 4)
    noisy = np.array([c.disturbed[condition] for c in changes], dtype=np.float64).reshape(-1, 4)
    table: dict[str, Estimate | None] = {}
    for column, name in enumerate(INTERVALS):
        had, has = np.isfinite(clean[:, column]), np.isfinite(noisy[:, column])
        table[f"{name}_bias_ms"] = resample.mean(noisy[:, column] - clean[:, column])
        table[f"{name}_sd_ms"] = resample.sd(noisy[:, column] - clean[:, column])
        table[f"{name}_kept"] = resample.share(had & has, had)
    return table


def _intervals(signal_mv: Millivolts, fs_hz: float) -> tuple[float | None, ...]:
    found = measure(Ecg.from_array(signal_mv, fs_hz, LEADS))
    return tuple(found[key].number for key in INTERVAL_IDS)
