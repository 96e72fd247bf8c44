"""Counts and couplings: P waves per QRS, atrial rate, ectopic and paced beats."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.tools.measure.analysis import MS_PER_SAMPLE
from calipers.tools.measure.beats import Beats
from calipers.tools.measure.fiducials import P_ON, QRS_OFF, QRS_ON, Fiducials
from calipers.tools.measure.rhythm import P_SUPPORT, Rhythm
from calipers.tools.measure.sheet import Sheet

_MIN_P_WAVES: Final = 4


def write_events(sheet: Sheet, beats: Beats, marks: Fiducials, rhythm: Rhythm) -> None:
    """`p_per_qrs atrial_rate pvc_count pac_count paced_count`."""
    _write_p_share(sheet, marks, rhythm)
    _write_atrial_rate(sheet, marks, rhythm)
    for name, mask, what in (
        ("pvc_count", rhythm.pvc, "premature or wide beats of another shape without a P wave"),
        ("pac_count", rhythm.pac, "premature beats of the dominant shape"),
        ("paced_count", rhythm.paced, "beats preceded by a pacing spike"),
    ):
        if len(beats) < 3:
            sheet.missing(name, "", f"{len(beats)} QRS complexes found; needs three to compare")
            continue
        sheet.value(
            name,
            float(mask.sum()),
            "",
            uncertainty=0.0,
            spans=[_qrs_span(beats, marks, int(k)) for k in np.flatnonzero(mask)],
            how=f"count of {what}",
        )


def _write_p_share(sheet: Sheet, marks: Fiducials, rhythm: Rhythm) -> None:
    expected = int(rhythm.p_expected.sum())
    if expected < 2:
        sheet.missing("p_per_qrs", "", "fewer than two beats for which a P wave could be expected")
        return
    share = rhythm.p_share
    # Wilson half-width: a share of 0 or 1 over few beats is not certain.
    z2 = 1.96**2
    half_width = 1.96 * np.sqrt(share * (1 - share) * expected + z2 / 4) / (expected + z2)
    coupled = np.flatnonzero(rhythm.conducted & rhythm.p_expected)
    sheet.value(
        "p_per_qrs",
        share,
        "",
        uncertainty=float(half_width),
        spans=[(None, float(marks.heart[k, P_ON]), float(marks.heart[k, QRS_ON])) for k in coupled],
        how=f"share of {expected} beats with a P wave at the record's own PR",
    )


def _write_atrial_rate(sheet: Sheet, marks: Fiducials, rhythm: Rhythm) -> None:
    conducted = rhythm.conducted & (marks.p_support >= P_SUPPORT)
    if rhythm.p_share >= 0.9 and sheet.number("hr") is not None:
        rate, error, onsets = sheet.number("hr") or 0.0, sheet.uncertainty("hr"), marks.heart[conducted, P_ON]
        how = "one P wave before each QRS: equals the ventricular rate"
    elif marks.p_waves.size >= _MIN_P_WAVES:
        pp_ms = np.diff(marks.p_waves) * MS_PER_SAMPLE
        typical = float(np.median(pp_ms))
        scatter = float(np.median(np.abs(pp_ms - typical))) * 1.4826
        if typical <= 0 or scatter > 0.15 * typical:
            sheet.missing("atrial_rate", "/min", "P waves not regular enough to give a rate (hidden or absent P waves)")
            return
        rate = 60_000.0 / typical
        error = rate * 1.96 * scatter / typical / np.sqrt(pp_ms.size) + 1.0
        onsets, how = marks.p_waves, f"60 over the median of {pp_ms.size} PP intervals"
    else:
        sheet.missing("atrial_rate", "/min", f"{marks.p_waves.size} P waves found; needs {_MIN_P_WAVES}")
        return
    spans = [(None, float(onsets[0]), float(onsets[-1]))] if len(onsets) > 1 else []
    sheet.value("atrial_rate", rate, "/min", uncertainty=error, spans=spans, how=how)


def _qrs_span(beats: Beats, marks: Fiducials, k: int) -> tuple[None, float, float]:
    start, stop = marks.heart[k, QRS_ON], marks.heart[k, QRS_OFF]
    peak = float(beats.peaks[k])
    return None, peak - 25.0 if np.isnan(start) else float(start), peak + 35.0 if np.isnan(stop) else float(stop)
