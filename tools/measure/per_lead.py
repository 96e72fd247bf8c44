"""Per-lead amplitudes, durations, levels and shapes, read from the representative beat."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from calipers.leads import LEADS, Lead
from calipers.parameters import LEAD_UNITS
from calipers.tools.measure.analysis import MS_PER_SAMPLE, Signal
from calipers.tools.measure.beats import Beats, RepresentativeBeat
from calipers.tools.measure.fiducials import P_OFF, P_ON, QRS_OFF, QRS_ON, T_OFF, T_ON, Fiducials
from calipers.tools.measure.morphology import Deflection, QrsShape, level_at, qrs_shape
from calipers.tools.measure.sheet import Sheet
from calipers.tools.measure.slurs import j_wave, slow_start
from calipers.tools.measure.wave_shape import p_wave, t_wave

#: Amplitude error in mV beyond the scatter of the beats: baseline placement and quantisation.
FLOOR_MV: Final = 0.02
ST_MS: Final = {"st_j": 0.0, "st_60": 60.0, "st_80": 80.0}
#: Error of one QRS boundary in samples (95 %), which moves ST levels on a slope.
_J_ERROR: Final = 4.0
_QRS_WAVES: Final = ("q", "r", "s", "rp", "sp")
_WITH_DURATION: Final = ("q", "r", "s", "rp")
#: A deflection of the representative beat is not noise from this many of its standard errors on.
_NOISE_ERRORS: Final = 3.0
_NO_T: Final = "T-wave end not found"
_NO_P: Final = "no P wave coupled to the QRS"


@dataclass(frozen=True)
class Landmarks:
    """Indices of the global marks within the representative beat; None where a wave is absent."""

    p: tuple[int, int] | None
    qrs: tuple[int, int]
    t_off: int | None
    t_on: int | None = None


class _LeadBeat(NamedTuple):
    """One lead of the representative beat, and where it lies.

    `anchor` is the sample of the record where index 0 of a typical beat lies, so that spans point at the trace.
    """

    lead: Lead
    mv: Signal
    standard_error_mv: Signal
    at: Landmarks
    anchor: float
    noise_mv: float

    def span(self, start: float, stop: float) -> list[tuple[Lead | None, float, float]]:
        return [(self.lead, self.anchor + start, self.anchor + stop)]

    def error(self, index: int, slope: float = 0.0) -> float:
        """95 % half-width from the scatter of the beats at one index, the baseline and a boundary on a slope."""
        scatter = 1.96 * float(self.standard_error_mv[min(max(index, 0), self.standard_error_mv.size - 1)])
        if math.isnan(scatter):
            scatter = 3.0 * FLOOR_MV
        return math.sqrt(FLOOR_MV**2 + scatter**2 + slope**2)


def landmarks(beat: RepresentativeBeat, beats: Beats, marks: Fiducials, has_p: bool) -> Landmarks | None:
    """Median global marks of the beats in use, relative to their R peak."""
    relative = marks.heart[beat.used] - beats.peaks[beat.used, None] + beat.zero

    def at(mark: int) -> int | None:
        column = relative[:, mark][~np.isnan(relative[:, mark])]
        return int(round(float(np.median(column)))) if column.size else None

    onset, offset, t_on, t_off = at(QRS_ON), at(QRS_OFF), at(T_ON), at(T_OFF)
    if onset is None or offset is None or offset - onset < 10:
        return None
    p_on, p_off = at(P_ON), at(P_OFF)
    p = (max(p_on, 0), p_off) if has_p and p_on is not None and p_off is not None and p_off - max(p_on, 0) > 5 else None
    return Landmarks(p, (onset, offset), t_off, t_on)


def write_lead(sheet: Sheet, lead: Lead, beat: RepresentativeBeat, at: Landmarks, anchor: float, noise: float) -> None:
    """All per-lead measurements of one lead.

    Args:
        sheet: where to write.
        lead: which lead.
        beat: the representative beat.
        at: its landmarks.
        anchor: sample of the record where index 0 of a typical beat lies.
        noise: smallest deflection in mV that is not noise in this lead (`noise_mv`).
    """
    row = LEADS.index(lead)
    mv = beat.mv[row]
    one = _LeadBeat(lead, mv, beat.standard_error_mv[row], at, anchor, noise)
    shape = qrs_shape(mv, *at.qrs, one.noise_mv)
    _write_qrs_waves(sheet, one, shape)
    _write_qrs_shape(sheet, one, shape)
    _write_st(sheet, one)
    _write_t(sheet, one)
    _write_p(sheet, one)


def noise_mv(beats_mv: Signal, offset: int) -> Signal:
    """Smallest deflection of the median beat that is not noise: what differs from beat to beat in ST and T.

    Args:
        beats_mv: (k, leads, m) the aligned beats.
        offset: QRS end.

    Returns:
        (leads,) mV; 0 with fewer than three beats. Each beat's own slope over the 160 ms is baseline wander
        and is taken away; fibrillation waves stay.
    """
    piece = beats_mv[:, :, offset + 10 : offset + 90]
    piece = piece[~np.isnan(piece).any(axis=(1, 2))]
    if len(piece) < 3 or piece.shape[2] < 20:
        return np.zeros(beats_mv.shape[1])
    differs = piece - np.median(piece, axis=0)
    line = np.linspace(-1.0, 1.0, piece.shape[2])
    slope = differs @ line / (line @ line)
    differs -= differs.mean(axis=2, keepdims=True) + slope[:, :, None] * line
    scatter: Signal = np.median(differs.std(axis=0), axis=1)
    least: Signal = _NOISE_ERRORS * 1.2533 * scatter / np.sqrt(len(piece))
    return least


def _write_qrs_waves(sheet: Sheet, one: _LeadBeat, shape: QrsShape) -> None:
    waves: dict[str, Deflection | None] = {name: getattr(shape, name) for name in _QRS_WAVES}
    absent = "no such wave in the representative beat"
    for name, wave in waves.items():
        sheet.value(
            f"{name}_amp",
            wave.amplitude_mv if wave else 0.0,
            "mV",
            uncertainty=one.error(wave.peak if wave else one.at.qrs[0]),
            spans=one.span(wave.start, wave.stop) if wave else (),
            how="peak against the PR baseline, representative beat" if wave else absent,
            lead=one.lead,
        )
    for name in _WITH_DURATION:
        wave = waves[name]
        sheet.value(
            f"{name}_dur",
            wave.duration_ms if wave else 0.0,
            "ms",
            uncertainty=8.0 if wave else 4.0,
            spans=one.span(wave.start, wave.stop) if wave else (),
            how="baseline to baseline, representative beat" if wave else absent,
            lead=one.lead,
        )


def _write_qrs_shape(sheet: Sheet, one: _LeadBeat, shape: QrsShape) -> None:
    (onset, offset), lead = one.at.qrs, one.lead
    whole = one.span(onset, offset)
    how = "waves of the QRS; capitals from half the largest"
    sheet.value("qrs_pattern", shape.pattern, "", spans=whole, how=how, lead=lead)
    how = "a second peak or a slurred flank within one deflection"
    sheet.value("qrs_notch", float(shape.notched), "", spans=whole, how=how, lead=lead)
    last_r = shape.rp or shape.r
    if last_r is None:
        sheet.missing("r_peak_time", "ms", "no R wave", lead=lead)
    else:
        sheet.value(
            "r_peak_time",
            (last_r.peak - onset) * MS_PER_SAMPLE,
            "ms",
            uncertainty=12.0,
            spans=one.span(onset, last_r.peak),
            how="QRS onset to the peak of R, or of R′ if present",
            lead=lead,
        )
    _write_delta(sheet, one)
    _write_j_wave(sheet, one, last_r if last_r is not None and shape.sp is None else None)


def _write_delta(sheet: Sheet, one: _LeadBeat) -> None:
    found = slow_start(one.mv, *one.at.qrs, one.noise_mv)
    if found is None:
        sheet.missing("delta_dur", "ms", "the QRS is too small to read its slope", lead=one.lead)
        return
    start, steep = found
    sheet.value(
        "delta_dur",
        (steep - start) * MS_PER_SAMPLE,
        "ms",
        uncertainty=10.0,
        spans=one.span(start, steep) if steep > start else (),
        how="from the lead's first movement to half the steepest slope of the main deflection; 0 without a slur",
        lead=one.lead,
    )


def _write_j_wave(sheet: Sheet, one: _LeadBeat, last_r: Deflection | None) -> None:
    offset = one.at.qrs[1]
    found = j_wave(one.mv, last_r.peak, offset, one.noise_mv) if last_r is not None else None
    sheet.value(
        "j_wave_amp",
        found.amplitude_mv if found else 0.0,
        "mV",
        uncertainty=one.error(found.peak if found else offset),
        spans=one.span(found.peak - 2, found.peak + 2) if found else (),
        how=f"end-QRS {found.kind} against the PR baseline" if found else "no notch or slur at the end of the QRS",
        lead=one.lead,
    )


def _write_st(sheet: Sheet, one: _LeadBeat) -> None:
    for name, delay_ms in ST_MS.items():
        centre = one.at.qrs[1] + delay_ms / MS_PER_SAMPLE
        slope = abs(level_at(one.mv, centre + _J_ERROR) - level_at(one.mv, centre - _J_ERROR)) / 2.0
        sheet.value(
            name,
            level_at(one.mv, centre),
            "mV",
            uncertainty=one.error(int(centre), slope if name == "st_j" else 0.5 * slope),
            spans=one.span(centre - 2, centre + 2),
            how=f"level {delay_ms:.0f} ms after the J point against the PR baseline, representative beat",
            lead=one.lead,
        )


def _write_t(sheet: Sheet, one: _LeadBeat) -> None:
    lead, offset = one.lead, one.at.qrs[1]
    if one.at.t_off is None:
        _missing(sheet, lead, _NO_T, "t_amp", "t_pattern", "t_width")
        return
    start = max(offset + int(40.0 / MS_PER_SAMPLE), one.at.t_on or 0)
    stop = min(one.at.t_off, one.mv.size - 1)
    if stop - start < 20:
        _missing(sheet, lead, _NO_T, "t_amp", "t_pattern", "t_width")
        return
    wave = t_wave(one.mv, start, stop, offset, one.noise_mv)
    span = one.span(start, stop)
    how = "peak of the larger phase of T against the PR baseline, representative beat"
    sheet.value("t_amp", wave.amplitude_mv, "mV", uncertainty=one.error(wave.peak), spans=span, how=how, lead=lead)
    how = "phases of T with a peak of their own; flat below 0.05 mV"
    sheet.value("t_pattern", wave.shape, "", spans=span, how=how, lead=lead)
    if wave.half is None:
        _missing(sheet, lead, "T does not fall to half its height on both sides", "t_width")
        return
    left, right = wave.half
    width = (right - left) * MS_PER_SAMPLE
    how = "width at half the height above the PR baseline"
    sheet.value("t_width", width, "ms", uncertainty=12.0, spans=one.span(left, right), how=how, lead=lead)


def _write_p(sheet: Sheet, one: _LeadBeat) -> None:
    lead = one.lead
    if one.at.p is None:
        _missing(sheet, lead, _NO_P, "p_amp", "p_pattern", "p_terminal_amp", "p_terminal_dur")
        return
    wave = p_wave(one.mv, *one.at.p, one.noise_mv)
    span, error = one.span(*one.at.p), one.error(wave.peak)
    how = "largest deflection of P against the line from its onset to its end, representative beat"
    sheet.value("p_amp", wave.amplitude_mv, "mV", uncertainty=error, spans=span, how=how, lead=lead)
    how = "phases of P of at least 20 µV and 12 ms"
    sheet.value("p_pattern", wave.shape, "", spans=span, how=how, lead=lead)
    start, stop = wave.terminal
    span = one.span(start, stop) if stop > start else one.span(*one.at.p)
    how = "depth of the negative phase that ends P; 0 where P ends upright"
    sheet.value("p_terminal_amp", wave.terminal_mv, "mV", uncertainty=error, spans=span, how=how, lead=lead)
    how = "duration of the negative phase that ends P; 0 where P ends upright"
    width = (stop - start) * MS_PER_SAMPLE
    sheet.value("p_terminal_dur", width, "ms", uncertainty=10.0, spans=span, how=how, lead=lead)


def _missing(sheet: Sheet, lead: Lead, reason: str, *names: str) -> None:
    for name in names:
        sheet.missing(name, LEAD_UNITS[name], reason, lead=lead)


def write_lead_missing(sheet: Sheet, lead: Lead, reason: str) -> None:
    """The same names for a lead that was not measured, each with the reason."""
    _missing(sheet, lead, reason, *(name for name in LEAD_UNITS if name != "quality"))
