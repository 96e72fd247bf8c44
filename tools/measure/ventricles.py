"""Whether the ventricles beat at all: separate QRS complexes, fibrillation, or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Literal

import numpy as np
from scipy import signal as dsp

from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal, qrs_band
from calipers.tools.measure.atrial import independent_rows
from calipers.tools.measure.beats import Beats, shapes
from calipers.tools.measure.sheet import Sheet

#: Shorter records say nothing about a stop or a fibrillation.
_MIN_S: Final = 3.0
_HALF_QRS_S: Final = 0.06
#: Height of a QRS in its best lead, 5-30 Hz: at least 0.75 mV on PTB-XL folds 1-8, low-voltage records included;
#: of a P wave at most 0.21 mV in simulated asystole. Two limb leads alone may hold little of a QRS.
_QRS_MV: Final = 0.22
_QRS_MV_FEW_LEADS: Final = 0.12
_MANY_LEADS: Final = 5
#: Up to this height, complexes of which no two are alike are noise.
_NOISE_MV: Final = 0.40
_NO_SHAPE: Final = 0.60
#: Movement slower than this share of the usual steepest is rest.
_REST: Final = 0.20
#: What is fibrillation: in 495 records of PTB-XL folds 1-8 (AF, PVCs, pacing, poor signal) no complexes are less
#: alike than 0.44 and rest takes at least 0.35 of the time.
CHAOTIC_SIMILARITY: Final = 0.50
CHAOTIC_REST: Final = 0.25
_LEAST_CHAOS_MV: Final = 0.25
_BAND_HZ: Final = (2.2, 9.0)
_BAND_SHARE: Final = 0.65
#: Mean lead quality below which chaos or silence may be the recording's.
_READABLE: Final = 0.5

State = Literal["beating", "chaotic", "silent", "unreadable"]


@dataclass(frozen=True)
class Ventricles:
    """What the ventricles do.

    Attributes:
        state: `chaotic` where waves follow each other without rest and without a repeated shape; `silent` where
            nothing has the size of a QRS; `unreadable` where noise hides which.
        similarity: mean correlation of the candidate complexes with their usual shape; NaN with fewer than three.
        rest_share: share of the time without movement, 0 to 1.
        rate: of the chaotic waves, per minute; NaN in the other states.
        rate_error: its 95 % half-width.
    """

    state: State
    similarity: float
    rest_share: float
    rate: float
    rate_error: float

    @property
    def beatless(self) -> bool:
        """Whether the lack of QRS complexes is a finding."""
        return self.state in ("chaotic", "silent")


def watch_ventricles(signal: AnalysisSignal, beats: Beats, usable: Mask, score: Signal) -> tuple[Ventricles, Beats]:
    """Tell beating ventricles from fibrillating and silent ones; the beats, none where they do not beat.

    Args:
        signal: the analysis copy.
        beats: candidate QRS complexes.
        usable: (12,) leads to look at.
        score: (12,) their quality.

    Validated on simulated records (`calipers eval triage`) and against false alarms on PTB-XL folds 1-8.
    """
    rows = independent_rows(usable)
    waves = dsp.sosfiltfilt(_band(), signal.level_mv[rows], axis=1, padlen=min(600, signal.n - 1))
    similarity = _similarity(beats)
    beating = Ventricles("beating", similarity, rest_share(waves), float("nan"), float("nan"))
    if signal.duration_s < _MIN_S:
        return beating, beats
    readable = float(score[usable].mean()) >= _READABLE
    height_mv = float((np.percentile(waves, 99, axis=1) - np.percentile(waves, 1, axis=1)).max())
    if _is_chaotic(beating, waves, height_mv):
        if not readable:
            return replace(beating, state="unreadable"), _none(beats)
        rate, error = _rate(waves)
        return replace(beating, state="chaotic", rate=rate, rate_error=error), _none(beats)
    size_mv = _sizes(signal, beats, rows)
    least_mv = _QRS_MV if len(rows) >= _MANY_LEADS else _QRS_MV_FEW_LEADS
    if size_mv.max(initial=0.0) >= _NOISE_MV:
        # Beside complexes of a QRS's size, what is smaller is a P wave; in block there may be more of them.
        kept = _only(signal, beats, size_mv >= least_mv, usable)
        return replace(beating, similarity=_similarity(kept)), kept
    if _is_silent(size_mv, least_mv, similarity):
        quiet = readable and height_mv < _NOISE_MV
        return replace(beating, state="silent" if quiet else "unreadable"), _none(beats)
    return beating, beats


def write_ventricles(sheet: Sheet, signal: AnalysisSignal, beats: Beats, ventricles: Ventricles) -> None:
    """`qrs_count qrs_similarity rest_share fibrillation_rate`."""
    whole = [(None, 0.0, float(signal.n - 1))]
    last = float(signal.n - 1)
    spans = [(None, max(float(peak) - 25.0, 0.0), min(float(peak) + 35.0, last)) for peak in beats.peaks]
    if ventricles.state in ("chaotic", "unreadable"):
        why = "waves without rest or repeated shape" if ventricles.state == "chaotic" else "too much noise"
        sheet.missing("qrs_count", "", f"{why}: single QRS complexes cannot be told")
    elif signal.duration_s < _MIN_S and not len(beats):
        sheet.missing("qrs_count", "", f"{signal.duration_s:.1f} s of signal; to find none needs {_MIN_S:.0f} s")
    else:
        sheet.value("qrs_count", float(len(beats)), "", uncertainty=0.0, spans=spans, how="count of QRS complexes")
    if ventricles.state in ("silent", "unreadable") or np.isnan(ventricles.similarity):
        sheet.missing("qrs_similarity", "", "fewer than three QRS complexes to compare")
    else:
        how = "mean correlation of the complexes with their usual shape, all leads"
        sheet.value("qrs_similarity", ventricles.similarity, "", uncertainty=0.05, spans=whole, how=how)
    how = "share of time in which the leads move at less than a fifth of their usual steepest"
    sheet.value("rest_share", ventricles.rest_share, "", uncertainty=0.05, spans=whole, how=how)
    if np.isnan(ventricles.rate):
        reason = "no fibrillation: the QRS complexes are separate or absent"
        sheet.missing("fibrillation_rate", "/min", reason)
        return
    how = "60 times the mean frequency of the waves between 2.2 and 9 Hz"
    sheet.value("fibrillation_rate", ventricles.rate, "/min", uncertainty=ventricles.rate_error, spans=whole, how=how)


def rest_share(waves: Signal) -> float:
    """(leads, n) band-passed → share of samples at which all leads together move slowly, 0 to 1."""
    speed = np.sqrt(np.mean(np.gradient(waves, axis=1) ** 2, axis=0))
    width = int(0.04 * ANALYSIS_HZ)
    speed = np.convolve(speed, np.ones(width) / width, mode="same")
    return float((speed < _REST * np.percentile(speed, 95)).mean())


def _is_chaotic(found: Ventricles, waves: Signal, height_mv: float) -> bool:
    # Fewer than three candidates (NaN) show no repeated shape either.
    if found.similarity > CHAOTIC_SIMILARITY or found.rest_share > CHAOTIC_REST or height_mv < _LEAST_CHAOS_MV:
        return False
    freq_hz, power = _spectrum(waves)
    inside = (freq_hz >= _BAND_HZ[0]) & (freq_hz <= _BAND_HZ[1])
    return float(power[inside].sum() / power[(freq_hz >= 1.0) & (freq_hz <= 30.0)].sum()) >= _BAND_SHARE


def _sizes(signal: AnalysisSignal, beats: Beats, rows: list[int]) -> Signal:
    """(k,) height of each candidate complex in its best lead, 5-30 Hz, in millivolts."""
    band, reach = qrs_band(signal.raw_mv[rows]), int(_HALF_QRS_S * ANALYSIS_HZ)
    return np.array([np.ptp(band[:, max(p - reach, 0) : p + reach], axis=1).max() for p in beats.peaks], dtype=float)


def _is_silent(size_mv: Signal, least_mv: float, similarity: float) -> bool:
    """Whether nothing has the size of a QRS, or what has it is small and never twice alike."""
    return not size_mv.size or float(np.median(size_mv)) < least_mv or similarity < _NO_SHAPE


def _only(signal: AnalysisSignal, beats: Beats, chosen: Mask, usable: Mask) -> Beats:
    """Some of the candidates, sorted by shape again."""
    if chosen.all():
        return beats
    peaks = beats.peaks[chosen]
    return Beats(peaks, *shapes(signal.level_mv[usable], peaks), beats.energy)


def _similarity(beats: Beats) -> float:
    """Mean correlation with the usual shape; NaN with fewer than three beats."""
    return float(beats.correlation.mean()) if len(beats) >= 3 else float("nan")


def _rate(waves: Signal) -> tuple[float, float]:
    """Power-weighted mean frequency of the waves, per minute, and twice its standard error over 2 s stretches."""
    freq_hz, power = _spectrum(waves)
    inside = (freq_hz >= _BAND_HZ[0]) & (freq_hz <= _BAND_HZ[1])
    weight = power[inside] / power[inside].sum()
    mean = float((freq_hz[inside] * weight).sum())
    spread = float(np.sqrt((weight * (freq_hz[inside] - mean) ** 2).sum()))
    pieces = max(waves.shape[1] / (2.0 * ANALYSIS_HZ), 1.0)
    return 60.0 * mean, 60.0 * 1.96 * spread / float(np.sqrt(pieces))


def _spectrum(waves: Signal) -> tuple[Signal, Signal]:
    """Frequencies and the power of all leads together."""
    freq_hz, power = dsp.welch(waves, ANALYSIS_HZ, nperseg=min(2048, waves.shape[1]), axis=1)
    return freq_hz, power.sum(axis=0)


def _none(beats: Beats) -> Beats:
    """No beats; the energy stays."""
    nothing = np.empty(0, dtype=np.int64)
    return Beats(nothing, nothing, np.empty(0), beats.energy)


@cache
def _band() -> Signal:
    sos: Signal = dsp.butter(2, (1.0, 30.0), "bandpass", fs=ANALYSIS_HZ, output="sos")
    return sos
