"""What the atria do and what becomes of it: P per QRS, atrial and flutter rate, dropped beats, dissociation."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.tools.measure.analysis import MS_PER_SAMPLE, AnalysisSignal, Mask, Signal
from calipers.tools.measure.beats import Beats
from calipers.tools.measure.ectopy import write_ectopy
from calipers.tools.measure.f_waves import write_f_waves
from calipers.tools.measure.fiducials import P_ON, QRS_ON, Fiducials
from calipers.tools.measure.flutter import REGULAR, REGULAR_IN_THIRDS
from calipers.tools.measure.rhythm import P_SUPPORT, Rhythm
from calipers.tools.measure.sheet import Sheet

#: Below this share of coupled P waves, and without a cycle of their own, nothing is said of what P waves do.
_SOME_P: Final = 0.5
#: 95 % half-width of one beat's PR, and of a difference of two.
_PR_ERROR_MS: Final = 16.0
_PAIR_ERROR_MS: Final = 20.0
_RR_ERROR_MS: Final = 12.0
_MIN_RR: Final = 3
_NO_P: Final = "too few P waves at a steady distance from one another or from the QRS complexes"


def write_events(
    sheet: Sheet, signal: AnalysisSignal, beats: Beats, marks: Fiducials, rhythm: Rhythm, usable: Mask
) -> None:
    """Atrial activity, AV conduction, ectopy and pacing."""
    _write_rr_range(sheet, beats, rhythm)
    _write_p_share(sheet, marks, rhythm)
    _write_flutter(sheet, signal, rhythm)
    _write_atrial_rate(sheet, signal, marks, rhythm)
    write_f_waves(sheet, signal, beats, usable)
    _write_pr_range(sheet, marks, rhythm)
    _write_conduction(sheet, rhythm)
    write_ectopy(sheet, signal, beats, marks, rhythm, usable)


def _write_rr_range(sheet: Sheet, beats: Beats, rhythm: Rhythm) -> None:
    normal = np.flatnonzero(rhythm.normal_rr)
    if normal.size < _MIN_RR:
        sheet.missing("rr_range", "ms", f"{normal.size} RR intervals between normal beats; needs {_MIN_RR}")
        return
    ends = normal[[np.argmin(rhythm.rr[normal]), np.argmax(rhythm.rr[normal])]]
    sheet.value(
        "rr_range",
        float(np.ptp(rhythm.rr[normal])) * MS_PER_SAMPLE,
        "ms",
        uncertainty=_RR_ERROR_MS,
        spans=[(None, float(beats.peaks[k]), float(beats.peaks[k + 1])) for k in ends],
        how=f"longest minus shortest of {normal.size} RR intervals, ectopic beats left out",
    )


def _write_p_share(sheet: Sheet, marks: Fiducials, rhythm: Rhythm) -> None:
    expected = int(rhythm.p_expected.sum())
    if expected < 2:
        sheet.missing("p_per_qrs", "", "fewer than two beats for which a P wave could be expected")
        return
    coupled = np.flatnonzero(rhythm.conducted & rhythm.p_expected)
    known = coupled[~np.isnan(marks.heart[coupled, P_ON])]
    sheet.value(
        "p_per_qrs",
        rhythm.p_share,
        "",
        uncertainty=_share_error(rhythm.p_share, expected),
        spans=[(None, float(marks.heart[k, P_ON]), float(marks.heart[k, QRS_ON])) for k in known],
        how=f"share of {expected} beats with a P wave at the record's own PR",
    )


def _share_error(share: float, count: int) -> float:
    """Wilson's 95 % half-width: a share of 0 or 1 of a few is not certain."""
    z2 = 1.96**2
    return float(1.96 * np.sqrt(share * (1 - share) * count + z2 / 4) / (count + z2))


def _write_flutter(sheet: Sheet, signal: AnalysisSignal, rhythm: Rhythm) -> None:
    period = rhythm.period
    if len(rhythm.rr) < 2 or (period.cycles and period.cycles < 2):
        for name, unit in (("flutter_regularity", ""), ("flutter_rate", "/min")):
            sheet.missing(name, unit, "too little signal between QRS complexes to look for flutter waves")
        return
    whole = [(None, 0.0, float(signal.n - 1))]
    # A period that is a third of the cycle may be P and T waves: it must repeat the better.
    regularity = period.regularity * (REGULAR / REGULAR_IN_THIRDS if period.locked else 1.0)
    cycles = max(period.cycles, 4.0)
    sheet.value(
        "flutter_regularity",
        regularity,
        "",
        uncertainty=min(1.96 * (1.0 - period.regularity**2) / float(np.sqrt(cycles)), 0.2),
        spans=whole,
        how="likeness of the inferior leads or V1, without QRS, to themselves one, two and three periods later",
    )
    if not period.is_regular:
        sheet.missing("flutter_rate", "/min", "no regular atrial activity at a flutter's rate")
        return
    rate = 60_000.0 / (period.period * MS_PER_SAMPLE)
    how = "60 over the period at which the leads repeat themselves between QRS complexes"
    sheet.value("flutter_rate", rate, "/min", uncertainty=0.015 * rate, spans=whole, how=how)


