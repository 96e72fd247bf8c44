"""One set of global measurements from hundreds of windows: medians of levels, counts of events, extremes of runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from calipers.parameters import GLOBAL_UNITS
from calipers.tools.measure.analysis import ANALYSIS_HZ, MS_PER_SAMPLE, Mask, Signal
from calipers.tools.measure.intervals import write_qtc
from calipers.tools.measure.long.beat_log import BeatArrays
from calipers.tools.measure.long.episodes import alternations
from calipers.tools.measure.long.window_log import WindowArrays, WindowLog, unseen
from calipers.tools.measure.rhythm import Rhythm
from calipers.tools.measure.sheet import Sheet

#: A level must be measurable in this share of the readable windows to be the record's.
MIN_SHARE: Final = 0.5
#: Spans kept of a count: the first events; every event is in the timeline or among the beats.
_MOST_SPANS: Final = 50
#: Measured only where the event occurs, so that few windows are enough.
_OF_EVENTS: Final = frozenset(("pvc_coupling", "pac_coupling", "pr_lengthening"))
_LONGEST: Final = frozenset(
    ("dropped_run_max", "pvc_run_max", "pac_run_max", "pvc_bigeminy", "pac_bigeminy", "pvc_shapes")
)
#: Written from the beats or from other values here, not from the windows.
_OWN: Final = frozenset(("hr", "rr_sd", "pause_max"))
_AXES: Final = frozenset(("p_axis", "qrs_axis", "t_axis"))
_CORRECTED: Final = ("qtc_bazett", "qtc_fridericia", "qtc_framingham", "qtc_hodges", "jtc")


def write_summary(sheet: Sheet, log: WindowLog, windows: WindowArrays, beats: BeatArrays | None) -> None:
    """Every global measurement of the record but the axes, which come from the representative beat."""
    for name, unit in GLOBAL_UNITS.items():
        if name in _AXES or name in _OWN or name in _CORRECTED or name not in log.written:
            continue
        rows = windows.of(name)[windows.readable]
        starts_s = windows.core_s[windows.readable, 0]
        measured: Mask = np.isfinite(rows[:, 0])
        if name.endswith("_count"):
            _write_count(sheet, log, name, int(measured.sum()))
        elif not measured.any():
            sheet.missing(name, unit, _usual_reason(log, name))
        elif name in _LONGEST:
            _write_longest(sheet, name, rows, starts_s, beats)
        elif measured.mean() < MIN_SHARE and name not in _OF_EVENTS:
            share = f"measurable in {100 * measured.mean():.0f} % of the windows"
            sheet.missing(name, unit, f"{share}; elsewhere: {_usual_reason(log, name)}")
        else:
            _write_median(sheet, log, name, unit, rows, starts_s)
    _write_rates(sheet, windows, beats)


def write_corrected_qt(sheet: Sheet, rhythm: Rhythm | None, windows: WindowArrays, beats: BeatArrays | None) -> None:
    """`qtc_*` and `jtc` from the record's own QT and mean RR, as for a short record."""
    if rhythm is None or beats is None or beats.peaks.size < 2:
        for name in _CORRECTED:
            sheet.missing(name, "ms", "QT was not measurable")
        return
    every: Mask = np.ones(beats.peaks.size - 1, dtype=np.bool_)
    rr = np.diff(beats.peaks).astype(np.float64)
    write_qtc(sheet, replace(rhythm, rr=rr, seen_rr=every & ~unseen(windows.dark, beats.peaks), normal_rr=every))


def _write_median(sheet: Sheet, log: WindowLog, name: str, unit: str, rows: Signal, starts_s: Signal) -> None:
    """The median over windows: uncertain as one window is, and by how much the windows differ."""
    known = np.flatnonzero(np.isfinite(rows[:, 0]))
    values = rows[known, 0].astype(np.float64)
    value = float(np.median(values))
    spread = 1.4826 * float(np.median(np.abs(values - value)))
    error_of_median = 1.96 * 1.2533 * spread / np.sqrt(values.size)
    typical = known[int(np.argmin(np.abs(values - value)))]
    sheet.value(
        name,
        value,
        unit,
        uncertainty=float(np.hypot(np.median(rows[known, 1]), error_of_median)),
        spans=_span(rows, typical, starts_s),
        how=f"median of {values.size} windows of 10 s, each: {log.methods[name]}",
    )


