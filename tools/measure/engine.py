"""One ECG in, every measurement out: the order of work, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.evidence import Measurements
from calipers.leads import LEADS
from calipers.parameters import GLOBAL_UNITS
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal, analysis_signal
from calipers.tools.measure.axis import Axis, frontal_axis
from calipers.tools.measure.beats import Beats, RepresentativeBeat, find_beats, led_by, representative_beat
from calipers.tools.measure.bounds import bounds_shift, has_t_wave, set_bounds
from calipers.tools.measure.delineation import Delineator, TwelveLead
from calipers.tools.measure.events import write_events
from calipers.tools.measure.examination import Examination
from calipers.tools.measure.fiducials import QRS_ON, Fiducials, fiducials
from calipers.tools.measure.intervals import (
    MIN_P_SHARE,
    write_beat_intervals,
    write_intervals,
    write_qtc,
    write_rates,
)
from calipers.tools.measure.per_beat import write_beat_levels
from calipers.tools.measure.per_lead import (
    Landmarks,
    landmarks,
    noise_mv,
    write_lead,
    write_lead_missing,
)
from calipers.tools.measure.quality import LeadQualities, lead_qualities, record_quality
from calipers.tools.measure.reversal import electrode_reversal
from calipers.tools.measure.rhythm import read_rhythm
from calipers.tools.measure.second_opinion import second_opinion
from calipers.tools.measure.sheet import Sheet
from calipers.tools.measure.ventricles import watch_ventricles, write_ventricles

#: Longer records are measured in windows (`tools.measure.long`).
LONGEST_WHOLE_S: Final = 60.0
_AXES: Final = ("p_axis", "qrs_axis", "t_axis")


@cache
def default_delineator() -> Delineator:
    """The delineator in use."""
    return TwelveLead()


def examine(ecg: Ecg, delineator: Delineator | None = None) -> Examination:
    """Measure one ECG and say how readable it was; a long one window by window, in bounded memory."""
    delineator = delineator or default_delineator()
    if ecg.duration_s > LONGEST_WHOLE_S:
        from calipers.tools.measure.long import examine_long

        return examine_long(ecg, delineator)
    from calipers.tools.measure.partial import coverage_of, examine_partial

    signal = analysis_signal(ecg)
    coverage = coverage_of(signal)
    if coverage.is_partial:
        found = examine_partial(ecg, signal, coverage, delineator)
    else:
        leads = as_read(ecg, lead_qualities(ecg, signal))
        found = examine_stretch(ecg, signal, leads, Sheet(ecg.record, "none"), delineator)
    if ecg.source.digitisation is None and ecg.source.unread is None:
        return found
    from calipers.tools.measure.digitised import with_digitising_error

    return with_digitising_error(found, ecg)


def as_read(ecg: Ecg, leads: LeadQualities) -> LeadQualities:
    """The qualities of leads that were recorded, or of those read from a picture with what was unsure taken off."""
    if ecg.source.digitisation is None:
        return leads
    from calipers.tools.measure.digitised import read_from_picture

    return read_from_picture(leads, ecg.source.digitisation)


def examine_stretch(
    ecg: Ecg,
    signal: AnalysisSignal,
    leads: LeadQualities,
    sheet: Sheet,
    delineator: Delineator,
    lead_by: Callable[[Beats, AnalysisSignal, Mask], Beats] | None = None,
) -> Examination:
    """Measure one stretch of about ten seconds: a short record, or one window of a long one.

    Args:
        ecg: the stretch.
        signal: its analysis copy.
        leads: the quality of its leads.
        sheet: takes every measurement, those of single beats too.
        delineator: marks the waves.
        lead_by: may choose another shape as the dominant one; a long record does, by its usual beat.
    """
    usable = leads.usable
    if not usable.any() or signal.duration_s < 0.5:
        write_nothing(sheet, leads, "no lead is readable" if not usable.any() else "less than 0.5 s of signal")
        quality = record_quality(ecg, signal, leads, 0)
        return Examination(Measurements(sheet.items.values()), quality)
    waves = delineator(signal, usable)
    sheet.method = waves.method
    ventricles, beats = watch_ventricles(signal, find_beats(signal, waves, usable), usable, leads.score)
    marks = fiducials(waves, beats.peaks, usable)
    beats = conducted_first(beats, marks, signal, usable)
    if lead_by is not None:
        beats = lead_by(beats, signal, usable)
    rhythm = read_rhythm(signal, waves, beats, marks, usable)
    has_p = rhythm.p_share >= MIN_P_SHARE
    beat = representative_beat(signal, beats, marks.heart[:, QRS_ON], usable) if len(beats) else None
    at = landmarks(beat, beats, marks, has_p) if beat else None
    if beat is not None and at is not None:
        marks = marks if has_t_wave(beat, at, usable) else marks.without_t()
        marks = set_bounds(marks, beats, bounds_shift(beat, at, usable), signal.raw_mv[usable])
        at = landmarks(beat, beats, marks, has_p)
    opinion = second_opinion(signal, leads.score, beats)
    write_rates(sheet, beats, rhythm, opinion)
    write_ventricles(sheet, signal, beats, ventricles)
    write_intervals(sheet, beats, marks, rhythm)
    write_qtc(sheet, rhythm)
    write_axes(sheet, beat, at, partial(frontal_axis, usable=usable))
    write_events(sheet, signal, beats, marks, rhythm, usable)
    write_leads(sheet, leads, beats, beat, at)
    write_beat_intervals(sheet, beats, marks, rhythm)
    write_beat_levels(sheet, signal, beats, marks, usable)
    reversal = electrode_reversal(sheet, beat, at, signal.present, usable)
    remarks = [*([reversal] if reversal else []), *([opinion.remark()] if opinion and opinion.differs else [])]
    quality = record_quality(ecg, signal, leads, len(beats), tuple(remarks), beatless=ventricles.beatless)
    return Examination(Measurements(sheet.items.values()), quality, beats, marks, rhythm, beat=beat, landmarks=at)


def conducted_first(beats: Beats, marks: Fiducials, signal: AnalysisSignal, usable: Mask) -> Beats:
    """In bigeminy the ectopics may be as many as the conducted beats: those with P waves lead."""
    if len(beats) < 4 or beats.dominant.all():
        return beats
    support = [float(marks.p_support[beats.shape == label].mean()) for label in (0, 1)]
    sizes = [int((beats.shape == label).sum()) for label in (0, 1)]
    if sizes[1] >= 3 and sizes[1] >= 0.6 * sizes[0] and support[1] > support[0] + 0.3:
        return led_by(beats, 1, signal, usable)
    return beats


def write_leads(
    sheet: Sheet, leads: LeadQualities, beats: Beats, beat: RepresentativeBeat | None, at: Landmarks | None
) -> None:
    """Every measurement of each lead from the representative beat, or why there is none."""
    noise = noise_mv(beat.beats_mv, at.qrs[1]) if beat is not None and at is not None else np.zeros(len(LEADS))
    for row, lead in enumerate(LEADS):
        sheet.value("quality", float(leads.score[row]), "", how="1 minus what was seen to be wrong", lead=lead)
        if not leads.usable[row]:
            reasons = "; ".join(leads.reasons[row]) or "poor signal"
            write_lead_missing(sheet, lead, f"lead not usable: {reasons}")
        elif beat is None or at is None:
            write_lead_missing(sheet, lead, "no representative beat: QRS onset and end not found")
        else:
            write_lead(sheet, lead, beat, at, _anchor(beats, beat, row), float(noise[row]))


def _anchor(beats: Beats, beat: RepresentativeBeat, row: int) -> float:
    """Sample at which a typical beat starts, so that a lead's spans point at the trace.

    A beat is chosen that the usual 3×4 page shows in this lead (columns of 2.5 s), else one in the middle.
    """
    peaks = beats.peaks[beat.used]
    column_s = 2.5 * (row // 3)
    time_s = peaks / ANALYSIS_HZ
    shown = np.flatnonzero((time_s > column_s + 0.35) & (time_s < column_s + 2.0))
    return float(peaks[shown[0] if shown.size else len(peaks) // 2] - beat.zero)


def write_axes(
    sheet: Sheet,
    beat: RepresentativeBeat | None,
    at: Landmarks | None,
    direction: Callable[[Signal, Signal], Axis | None],
) -> None:
    """`p_axis qrs_axis t_axis` from the representative beat.

    Args:
        sheet: takes them.
        beat, at: the representative beat.
        direction: of the (12,) areas of a wave, given the (k, 12) areas of the single beats.
    """
    if beat is None or at is None:
        for name in _AXES:
            sheet.missing(name, "deg", "no representative beat")
        return
    windows = {
        "p_axis": at.p,
        "qrs_axis": at.qrs,
        "t_axis": (at.qrs[1] + 30, at.t_off) if at.t_off and at.t_off > at.qrs[1] + 40 else None,
    }
    for name, window in windows.items():
        if window is None:
            sheet.missing(name, "deg", "the wave was not found")
            continue
        start, stop = window
        mv, stack = beat.mv[:, start:stop], beat.beats_mv[:, :, start:stop]
        if name == "p_axis":
            mv = mv - _ramp(mv)
            stack = stack - _ramp(stack)
        axis = direction(mv.sum(axis=-1), np.nan_to_num(stack).sum(axis=-1))
        if axis is None:
            sheet.missing(name, "deg", "the mean frontal vector is too small, or fewer than two limb leads are usable")
        else:
            spans = sheet.spans_of({"p_axis": "p_dur", "qrs_axis": "qrs", "t_axis": "qt"}[name])
            how = "direction of the net area in the limb leads, representative beat"
            sheet.value(name, axis.degrees, "deg", uncertainty=axis.half_width, spans=spans, how=how)


def _ramp(wave: Signal) -> Signal:
    """The line from a wave's first to its last sample, along the last axis."""
    weights = np.linspace(0.0, 1.0, wave.shape[-1])
    line: Signal = wave[..., :1] * (1.0 - weights) + wave[..., -1:] * weights
    return line


def write_nothing(sheet: Sheet, leads: LeadQualities, reason: str) -> None:
    """Every id of an unreadable record, with the reason."""
    for name, unit in GLOBAL_UNITS.items():
        sheet.missing(name, unit, reason)
    for row, lead in enumerate(LEADS):
        sheet.value("quality", float(leads.score[row]), "", how="1 minus what was seen to be wrong", lead=lead)
        write_lead_missing(sheet, lead, "; ".join(leads.reasons[row]) or reason)
