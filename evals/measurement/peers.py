"""What each program says of one ECG: Calipers as it reports, its peers lead by lead and fused by the reference's rule."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.models.delineator.consensus import (
    Bounds,
    Intervals,
    LeadWaves,
    beat_table,
    global_waves,
    intervals,
    matched,
)
from calipers.models.delineator.openecg_fusion import OpenEcg
from calipers.tools.measure import Examination
from calipers.tools.measure.analysis import ANALYSIS_HZ
from calipers.tools.measure.fiducials import P_OFF, P_ON, QRS_OFF, QRS_ON, T_ON

Program = Literal["calipers", "openecg", "neurokit2"]
PROGRAMS: Final[tuple[Program, ...]] = ("calipers", "openecg", "neurokit2")
#: Ids of the intervals, in the order of `Intervals`.
INTERVAL_IDS: Final = ("p_dur", "pr", "qrs", "qt")
#: A fused peer has a PR when at least this share of its beats has a P wave.
LEAST_P_SHARE: Final = 0.5
#: What stands for the QRS of a beat that was seen but whose bounds were not, around its peak.
_UNBOUNDED_QRS_S: Final = (-0.05, 0.07)

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Reading:
    """One program's reading of one ECG.

    Attributes:
        intervals: P, PR, QRS, QT in milliseconds; NaN where none is reported.
        half_widths: stated 95 % half-widths, milliseconds; NaN for programs that state none.
        leads: waves of the twelve leads, seconds.
        heart: waves of the heart as a whole, seconds.
    """

    intervals: Intervals
    half_widths: Intervals
    leads: tuple[LeadWaves, ...]
    heart: LeadWaves


def calipers_reading(found: Examination) -> Reading:
    """Calipers as it reports itself: a P wave that it does not measure is no P wave."""
    items = [found.measurements[key] for key in INTERVAL_IDS]
    values = Intervals(*(_nan(item.number) for item in items))
    half_widths = Intervals(*(_nan(item.uncertainty) for item in items))
    if found.marks is None or found.beats is None:
        nothing = LeadWaves(*(np.empty((0, 2)) for _ in range(3)))
        return Reading(values, half_widths, (nothing,) * 12, nothing)
    leads = tuple(_waves(marks) for marks in found.marks.leads / ANALYSIS_HZ)
    heart = found.marks.heart / ANALYSIS_HZ
    unmeasured = [found.measurements[f"p_dur#{k}"].value is None for k in range(len(heart))]
    heart[unmeasured, P_ON : P_OFF + 1] = np.nan
    unbounded = np.isnan(heart[:, [QRS_ON, QRS_OFF]]).any(axis=1)
    around_peak = found.beats.peaks[unbounded, None] / ANALYSIS_HZ + np.array(_UNBOUNDED_QRS_S)
    heart[unbounded, QRS_ON : QRS_OFF + 1] = around_peak
    return Reading(values, half_widths, leads, _waves(heart, both_bounds=True))


def fused_reading(leads: list[LeadWaves], reference_beats: NDArray[np.float64]) -> Reading:
    """A lead-by-lead program, fused as the reference is, on the beats that the reference has.

    Args:
        leads: the program's waves in the twelve leads, seconds.
        reference_beats: (k, 6) of the reference; beats that it does not have do not count against the peer.
    """
    heart = global_waves(leads)
    beats = matched(reference_beats, beat_table(heart))
    found = intervals(beats)
    if not len(beats) or np.isfinite(beats[:, P_ON]).mean() < LEAST_P_SHARE:
        found = found._replace(p_ms=float("nan"), pr_ms=float("nan"))
    none = float("nan")
    return Reading(found, Intervals(none, none, none, none), tuple(leads), heart)


def openecg_leads(ecg: Ecg) -> list[LeadWaves]:
    """openecg's bundled int8 codec on each lead: (12, n) at 500 Hz, at most 10 s."""
    return _openecg().lead_waves(ecg.signal_mv)


def neurokit2_leads(ecg: Ecg) -> list[LeadWaves]:
    """NeuroKit2's defaults on each lead: `ecg_clean`, `ecg_peaks`, `ecg_delineate` by wavelet (Makowski 2021).

    A lead on which NeuroKit2 itself stops with an error has no waves.
    """
    return [_neurokit2_lead(lead, round(ecg.fs_hz)) for lead in ecg.signal_mv]


def neurokit2_marks(lead_mv: Float32, fs_hz: int) -> dict[str, Any]:
    """NeuroKit2's cleaning, R peaks and wavelet delineation of one lead, its own dictionary of sample numbers."""
    import neurokit2 as nk

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about short or noisy stretches that it then handles
        cleaned = nk.ecg_clean(lead_mv, sampling_rate=fs_hz, method="neurokit")
        _, peaks = nk.ecg_peaks(cleaned, sampling_rate=fs_hz, method="neurokit")
        _, marks = nk.ecg_delineate(cleaned, peaks["ECG_R_Peaks"], sampling_rate=fs_hz, method="dwt")
    found: dict[str, Any] = marks
    return found


def _neurokit2_lead(lead_mv: Float32, fs_hz: int) -> LeadWaves:
    try:
        marks = neurokit2_marks(lead_mv, fs_hz)
    except (IndexError, KeyError, TypeError, ValueError, ZeroDivisionError):
        # What it raises where it finds no or too few peaks; anything else is a fault of ours and must show.
        marks = {}
    bounds = []
    for wave in ("P", "R", "T"):
        onsets, offsets = (
            np.array(marks.get(f"ECG_{wave}_{edge}", []), dtype=np.float64) for edge in ("Onsets", "Offsets")
        )
        rows = np.stack([onsets, offsets], axis=1) / fs_hz
        bounds.append(rows[np.isfinite(rows).any(axis=1)])
    return LeadWaves(*bounds)


def _waves(marks: NDArray[np.float64], *, both_bounds: bool = False) -> LeadWaves:
    """(k, 6) marks of beats → waves; a T wave without onset begins where the QRS ends."""
    marks = marks.copy()
    if both_bounds:
        marks[:, T_ON] = np.where(np.isnan(marks[:, T_ON]), marks[:, QRS_OFF], marks[:, T_ON])
    kept: list[Bounds] = []
    for start in (P_ON, QRS_ON, T_ON):
        rows = marks[:, start : start + 2]
        known = np.isfinite(rows)
        kept.append(rows[known.all(axis=1) if both_bounds else known.any(axis=1)])
    return LeadWaves(*kept)


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value


@cache
def _openecg() -> OpenEcg:
    return OpenEcg()