def _write_count(sheet: Sheet, log: WindowLog, name: str, windows_measured: int) -> None:
    if not windows_measured:
        sheet.missing(name, "", _usual_reason(log, name))
        return
    events = log.events.get(name, [])
    spans = [(None, start_s * ANALYSIS_HZ, end_s * ANALYSIS_HZ) for start_s, end_s in events[:_MOST_SPANS]]
    how = f"{log.methods[name]}, over {windows_measured} windows of 10 s"
    sheet.value(name, float(len(events)), "", uncertainty=0.0, spans=spans, how=how)


def _write_longest(sheet: Sheet, name: str, rows: Signal, starts_s: Signal, beats: BeatArrays | None) -> None:
    """The largest of the windows, or more where a run goes on from window to window."""
    best = int(np.nanargmax(rows[:, 0]))
    value = float(rows[best, 0])
    if beats is not None and name.startswith(("pvc_", "pac_")) and name != "pvc_shapes":
        ectopic = beats.pvc if name.startswith("pvc_") else beats.pac
        value = max(value, float(_longest_run(ectopic) if name.endswith("run_max") else _longest_alternation(ectopic)))
    how = "largest of all windows of 10 s, runs followed from window to window"
    sheet.value(name, value, "", uncertainty=float(rows[best, 1]), spans=_span(rows, best, starts_s), how=how)


def _longest_run(mask: Mask) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _longest_alternation(mask: Mask) -> int:
    return max(((stop - start) // 2 for start, stop in alternations(mask)), default=0)


def _write_rates(sheet: Sheet, windows: WindowArrays, beats: BeatArrays | None) -> None:
    """`hr` from the typical mean RR; `rr_sd` and `pause_max` from every RR interval of the record."""
    rr_mean, rr = sheet.number("rr_mean"), np.empty(0)
    if beats is not None and beats.peaks.size > 1:
        seen = np.flatnonzero(~unseen(windows.dark, beats.peaks))
        rr = beats.rr_ms[seen]
    if rr_mean is None or beats is None or not rr.size:
        for name in ("hr", "rr_sd", "pause_max"):
            sheet.missing(name, GLOBAL_UNITS[name], "fewer than two QRS complexes in succession")
        return
    hr = windows.of("hr")[windows.readable]
    spread = 60_000.0 * sheet.uncertainty("rr_mean") / rr_mean**2
    whole = [(None, float(beats.peaks[0]), float(beats.peaks[-1]))]
    doubt = float(np.nanmedian(hr[:, 1])) if np.isfinite(hr[:, 1]).any() else 0.0
    sheet.value(
        "hr",
        60_000.0 / rr_mean,
        "/min",
        uncertainty=max(doubt, spread),
        spans=whole,
        how=f"60 over the median of the mean RR intervals of {int(np.isfinite(hr[:, 0]).sum())} windows of 10 s",
    )
    if rr.size > 1:
        sd = float(rr.std(ddof=1))
        width = 1.96 * sd / np.sqrt(2 * rr.size)
        sheet.value("rr_sd", sd, "ms", uncertainty=width, spans=whole, how=f"SD of {rr.size} RR intervals")
    else:
        sheet.missing("rr_sd", "ms", "one RR interval; a spread needs two")
    longest = int(seen[int(np.argmax(rr))])
    span = (None, float(beats.peaks[longest]), float(beats.peaks[longest + 1]))
    value = float(beats.peaks[longest + 1] - beats.peaks[longest]) * MS_PER_SAMPLE
    sheet.value("pause_max", value, "ms", uncertainty=8.0, spans=[span], how=f"longest of {rr.size} RR intervals")


def _span(rows: Signal, at: int, starts_s: Signal) -> list[tuple[None, float, float]]:
    start_s, end_s = rows[at, 2], rows[at, 3]
    if not np.isfinite(start_s):
        return []
    return [(None, (float(start_s) + starts_s[at]) * ANALYSIS_HZ, (float(end_s) + starts_s[at]) * ANALYSIS_HZ)]


def _usual_reason(log: WindowLog, name: str) -> str:
    reasons = log.reasons[name]
    return reasons.most_common(1)[0][0] if reasons else "no window is readable"
