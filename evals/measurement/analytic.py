"""Simulated ECGs with known truth: every wave a closed-form piece that starts and ends at a corner.

A P wave is half a sine. The QRS is three half sines (a quarter, a half and a quarter of its length), which in
each lead have the sizes of Q, R and S. The T wave rises as a raised cosine over three fifths of its length and
falls as a quarter of a cosine, so that it too ends at a corner. Between the waves the line is zero. A little white
noise (5 µV) lies on everything: no recorder is without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.leads import LEADS, LIMB_FROM_I_AND_II, Lead

FS_HZ: Final = 500.0
DURATION_S: Final = 10.0
NOISE_MV: Final = 0.005
_Q_SHARE: Final = 0.25
_S_SHARE: Final = 0.25
_RISE_SHARE: Final = 0.6

Millivolts = NDArray[np.float64]


class WaveSizes(NamedTuple):
    """Peaks of one lead in mV, signed."""

    p: float
    q: float
    r: float
    s: float
    t: float


#: An adult's usual sizes; limb leads follow from I and II.
_RECORDED: Final[dict[Lead, WaveSizes]] = {
    "I": WaveSizes(0.08, -0.05, 0.7, -0.10, 0.25),
    "II": WaveSizes(0.15, -0.08, 1.1, -0.15, 0.35),
    "V1": WaveSizes(0.06, 0.20, -0.9, 0.0, -0.10),
    "V2": WaveSizes(0.07, 0.30, -1.3, 0.10, 0.45),
    "V3": WaveSizes(0.08, 0.0, 0.6, -0.9, 0.50),
    "V4": WaveSizes(0.08, -0.08, 1.4, -0.6, 0.45),
    "V5": WaveSizes(0.08, -0.12, 1.5, -0.3, 0.40),
    "V6": WaveSizes(0.08, -0.12, 1.2, -0.15, 0.30),
}


@dataclass(frozen=True)
class KnownEcg:
    """The truth behind one simulated ECG: durations in ms, `pr_ms` None for no P waves and irregular beats."""

    hr: float
    p_ms: float
    pr_ms: float | None
    qrs_ms: float
    qt_ms: float
    gain: float = 1.0

    def sizes(self, lead: Lead) -> WaveSizes:
        """The true peaks of one lead, millivolts."""
        if lead in _RECORDED:
            return WaveSizes(*(self.gain * size for size in _RECORDED[lead]))
        of_i, of_ii = LIMB_FROM_I_AND_II[lead]
        pairs = zip(_RECORDED["I"], _RECORDED["II"], strict=True)
        return WaveSizes(*(self.gain * (of_i * one + of_ii * two) for one, two in pairs))

    def render(self, seed: int = 0) -> Ecg:
        """Ten seconds at 500 Hz, twelve leads, marked synthetic."""
        rng = np.random.default_rng(seed)
        time_s = np.arange(int(DURATION_S * FS_HZ)) / FS_HZ
        signal = np.zeros((12, time_s.size))
        for onset_s in self._qrs_onsets_s(rng):
            signal += self._beat(time_s - onset_s)
        if self.pr_ms is None:
            signal += 0.04 * np.sin(2 * np.pi * 6.3 * time_s + np.arange(12)[:, None])
        signal += rng.normal(0.0, NOISE_MV, signal.shape)
        return Ecg.from_array(signal, FS_HZ, LEADS, age=50, sex="male", synthetic=True)

    def _qrs_onsets_s(self, rng: np.random.Generator) -> Millivolts:
        rr_s = 60.0 / self.hr
        count = int(DURATION_S / rr_s) + 1
        gaps_s = np.full(count, rr_s)
        if self.pr_ms is None:
            gaps_s *= rng.uniform(0.75, 1.3, count)
        onsets_s: Millivolts = 0.35 + np.cumsum(gaps_s) - gaps_s[0]
        return onsets_s

    def _beat(self, since_onset_s: Millivolts) -> Millivolts:
        """(12, n) one beat; `since_onset_s` is the time since its QRS onset."""
        qrs_s, qt_s = self.qrs_ms / 1000, self.qt_ms / 1000
        q_s, s_s = _Q_SHARE * qrs_s, _S_SHARE * qrs_s
        t_on_s = qrs_s + 0.35 * (qt_s - qrs_s)
        pieces = [
            np.zeros_like(since_onset_s),
            _half_sine(since_onset_s, 0.0, q_s),
            _half_sine(since_onset_s, q_s, qrs_s - s_s),
            _half_sine(since_onset_s, qrs_s - s_s, qrs_s),
            _t_wave(since_onset_s, t_on_s, qt_s),
        ]
        if self.pr_ms is not None:
            p_on_s = -self.pr_ms / 1000
            pieces[0] = _half_sine(since_onset_s, p_on_s, p_on_s + self.p_ms / 1000)
        sizes = np.array([self.sizes(lead) for lead in LEADS])  # (12, 5)
        beat: Millivolts = sizes @ np.stack(pieces)
        return beat


#: Rates, conduction times and QT as they occur, each varied while the others stay usual, then together.
KNOWN_ECGS: Final = (
    *(KnownEcg(hr, 100, 160, 90, qt) for hr, qt in ((45, 440), (60, 400), (75, 380), (100, 330), (130, 290))),
    *(KnownEcg(70, 100, pr, 90, 390) for pr in (125, 180, 200, 240, 280)),
    *(KnownEcg(70, 100, 170, qrs, 390 + (qrs - 90)) for qrs in (70, 110, 120, 140, 170)),
    *(KnownEcg(60, 110, 160, 95, qt) for qt in (330, 360, 440, 480, 520)),
    *(KnownEcg(65, p, 190, 90, 400) for p in (80, 90, 120, 140)),
    *(KnownEcg(70, 100, 160, 90, 390, gain) for gain in (0.4, 0.7, 1.5, 2.0)),
    KnownEcg(55, 120, 220, 130, 470),
    KnownEcg(110, 90, 130, 80, 310),
)
#: Irregular beats over 6 Hz fibrillation: no PR may be reported.
WITHOUT_P: Final = tuple(KnownEcg(hr, 0, None, 90, qt) for hr, qt in ((65, 390), (85, 360), (105, 330), (125, 300)))


class Pulse(NamedTuple):
    """A calibration signal: one pulse a second in every lead."""

    shape: str
    height_mv: float
    width_ms: float

    def render(self, seed: int = 0) -> Ecg:
        """Ten seconds at 500 Hz; aVR upside down, III zero and aVL, aVF half, as Einthoven has it for I = II."""
        sample = np.arange(int(DURATION_S * FS_HZ), dtype=np.float64)
        since_s, width_s = (sample + FS_HZ / 2) % FS_HZ / FS_HZ, self.width_ms / 1000
        half_sine = _half_sine(since_s, 0.0, width_s)
        pulse = half_sine if self.shape == "half sine" else (since_s < width_s).astype(np.float64)
        weights = np.array([*(sum(LIMB_FROM_I_AND_II[lead]) for lead in LEADS[:6]), *[1.0] * 6])
        signal = self.height_mv * weights[:, None] * pulse
        signal += np.random.default_rng(seed).normal(0.0, NOISE_MV, signal.shape)
        return Ecg.from_array(signal, FS_HZ, LEADS, synthetic=True)


PULSES: Final = tuple(
    Pulse(shape, height_mv, width_ms)
    for shape in ("rectangle", "half sine")
    for height_mv in (0.5, 1.0, 2.0)
    for width_ms in (60.0, 100.0)
)


def _half_sine(time_s: Millivolts, start_s: float, stop_s: float) -> Millivolts:
    share = np.clip((time_s - start_s) / (stop_s - start_s), 0.0, 1.0)
    wave: Millivolts = np.sin(np.pi * share)
    return wave


def _t_wave(time_s: Millivolts, start_s: float, stop_s: float) -> Millivolts:
    top_s = start_s + _RISE_SHARE * (stop_s - start_s)
    rise = np.clip((time_s - start_s) / (top_s - start_s), 0.0, 1.0)
    fall = np.clip((time_s - top_s) / (stop_s - top_s), 0.0, 1.0)
    wave: Millivolts = np.where(time_s < top_s, 0.5 - 0.5 * np.cos(np.pi * rise), np.cos(0.5 * np.pi * fall))
    return wave
