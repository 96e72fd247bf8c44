"""A long record measured window by window: the order of work, and nothing else.

Only one window is expanded at a time. What stays of it is a row of numbers, and some two kilobytes a beat.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.evidence import Measurements
from calipers.knowledge import evaluate
from calipers.parameters import GLOBAL_UNITS
from calipers.report import Demographics
from calipers.tools.measure.analysis import Mask, analysis_signal
from calipers.tools.measure.axis import frontal_axis
from calipers.tools.measure.beats import Beats, RepresentativeBeat, representative_beat
from calipers.tools.measure.delineation import Delineator
from calipers.tools.measure.engine import examine_stretch, write_axes, write_leads
from calipers.tools.measure.examination import Examination
from calipers.tools.measure.fiducials import QRS_ON
from calipers.tools.measure.long.beat_log import BeatArrays, BeatLog
from calipers.tools.measure.long.episodes import episode_statements, met_statements, timeline
from calipers.tools.measure.long.quality import lead_qualities_over, quality_over
from calipers.tools.measure.long.sample import sample_beats
from calipers.tools.measure.long.shapes import RunningShapes
from calipers.tools.measure.long.summary import write_corrected_qt, write_summary
from calipers.tools.measure.long.window_log import WindowArrays, WindowLog
from calipers.tools.measure.long.windows import cut, windows
from calipers.tools.measure.per_lead import Landmarks, landmarks
from calipers.tools.measure.quality import LeadQualities, lead_qualities
from calipers.tools.measure.reversal import electrode_reversal
from calipers.tools.measure.rhythm import Rhythm
from calipers.tools.measure.sheet import Sheet

_NO_BEATS: Final = Beats(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0))
_READING_ORDER: Final = {name: at for at, name in enumerate(GLOBAL_UNITS)}


def examine_long(ecg: Ecg, delineator: Delineator) -> Examination:
    """Measure a record longer than one window.

    Args:
        ecg: the record.
        delineator: marks the waves of each window.

    Returns:
        The same ids as for a short record: medians over the windows, counts and extremes over the whole, per-lead
        values from a sample of the usual beats; beat items are made when they are asked for. `timeline` has the
        episodes and the rate minute by minute.
    """
    log, beat_log = WindowLog(), BeatLog(ecg.record)
    rhythm = _stream(ecg, delineator, log, beat_log)
    over, beats = log.arrays(), beat_log.arrays()
    leads = lead_qualities_over(over, log)
    sheet = Sheet(ecg.record, beat_log.method)
    write_summary(sheet, log, over, beats)
    write_corrected_qt(sheet, rhythm, over, beats)
    reversal, beat, at = _write_usual_beat(sheet, ecg, over, beats, leads)
    course = timeline(ecg.duration_s, over, beats)
    quality = quality_over(ecg, over, leads, course, (reversal,) if reversal else ())
    ordered = sorted(sheet.items.values(), key=lambda item: _READING_ORDER.get(item.name, len(_READING_ORDER)))
    measured = Measurements(ordered, beat_log.table(beats) if beats is not None else None)
    return Examination(measured, quality, timeline=course, beat=beat, landmarks=at)


def _stream(ecg: Ecg, delineator: Delineator, log: WindowLog, beat_log: BeatLog) -> Rhythm | None:
    """Measure every window in turn; the last rhythm read, for what its kind holds beside the beats."""
    shapes, rhythm = RunningShapes(), None
    patient = Demographics(age=ecg.patient.age, sex=ecg.patient.sex)
    for number, window in enumerate(windows(ecg.signal_mv.shape[1], ecg.fs_hz)):
        part = cut(ecg, window)
        signal = analysis_signal(part)
        leads = lead_qualities(part, signal)
        sheet = beat_log.sheet(window)
        found = examine_stretch(part, signal, leads, sheet, delineator, shapes.lead)
        beat_log.add(number, window, found, sheet, shapes.of_beats)
        judged = bool(leads.usable.any()) and found.quality.assessable
        met = met_statements(evaluate(found.measurements, patient)) if judged else np.zeros(len(episode_statements()))
        differs = any("second detector" in reason for reason in found.quality.reasons)
        log.add(window, signal, leads, found.measurements, met, differs)
        rhythm = found.rhythm or rhythm
    return rhythm


def _write_usual_beat(
    sheet: Sheet, ecg: Ecg, over: WindowArrays, beats: BeatArrays | None, leads: LeadQualities
) -> tuple[str | None, RepresentativeBeat | None, Landmarks | None]:
    """Axes and per-lead values from a sample of the usual beats; a remark where electrodes look exchanged, and the beat."""
    usable: Mask = leads.usable
    axis = partial(frontal_axis, usable=usable)
    sample = sample_beats(ecg, beats, over, usable) if beats is not None and usable.any() else None
    if sample is None:
        write_axes(sheet, None, None, axis)
        write_leads(sheet, leads, _NO_BEATS, None, None)
        return None, None, None
    beat = representative_beat(sample.signal, sample.beats, sample.marks.heart[:, QRS_ON], usable)
    at = landmarks(beat, sample.beats, sample.marks, sheet.number("pr") is not None) if beat is not None else None
    write_axes(sheet, beat, at, axis)
    write_leads(sheet, leads, replace(sample.beats, peaks=sample.peaks), beat, at)
    return electrode_reversal(sheet, beat, at, sample.signal.present, usable), beat, at
