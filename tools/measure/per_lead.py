"""Per-lead amplitudes, durations and levels, from the representative beat and beat by beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from calipers.leads import LEADS, Lead
from calipers.parameters import LEAD_UNITS
from calipers.tools.measure.analysis import MS_PER_SAMPLE, AnalysisSignal, Mask, Signal
from calipers.tools.measure.beats import Beats, RepresentativeBeat, pr_level
from calipers.tools.measure.fiducials import P_OFF, P_ON, QRS_OFF, QRS_ON, T_OFF, Fiducials
from calipers.tools.measure.morphology import Deflection, QrsShape, extremum, level_at, qrs_shape
from calipers.tools.measure.sheet import Sheet

#: Amplitude error in mV beyond the scatter of the beats: baseline placement and quantisation.
FLOOR_MV: Final = 0.02
#: Error of one QRS boundary in samples (95 %), which moves ST levels on a slope.
_J_ERROR: Final = 4.0
_QRS_AMPLITUDES: Final = ("q_amp", "r_amp", "s_amp", "rp_amp", "sp_amp")
_QRS_DURATIONS: Final = ("q_dur", "r_dur", "s_dur", "rp_dur")
_ST_MS: Final = {"st_j": 0.0, "st_60": 60.0, "st_80": 80.0}
_PER_BEAT: Final = ("p_amp", "q_amp", "r_amp", "s_amp", "t_amp", *_ST_MS)


@dataclass(frozen=True)
class Landmarks:
    """Indices of the global marks within the representative beat; None where a wave is absent."""

    p: tuple[int, int] | None
    qrs: tuple[int, int]
    t_off: int | None


def landmarks(beat: RepresentativeBeat, beats: Beats, marks: Fiducials, has_p: bool) -> Landmarks | None:
    """Median global marks of the beats in use, relative to their R peak."""
    relative = marks.heart[beat.used] - beats.peaks[beat.used, None] + beat.zero

    def at(mark: int) -> int | None:
        column = relative[:, mark][~np.isnan(relative[:, mark])]
        return int(round(float(np.median(column)))) if column.size else None

    onset, offset, t_off = at(QRS_ON), at(QRS_OFF), at(T_OFF)
    if onset is None or offset is None or offset - onset < 10:
        return None
    p_on, p_off = at(P_ON), at(P_OFF)
    p = (max(p_on, 0), p_off) if has_p and p_on is not None and p_off is not None and p_off - max(p_on, 0) > 5 else None
    return Landmarks(p, (onset, offset), t_off)


def write_lead(sheet: Sheet, lead: Lead, beat: RepresentativeBeat, at: Landmarks, anchor: float) -> None:
    """All per-lead measurements of one lead.

    Args:
        sheet: where to write.
        lead: which lead.
        beat: the representative beat.
        at: its landmarks.
        anchor: sample of the record where index 0 of a typical beat lies, so that spans point at the trace.
    """
    row = LEADS.index(lead)
    mv, stack = beat.mv[row], beat.beats_mv[:, row]
    shape = qrs_shape(mv, *at.qrs)
    _write_qrs(sheet, lead, shape, at, anchor, stack)
    offset = at.qrs[1]
    for name, delay_ms in _ST_MS.items():
        centre = offset + delay_ms / MS_PER_SAMPLE
        slope = abs(level_at(mv, centre + _J_ERROR) - level_at(mv, centre - _J_ERROR)) / 2.0
        sheet.value(
            name,
            level_at(mv, centre),
            "mV",
            uncertainty=_amplitude_error(stack, int(centre), slope if name == "st_j" else 0.5 * slope),
            spans=[(lead, anchor + centre - 2, anchor + centre + 2)],
            how=f"level {delay_ms:.0f} ms after the J point against the PR baseline, representative beat",
            lead=lead,
        )
    _write_t(sheet, lead, mv, stack, at, anchor)
    _write_p(sheet, lead, mv, stack, at, anchor)


def _write_qrs(sheet: Sheet, lead: Lead, shape: QrsShape, at: Landmarks, anchor: float, stack: Signal) -> None:
    waves = dict(zip(("q", "r", "s", "rp", "sp"), (shape.q, shape.r, shape.s, shape.rp, shape.sp), strict=True))
    for name in _QRS_AMPLITUDES:
        wave = waves[name.removesuffix("_amp")]
        peak = wave.peak if wave else at.qrs[0]
        sheet.value(
            name,
            wave.amplitude_mv if wave else 0.0,
            "mV",
            uncertainty=_amplitude_error(stack, peak, 0.0),
            spans=_wave_span(lead, wave, anchor),
            how="peak against the PR baseline, representative beat"
            if wave
            else "no such wave in the representative beat",
            lead=lead,
        )
    for name in _QRS_DURATIONS:
        wave = waves[name.removesuffix("_dur")]
        sheet.value(
            name,
            wave.duration_ms if wave else 0.0,
            "ms",
            uncertainty=8.0 if wave else 4.0,
            spans=_wave_span(lead, wave, anchor),
            how="baseline to baseline, representative beat" if wave else "no such wave in the representative beat",
            lead=lead,
        )
    last_r = shape.rp or shape.r
    if last_r is None:
        sheet.missing("r_peak_time", "ms", "no R wave", lead=lead)
    else:
        sheet.value(
            "r_peak_time",
            (last_r.peak - at.qrs[0]) * MS_PER_SAMPLE,
            "ms",
            uncertainty=12.0,
            spans=[(lead, anchor + at.qrs[0], anchor + last_r.peak)],
            how="QRS onset to the peak of R, or of R′ if present",
            lead=lead,
        )
    whole = [(lead, anchor + at.qrs[0], anchor + at.qrs[1])]
    sheet.value(
        "qrs_pattern", shape.pattern, "", spans=whole, how="waves of the QRS; capitals from half the largest", lead=lead
    )
    sheet.value(
        "qrs_notch", float(shape.notched), "", spans=whole, how="a second peak within one deflection", lead=lead
    )


def _write_t(sheet: Sheet, lead: Lead, mv: Signal, stack: Signal, at: Landmarks, anchor: float) -> None:
    start = at.qrs[1] + int(60.0 / MS_PER_SAMPLE)
    if at.t_off is None or at.t_off - start < 10:
        sheet.missing("t_amp", "mV", "T-wave end not found", lead=lead)
        return
    peak, value = extremum(mv, start, min(at.t_off, mv.size))
    sheet.value(
        "t_amp",
        value,
        "mV",
        uncertainty=_amplitude_error(stack, peak, 0.0),
        spans=[(lead, anchor + start, anchor + at.t_off)],
        how="largest deflection of T against the PR baseline, representative beat",
        lead=lead,
    )


def _write_p(sheet: Sheet, lead: Lead, mv: Signal, stack: Signal, at: Landmarks, anchor: float) -> None:
    if at.p is None:
        sheet.missing("p_amp", "mV", "no P wave coupled to the QRS", lead=lead)
        return
    start, stop = at.p
    peak, value = extremum(mv - level_at(mv, max(start - 2, 2)), start, stop)
    sheet.value(
        "p_amp",
        value,
        "mV",
        uncertainty=_amplitude_error(stack, peak, 0.0),
        spans=[(lead, anchor + start, anchor + stop)],
        how="largest deflection of P against the level at its onset, representative beat",
        lead=lead,
    )


def write_lead_missing(sheet: Sheet, lead: Lead, reason: str) -> None:
    """The same names for a lead that was not measured, each with the reason."""
    for name, unit in LEAD_UNITS.items():
        if name == "quality":
            continue
        sheet.missing(name, unit, reason, lead=lead)


def write_beat_levels(sheet: Sheet, signal: AnalysisSignal, beats: Beats, marks: Fiducials, usable: Mask) -> None:
    """`LEAD.name#k` for P, Q, R, S, T amplitudes and ST levels of every beat, against its own PR level."""
    tables = [_beat_table(signal, marks.heart[k]) for k in range(len(beats))]
    for row in np.flatnonzero(usable):
        for k, table in enumerate(tables):
            for name, (values, start, stop) in table.items():
                value = float(values[row]) if values is not None else float("nan")
                if np.isnan(value):
                    sheet.missing(name, "mV", "this wave was not found in this beat", lead=LEADS[row], beat=k)
                    continue
                sheet.value(
                    name,
                    value,
                    "mV",
                    uncertainty=2.0 * FLOOR_MV,
                    spans=[(LEADS[row], start, stop)],
                    how="one beat against its own PR baseline",
                    lead=LEADS[row],
                    beat=k,
                )


def _beat_table(signal: AnalysisSignal, marks: Signal) -> dict[str, tuple[Signal | None, float, float]]:
    """Amplitudes (12,) of one beat with the samples they were read from."""
    table: dict[str, tuple[Signal | None, float, float]] = dict.fromkeys(_PER_BEAT, (None, 0.0, 0.0))
    if np.isnan(marks[[QRS_ON, QRS_OFF]]).any():
        return table
    onset, offset = int(marks[QRS_ON]), int(marks[QRS_OFF]) + 1
    mv = signal.raw_mv - pr_level(signal.raw_mv, float(onset))[:, None]
    qrs = mv[:, onset:offset]
    if qrs.shape[1] < 5:
        return table
    r_peak = np.argmax(qrs, axis=1)
    before = np.arange(qrs.shape[1])[None] <= r_peak[:, None]
    table["r_amp"] = (np.maximum(qrs.max(axis=1), 0.0), onset, offset)
    table["q_amp"] = (np.minimum(np.where(before, qrs, 0.0).min(axis=1), 0.0), onset, offset)
    table["s_amp"] = (np.minimum(np.where(before, 0.0, qrs).min(axis=1), 0.0), onset, offset)
    for name, delay_ms in _ST_MS.items():
        centre = offset - 1 + int(delay_ms / MS_PER_SAMPLE)
        if centre + 3 <= signal.n:
            table[name] = (mv[:, centre - 2 : centre + 3].mean(axis=1), centre - 2, centre + 2)
    if not np.isnan(marks[T_OFF]):
        table["t_amp"] = (_extreme(mv[:, offset + 30 : int(marks[T_OFF])]), offset + 30, float(marks[T_OFF]))
    if not np.isnan(marks[[P_ON, P_OFF]]).any():
        start, stop = max(int(marks[P_ON]), 2), int(marks[P_OFF])
        wave = mv[:, start:stop] - mv[:, start - 2 : start].mean(axis=1, keepdims=True)
        table["p_amp"] = (_extreme(wave), start, stop)
    return table


def _extreme(piece: Signal) -> Signal | None:
    if piece.shape[1] < 5:
        return None
    at = np.argmax(np.abs(piece), axis=1)
    value: Signal = piece[np.arange(piece.shape[0]), at]
    return value


def _wave_span(lead: Lead, wave: Deflection | None, anchor: float) -> list[tuple[Lead | None, float, float]]:
    return [(lead, anchor + wave.start, anchor + wave.stop)] if wave else []


def _amplitude_error(stack: Signal, index: int, slope: float) -> float:
    """95 % half-width from the scatter of the beats at one index, the baseline and a boundary on a slope."""
    column = stack[:, min(max(index, 0), stack.shape[1] - 1)]
    column = column[~np.isnan(column)]
    scatter = 1.96 * 1.2533 * float(column.std()) / np.sqrt(column.size) if column.size > 1 else 3.0 * FLOOR_MV
    return float(np.sqrt(FLOOR_MV**2 + scatter**2 + slope**2))
