"""Measure a record of which some leads show a part only: rhythm by what runs through, each lead by its own beats."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.evidence import Measurements
from calipers.leads import INDEX, LEADS
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask
from calipers.tools.measure.beats import Beats, RepresentativeBeat, representative_beat
from calipers.tools.measure.bounds import bounds_shift, has_t_wave, set_bounds
from calipers.tools.measure.delineation import Delineator, Waves
from calipers.tools.measure.engine import as_read, conducted_first, write_axes, write_nothing
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
from calipers.tools.measure.partial.by_lead import (
    LeadBeats,
    axis_in_part,
    beats_of_leads,
    leave_out_unseen_beats,
    within_stretches,
    write_leads_in_part,
)
from calipers.tools.measure.partial.coverage import Coverage
from calipers.tools.measure.partial.quality import qualities_by_stretch, shown_in_part
from calipers.tools.measure.partial.relay import (
    even_peaks,
    relay_beat,
    relay_beats,
    relay_shapes,
    strip_beats,
    with_limb_leads,
)
from calipers.tools.measure.partial.waves import levelled, supported, waves_by_column
from calipers.tools.measure.per_beat import write_beat_levels
from calipers.tools.measure.per_lead import landmarks
from calipers.tools.measure.quality import LeadQualities, record_quality
from calipers.tools.measure.reversal import electrode_reversal
from calipers.tools.measure.rhythm import read_rhythm
from calipers.tools.measure.second_opinion import second_opinion
from calipers.tools.measure.sheet import Sheet
from calipers.tools.measure.ventricles import Ventricles, watch_ventricles, write_ventricles

_SHORTEST_S: Final = 0.5
#: I, II and III are held against Einthoven's law where they are shown together for this long.
_LIMB_S: Final = 1.0


def examine_partial(ecg: Ecg, signal: AnalysisSignal, coverage: Coverage, delineator: Delineator) -> Examination:
    """Measure one ECG whose leads are not all shown throughout.

    Rates, P waves and ectopy come from the leads that run through (rhythm strips); without any, the columns take
    turns. Intervals of a beat come from the leads that show it, and their median over all beats joins the columns.
    Amplitudes, levels and shapes of a lead come from the beats inside its own stretch, and say how many.

    Args:
        ecg: the record.
        signal: its analysis copy.
        coverage: which stretch each lead shows.
        delineator: marks the waves.
    """
    signal = levelled(signal, coverage)
    sheet = Sheet(ecg.record, "none")
    leads = as_read(ecg, qualities_by_stretch(ecg, signal, coverage))
    usable = leads.usable
    if not usable.any() or signal.duration_s < _SHORTEST_S:
        write_nothing(sheet, leads, "no lead is readable" if not usable.any() else "less than 0.5 s of signal")
        return Examination(Measurements(sheet.items.values()), record_quality(ecg, signal, leads, 0))
    waves = waves_by_column(delineator, signal, coverage, usable)
    sheet.method = waves.method
    through = usable & coverage.whole
    steady = through if through.any() else usable
    ventricles, beats, marks = _beats(signal, waves, coverage, usable, leads)
    for_rhythm = signal if through.any() else with_limb_leads(signal, coverage, usable)
    rhythm = read_rhythm(for_rhythm, waves, beats, marks, steady, spikes_in=usable)
    has_p = rhythm.p_share >= MIN_P_SHARE
    beat = _representative(signal, beats, marks, coverage, usable)
    at = landmarks(beat, beats, marks, has_p) if beat else None
    shown: LeadBeats | None = None
    if beat is not None and at is not None:
        shown = beats_of_leads(beat, beats, at, coverage)
        beat = within_stretches(beat, at, shown, coverage)
        covered = usable & shown.covered
        marks = marks if has_t_wave(beat, at, covered) else marks.without_t()
        marks = set_bounds(marks, beats, bounds_shift(beat, at, covered), signal.raw_mv[usable])
        at = landmarks(beat, beats, marks, has_p)
    opinion = second_opinion(signal, np.where(through, leads.score, 0.0), beats)
    write_rates(sheet, beats, rhythm, opinion)
    write_ventricles(sheet, signal, beats, ventricles)
    write_intervals(sheet, beats, marks, rhythm)
    write_qtc(sheet, rhythm)
    readable = usable & shown.covered if shown is not None else usable
    areas = partial(axis_in_part, usable=readable, shown=shown.qrs if shown is not None else np.ones((12, 0), bool))
    write_axes(sheet, beat, at, areas)
    write_events(sheet, for_rhythm, beats, marks, rhythm, steady)
    if not through.any():
        sheet.missing("f_wave_amp", "mV", "neither V1 nor II is shown throughout")
    write_leads_in_part(sheet, leads, beats, beat, at, shown, coverage)
    write_beat_intervals(sheet, beats, marks, rhythm)
    write_beat_levels(sheet, signal, beats, marks, usable)
    leave_out_unseen_beats(sheet, coverage)
    reversal = electrode_reversal(sheet, beat, at, signal.present, readable)
    remarks = (
        shown_in_part(coverage),
        *((reversal,) if reversal else ()),
        *((opinion.remark(),) if opinion and opinion.differs else ()),
    )
    limb = _limb_stretch(signal, coverage)
    quality = record_quality(ecg, signal, leads, len(beats), remarks, beatless=ventricles.beatless, limb=limb)
    return Examination(Measurements(sheet.items.values()), quality, beats, marks, rhythm, beat=beat, landmarks=at)


def _beats(
    signal: AnalysisSignal, waves: Waves, coverage: Coverage, usable: Mask, leads: LeadQualities
) -> tuple[Ventricles, Beats, Fiducials]:
    """The beats and their marks, by the rhythm strips, else by the columns in turn."""
    through = usable & coverage.whole
    if through.any():
        found = strip_beats(signal, waves, coverage, usable)
        ventricles, beats = watch_ventricles(signal, found, through, leads.score)
        marks = supported(fiducials(waves, beats.peaks, usable), beats, coverage, usable)
        return ventricles, conducted_first(beats, marks, signal, through), marks
    found = relay_beats(signal, waves, coverage, usable)
    ventricles, beats = watch_ventricles(with_limb_leads(signal, coverage, usable), found, usable, leads.score)
    if len(beats) != len(found):
        beats = Beats(beats.peaks, *relay_shapes(signal, coverage, usable, beats.peaks), beats.energy)
    marks = fiducials(waves, beats.peaks, usable)
    beats = even_peaks(signal, beats, marks, coverage, usable)
    return ventricles, beats, supported(marks, beats, coverage, usable)


def _representative(
    signal: AnalysisSignal, beats: Beats, marks: Fiducials, coverage: Coverage, usable: Mask
) -> RepresentativeBeat | None:
    if not len(beats):
        return None
    through, onset = usable & coverage.whole, marks.heart[:, QRS_ON]
    if through.any():
        return representative_beat(signal, beats, onset, through)
    return relay_beat(signal, beats, onset, coverage, usable)


def _limb_stretch(signal: AnalysisSignal, coverage: Coverage) -> AnalysisSignal:
    """Where I, II and III are shown together; without them as given where that is nowhere."""
    rows = [INDEX[lead] for lead in LEADS[:3]]
    start, stop = int(coverage.first[rows].max()), int(coverage.stop[rows].min())
    if stop - start >= _LIMB_S * ANALYSIS_HZ:
        return signal.cut(start, stop)
    return replace(signal, given=np.zeros(12, dtype=np.bool_))
