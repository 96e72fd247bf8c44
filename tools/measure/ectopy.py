"""Counts and couplings of premature, escape and paced beats, written on the sheet."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from calipers.parameters import GLOBAL_UNITS
from calipers.tools.measure.analysis import MS_PER_SAMPLE, AnalysisSignal, Mask
from calipers.tools.measure.beats import Beats
from calipers.tools.measure.couplings import couplings, cycles, longest_run, shape_count
from calipers.tools.measure.fiducials import QRS_OFF, QRS_ON, Fiducials
from calipers.tools.measure.rhythm import Rhythm
from calipers.tools.measure.sheet import Sheet

_MIN_BEATS: Final = 3
#: R-peak to R-peak, one beat: 95 % half-width.
_COUPLING_ERROR_MS: Final = 12.0
_NAMES: Final = (
    "pvc_count", "pvc_run_max", "pvc_shapes", "pvc_coupling", "pvc_bigeminy", "pvc_trigeminy",
    "pac_count", "pac_run_max", "pac_coupling", "pac_bigeminy", "pac_trigeminy", "pac_blocked_count",
    "escape_count", "paced_count", "atrial_paced_count", "ventricular_paced_count", "noncapture_count",
)  # fmt: skip

Span = tuple[None, float, float]


class _Kind(NamedTuple):
    """One kind of premature beats: the stem of its names and what is counted."""

    stem: str
    found: Mask
    what: str


def write_ectopy(
    sheet: Sheet, signal: AnalysisSignal, beats: Beats, marks: Fiducials, rhythm: Rhythm, usable: Mask
) -> None:
    """`pvc_* pac_* escape_count *paced_count noncapture_count`."""
    if len(beats) < _MIN_BEATS:
        for name in _NAMES:
            sheet.missing(name, GLOBAL_UNITS[name], f"{len(beats)} QRS complexes found; needs three to compare")
        return
    qrs = [_qrs_span(beats, marks, k) for k in range(len(beats))]
    kinds = (
        _Kind("pvc", rhythm.pvc, "premature or wide beats of another shape without a P wave"),
        _Kind("pac", rhythm.pac, "premature beats of the dominant shape"),
    )
    for kind in kinds:
        _write_kind(sheet, kind, rhythm, qrs)
    shapes = shape_count(signal.level_mv[usable], beats, rhythm.pvc)
    _count(sheet, "pvc_shapes", shapes, _of(qrs, rhythm.pvc), "count of QRS shapes among the premature beats")
    _write_blocked(sheet, rhythm)
    what = "count of beats after a pause that no P wave leads to"
    _count(sheet, "escape_count", int(rhythm.escape.sum()), _of(qrs, rhythm.escape), what)
    _write_pacing(sheet, rhythm, qrs)


def _write_kind(sheet: Sheet, kind: _Kind, rhythm: Rhythm, qrs: list[Span]) -> None:
    """Count, longest run, coupling, bigeminy and trigeminy of one kind."""
    spans = _of(qrs, kind.found)
    counts = {
        "count": (int(kind.found.sum()), f"count of {kind.what}"),
        "run_max": (longest_run(kind.found), "most in a row"),
        "bigeminy": (cycles(kind.found, 1), "most cycles in a row of one other beat and one of these"),
        "trigeminy": (cycles(kind.found, 2), "most cycles in a row of two other beats and one of these"),
    }
    for name, (count, how) in counts.items():
        _count(sheet, f"{kind.stem}_{name}", count, spans, how)
    name = f"{kind.stem}_coupling"
    lengths_ms = couplings(rhythm.rr, kind.found) * MS_PER_SAMPLE
    if not lengths_ms.size:
        sheet.missing(name, "ms", f"no such beat with another before it: {int(kind.found.sum())} counted")
        return
    first = int(np.flatnonzero(kind.found[1:] & ~kind.found[:-1])[0])
    spread = float(np.ptp(lengths_ms)) / 2.0
    sheet.value(
        name,
        float(np.median(lengths_ms)),
        "ms",
        uncertainty=max(_COUPLING_ERROR_MS, spread),
        spans=[(None, qrs[first][1], qrs[first + 1][1])],
        how=f"median R peak to R peak of {lengths_ms.size} couplings",
    )


def _write_blocked(sheet: Sheet, rhythm: Rhythm) -> None:
    """Premature P waves that no QRS follows."""
    if not rhythm.atria.regular:
        sheet.missing("pac_blocked_count", "", "P waves not regular enough to tell an early one")
        return
    early = rhythm.links.of("premature")
    spans = [(None, float(onset), float(onset) + 50.0) for onset in rhythm.links.onset[early]]
    _count(sheet, "pac_blocked_count", early.size, spans, "count of early P waves that no QRS follows")


def _write_pacing(sheet: Sheet, rhythm: Rhythm, qrs: list[Span]) -> None:
    pacing = rhythm.pacing
    for name, found, what in (
        ("paced_count", rhythm.paced, "a pacing spike"),
        ("atrial_paced_count", pacing.atrial, "a pacing spike before the P wave"),
        ("ventricular_paced_count", pacing.ventricular, "a pacing spike at the QRS"),
    ):
        _count(sheet, name, int(found.sum()), _of(qrs, found), f"count of beats with {what}")
    lost = [(None, float(spike), float(spike) + 50.0) for spike in pacing.lost]
    _count(sheet, "noncapture_count", len(lost), lost, "count of spikes at a ready ventricle that no QRS follows")


def _count(sheet: Sheet, name: str, count: int, spans: list[Span], how: str) -> None:
    sheet.value(name, float(count), "", uncertainty=0.0, spans=spans, how=how)


def _of(qrs: list[Span], found: Mask) -> list[Span]:
    return [qrs[int(k)] for k in np.flatnonzero(found)]


def _qrs_span(beats: Beats, marks: Fiducials, k: int) -> Span:
    start, stop = marks.heart[k, QRS_ON], marks.heart[k, QRS_OFF]
    peak = float(beats.peaks[k])
    return None, peak - 25.0 if np.isnan(start) else float(start), peak + 35.0 if np.isnan(stop) else float(stop)
