"""Global intervals, rates and axes: medians over the dominant beats, with their uncertainty."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from calipers.tools.measure.analysis import MS_PER_SAMPLE, Mask, Signal
from calipers.tools.measure.beats import Beats
from calipers.tools.measure.fiducials import P_OFF, P_ON, QRS_OFF, QRS_ON, T_OFF, Fiducials
from calipers.tools.measure.rhythm import P_SUPPORT, Rhythm
from calipers.tools.measure.second_opinion import SecondOpinion
from calipers.tools.measure.sheet import Sheet

#: 95 % half-width of one record's error in ms beyond the spread of its beats: the smallest that covers 95 % of
#: LUDB's 159 training records when each is measured by a network that never saw it (docs/measurement.md).
FLOOR_MS: Final[dict[str, float]] = {"p_dur": 18.0, "pr": 12.0, "qrs": 24.0, "qt": 32.0}
#: A P wave must precede this share of the normal beats before the record has a PR.
MIN_P_SHARE: Final = 0.5
_MIN_AF_BEATS: Final = 8
_STEADY_MS: Final = 25.0
_IRREGULAR: Final = 0.10
_RATES: Final = {"hr": "/min", "rr_mean": "ms", "rr_sd": "ms", "pause_max": "ms", "rr_irregularity": ""}


class Interval(NamedTuple):
    """One kind of interval: its name, first and last mark."""

    name: str
    start: int
    stop: int


INTERVALS: Final = (
    Interval("p_dur", P_ON, P_OFF),
    Interval("pr", P_ON, QRS_ON),
    Interval("qrs", QRS_ON, QRS_OFF),
    Interval("qt", QRS_ON, T_OFF),
)


def write_rates(sheet: Sheet, beats: Beats, rhythm: Rhythm, opinion: SecondOpinion | None) -> None:
    """`hr rr_mean rr_sd pause_max rr_irregularity`; a second detector that differs widens the rate's interval."""
    seen = np.flatnonzero(rhythm.seen_rr)
    if not seen.size:
        k = len(beats)
        what = f"{k or 'no'} QRS complexes found" if k < 2 else "a gap between every two QRS complexes"
        for name, unit in _RATES.items():
            sheet.missing(name, unit, f"{what}; a rate needs two in succession")
        return
    rr_ms = rhythm.rr[seen] * MS_PER_SAMPLE
    n, mean = rr_ms.size, float(rr_ms.mean())
    whole = [(None, float(beats.peaks[0]), float(beats.peaks[-1]))]
    # Each R peak is known to a few ms; over n intervals the error of the mean shrinks accordingly.
    timing_ms = 12.0 / n
    theirs = opinion.rate() if opinion is not None and opinion.differs else None
    doubt = 0.0 if theirs is None else abs(theirs - 60_000.0 / mean)
    sheet.value(
        "hr",
        60_000.0 / mean,
        "/min",
        uncertainty=max(60_000.0 * timing_ms / mean**2, 0.5, doubt),
        spans=whole,
        how=f"60 over the mean of {n} RR intervals",
    )
    sheet.value("rr_mean", mean, "ms", uncertainty=timing_ms, spans=whole, how=f"mean of {n} RR intervals")
    if n >= 2:
        spread = float(rr_ms.std(ddof=1))
        sheet.value("rr_sd", spread, "ms", uncertainty=1.96 * spread / np.sqrt(2 * n), spans=whole, how="SD of RR")
    else:
        sheet.missing("rr_sd", "ms", "one RR interval; a spread needs two")
    longest = int(seen[np.argmax(rr_ms)])
    span = (None, float(beats.peaks[longest]), float(beats.peaks[longest + 1]))
    sheet.value("pause_max", float(rr_ms.max()), "ms", uncertainty=8.0, spans=[span], how="longest RR interval")
    _write_irregularity(sheet, rhythm, whole)


def _write_irregularity(sheet: Sheet, rhythm: Rhythm, whole: list[tuple[None, float, float]]) -> None:
    irregularity = rhythm.irregularity
    if not np.isfinite(irregularity):
        sheet.missing("rr_irregularity", "", "too few successive normal RR intervals")
        return
    pairs = int((rhythm.normal_rr[1:] & rhythm.normal_rr[:-1]).sum())
    sheet.value(
        "rr_irregularity",
        irregularity,
        "",
        uncertainty=1.96 * irregularity * 0.75 / np.sqrt(pairs),
        spans=whole,
        how="mean successive RR difference over mean RR, ectopic beats left out",
    )


def write_intervals(sheet: Sheet, beats: Beats, marks: Fiducials, rhythm: Rhythm) -> None:
    """`p_dur pr qrs qt` and their beat-level values."""
    p_reason = _why_no_p(rhythm)
    chosen = beats.dominant & ~rhythm.pvc
    for interval in INTERVALS:
        needs_p = interval.start == P_ON
        length = marks.heart[:, interval.stop] - marks.heart[:, interval.start]
        valid = chosen & ~np.isnan(length)
        if needs_p:
            valid &= rhythm.conducted & (marks.p_support >= P_SUPPORT)
        if needs_p and p_reason:
            sheet.missing(interval.name, "ms", p_reason)
        elif not valid.any():
            sheet.missing(interval.name, "ms", _why_no_interval(interval.name))
        else:
            # A PR that wanders (dissociation, Wenckebach) is not one number: the spread is its uncertainty.
            seen_p = chosen & ~np.isnan(length) & (marks.p_support >= P_SUPPORT) if interval.name == "pr" else valid
            _write_median(sheet, interval, marks, length, valid, _wander_ms(length[seen_p] * MS_PER_SAMPLE))