def _write_atrial_rate(sheet: Sheet, signal: AnalysisSignal, marks: Fiducials, rhythm: Rhythm) -> None:
    flutter, atria, links = sheet.number("flutter_rate"), rhythm.atria, rhythm.links
    hr = sheet.number("hr")
    one_to_one = rhythm.p_share >= 0.9 and not links.of("dropped").size
    if flutter is not None:
        spans = [(None, 0.0, float(signal.n - 1))]
        error = sheet.uncertainty("flutter_rate")
        sheet.value("atrial_rate", flutter, "/min", uncertainty=error, spans=spans, how="the flutter rate")
    elif one_to_one and hr is not None:
        onsets = marks.heart[rhythm.conducted & (marks.p_support >= P_SUPPORT), P_ON]
        how = "one P wave before each QRS: equals the ventricular rate"
        sheet.value("atrial_rate", hr, "/min", uncertainty=sheet.uncertainty("hr"), spans=_whole(onsets), how=how)
    elif atria.regular:
        pp_ms = np.diff(atria.onset) * MS_PER_SAMPLE
        typical = float(np.median(pp_ms))
        error = 1.96 * 1.4826 * float(np.median(np.abs(pp_ms - typical))) / typical / np.sqrt(pp_ms.size)
        hidden = int((~atria.seen).sum())
        how = f"60 over the median of {pp_ms.size} PP intervals" + (
            f", {hidden} P waves within a QRS" if hidden else ""
        )
        rate = 60_000.0 / typical
        sheet.value("atrial_rate", rate, "/min", uncertainty=rate * error + 1.0, spans=_whole(atria.onset), how=how)
    else:
        sheet.missing("atrial_rate", "/min", "P waves not regular enough to give a rate (hidden or absent P waves)")


def _whole(onsets: Signal) -> list[tuple[None, float, float]]:
    known = onsets[~np.isnan(onsets)]
    return [(None, float(known[0]), float(known[-1]))] if known.size > 1 else []


def _write_pr_range(sheet: Sheet, marks: Fiducials, rhythm: Rhythm) -> None:
    length = marks.heart[:, QRS_ON] - marks.heart[:, P_ON]
    beats = np.flatnonzero(rhythm.conducted & ~rhythm.pac & ~np.isnan(length) & (marks.p_support >= P_SUPPORT))
    if beats.size < 2 or not rhythm.p_share >= _SOME_P:
        reason = "P waves and QRS complexes are dissociated" if rhythm.links.dissociated else "no PR in two beats"
        sheet.missing("pr_range", "ms", reason)
        return
    ends = beats[[np.argmin(length[beats]), np.argmax(length[beats])]]
    sheet.value(
        "pr_range",
        float(np.ptp(length[beats])) * MS_PER_SAMPLE,
        "ms",
        uncertainty=_PAIR_ERROR_MS,
        spans=[(None, float(marks.heart[k, P_ON]), float(marks.heart[k, QRS_ON])) for k in ends],
        how=f"longest minus shortest PR of {beats.size} conducted beats",
    )


def _write_conduction(sheet: Sheet, rhythm: Rhythm) -> None:
    """`av_dissociation dropped_count dropped_run_max conducted_run_max pr_lengthening`."""
    links, names = rhythm.links, ("dropped_count", "dropped_run_max", "conducted_run_max", "pr_lengthening")
    units = ("", "", "", "ms")
    if not (rhythm.atria.regular or rhythm.p_share >= _SOME_P):
        for name, unit in zip(("av_dissociation", *names), ("", *units), strict=True):
            sheet.missing(name, unit, _NO_P)
        return
    count = len(links.fate)
    unrelated = links.of("unrelated").size / count if count else 0.0
    sheet.value(
        "av_dissociation",
        unrelated,
        "",
        uncertainty=_share_error(unrelated, count) if count else 0.2,
        spans=_p_spans(links.onset[links.of("unrelated")]),
        how=f"share of {count} P waves; they and the beats keep rhythms of their own"
        if links.dissociated
        else f"share of {count} P waves; the distance to the next QRS is steady or changes with the RR",
    )
    if links.dissociated:
        for name, unit in zip(names, units, strict=True):
            sheet.missing(name, unit, "P waves and QRS complexes are dissociated")
        return
    dropped = links.of("dropped")
    spans = _p_spans(links.onset[dropped])
    for name, value, how in (
        ("dropped_count", dropped.size, "count of P waves on time that no QRS follows"),
        ("dropped_run_max", links.longest_run("dropped"), "most of these in a row"),
        ("conducted_run_max", links.longest_run("conducted"), "most P waves in a row that a QRS follows each"),
    ):
        sheet.value(name, float(value), "", uncertainty=0.0, spans=spans, how=how)
    _write_lengthening(sheet, rhythm)


def _p_spans(onsets: Signal) -> list[tuple[None, float, float]]:
    """A tenth of a second from each P onset."""
    return [(None, float(onset), float(onset) + 50.0) for onset in onsets]


def _write_lengthening(sheet: Sheet, rhythm: Rhythm) -> None:
    links = rhythm.links
    grown = np.array(links.lengthening) * MS_PER_SAMPLE
    if not grown.size:
        reason = (
            "no dropped P wave"
            if not links.of("dropped").size
            else "no conducted P wave on both sides of a dropped one"
        )
        sheet.missing("pr_lengthening", "ms", reason)
        return
    sheet.value(
        "pr_lengthening",
        float(np.median(grown)),
        "ms",
        uncertainty=float(np.hypot(_PAIR_ERROR_MS / np.sqrt(grown.size), 1.96 * grown.std() / np.sqrt(grown.size))),
        spans=_p_spans(links.onset[links.of("dropped")]),
        how=f"PR before minus PR after a dropped beat, median of {grown.size}",
    )