def write_beat_intervals(sheet: Sheet, beats: Beats, marks: Fiducials, rhythm: Rhythm) -> None:
    """`rr#k p_dur#k pr#k qrs#k qt#k` for every beat."""
    no_p = _why_no_p(rhythm)
    for k in range(len(beats)):
        if k:
            sheet.value(
                "rr",
                float(rhythm.rr[k - 1]) * MS_PER_SAMPLE,
                "ms",
                uncertainty=8.0,
                spans=[(None, float(beats.peaks[k - 1]), float(beats.peaks[k]))],
                how="R peak to R peak",
                beat=k,
            )
        else:
            sheet.missing("rr", "ms", "the first beat has none before it", beat=k)
        for interval in INTERVALS:
            start, stop = marks.heart[k, interval.start], marks.heart[k, interval.stop]
            absent = interval.start == P_ON and (bool(no_p) or not rhythm.conducted[k])
            if absent or np.isnan(start) or np.isnan(stop):
                reason = (no_p or "no coupled P wave before this beat") if absent else _why_no_interval(interval.name)
                sheet.missing(interval.name, "ms", reason, beat=k)
                continue
            sheet.value(
                interval.name,
                (stop - start) * MS_PER_SAMPLE,
                "ms",
                uncertainty=1.3 * FLOOR_MS[interval.name],
                spans=[(None, float(start), float(stop))],
                how="one beat, all-lead onset and offset",
                beat=k,
            )


def _wander_ms(lengths_ms: Signal) -> float:
    """95 % half-width of the beats themselves where they differ by more than delineation can; else 0."""
    spread = float(np.subtract(*np.percentile(lengths_ms, [90, 10]))) / 2.56 if lengths_ms.size >= 4 else 0.0
    return 1.96 * spread if spread > _STEADY_MS else 0.0


def _write_median(
    sheet: Sheet, interval: Interval, marks: Fiducials, length: Signal, valid: Mask, wander_ms: float
) -> None:
    lengths_ms = length[valid] * MS_PER_SAMPLE
    value = float(np.median(lengths_ms))
    spread = float(1.4826 * np.median(np.abs(lengths_ms - value)))
    error_of_median = 1.96 * 1.2533 * spread / np.sqrt(lengths_ms.size)
    typical = np.flatnonzero(valid)[int(np.argmin(np.abs(lengths_ms - value)))]
    sheet.value(
        interval.name,
        value,
        "ms",
        uncertainty=float(np.hypot(FLOOR_MS[interval.name], max(error_of_median, wander_ms))),
        spans=[(None, float(marks.heart[typical, interval.start]), float(marks.heart[typical, interval.stop]))],
        how=f"median of {lengths_ms.size} dominant beats, all-lead onset to offset",
    )


def _why_no_p(rhythm: Rhythm) -> str | None:
    share = rhythm.p_share
    if not np.isfinite(share):
        return "no beat for which a P wave could have been recorded"
    if share < MIN_P_SHARE:
        return f"P waves at a steady PR before {100 * share:.0f} % of the beats; a PR needs {100 * MIN_P_SHARE:.0f} %"
    return None


def _why_no_interval(name: str) -> str:
    return {
        "qt": "T-wave end not found",
        "qrs": "QRS onset or end not found",
    }.get(name, "P wave not found")


def write_qtc(sheet: Sheet, rhythm: Rhythm) -> None:
    """`qtc_*` and `jtc` from `qt` and the mean RR.

    Bazett 1920, Fridericia 1920, Sagie 1992 (Framingham), Hodges 1983; RR in seconds, QT in ms.
    """
    names = ("qtc_bazett", "qtc_fridericia", "qtc_framingham", "qtc_hodges", "jtc")
    qt, rr_mean = sheet.number("qt"), sheet.number("rr_mean")
    reason = None
    if qt is None:
        reason = "QT was not measurable"
    elif rr_mean is None:
        reason = "the heart rate was not measurable"
    elif rhythm.irregularity > _IRREGULAR and rhythm.rr.size + 1 < _MIN_AF_BEATS:
        reason = f"irregular rhythm with {rhythm.rr.size + 1} beats; a corrected QT needs {_MIN_AF_BEATS}"
    if reason or qt is None or rr_mean is None:
        for name in names:
            sheet.missing(name, "ms", reason or "")
        return
    rr_s = rr_mean / 1000.0
    bazett = qt / np.sqrt(rr_s)
    corrected = {
        "qtc_bazett": (bazett, 1.0 / np.sqrt(rr_s)),
        "qtc_fridericia": (qt / np.cbrt(rr_s), 1.0 / np.cbrt(rr_s)),
        "qtc_framingham": (qt + 154.0 * (1.0 - rr_s), 1.0),
        "qtc_hodges": (qt + 1.75 * (60.0 / rr_s - 60.0), 1.0),
    }
    wider = 1.5 if rhythm.irregularity > _IRREGULAR else 1.0
    qt_item = sheet.items["qt"]
    spans = sheet.spans_of("qt")
    for name, (value, gain) in corrected.items():
        how = f"QT corrected by {name.removeprefix('qtc_').capitalize()} at the mean RR"
        sheet.value(
            name, float(value), "ms", uncertainty=wider * gain * (qt_item.uncertainty or 0.0), spans=spans, how=how
        )
    qrs = sheet.number("qrs")
    if qrs is None:
        sheet.missing("jtc", "ms", "QRS was not measurable")
    else:
        half_width = float(np.hypot(wider * (qt_item.uncertainty or 0.0) / np.sqrt(rr_s), sheet.uncertainty("qrs")))
        sheet.value("jtc", float(bazett) - qrs, "ms", uncertainty=half_width, spans=spans, how="QTc (Bazett) minus QRS")
