"""Global wave bounds from the bounds of single leads: the rule by which Calipers is scored.

The global onset (offset) of a beat's wave is the earliest (latest) lead mark that two further leads
confirm within 12 ms. The same rule makes the reference from LUDB's cardiologist marks, the target of the
network's global track, and the naive fusion of a lead-by-lead delineator.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

CONFIRM_WITHIN_S: Final = 0.012
CONFIRMING_LEADS: Final = 2
#: A P wave further than this before the QRS belongs to no PR interval.
MAX_PR_S: Final = 0.6

#: (k, 2) onset and offset in seconds, ascending; NaN where a bound was not marked.
Bounds = NDArray[np.float64]


class LeadWaves(NamedTuple):
    """Waves of one lead, each (k, 2) onset and offset in seconds."""

    p: Bounds
    qrs: Bounds
    t: Bounds


class Intervals(NamedTuple):
    """Intervals of one record in milliseconds, the median over its beats; NaN where there is none."""

    p_ms: float
    pr_ms: float
    qrs_ms: float
    qt_ms: float


def confirmed_onset(marks_s: NDArray[np.float64]) -> float:
    """Earliest of one beat's lead marks that two further leads confirm within 12 ms; NaN if none is."""
    marks = np.sort(marks_s[np.isfinite(marks_s)])
    near = np.abs(marks[:, None] - marks[None, :]) <= CONFIRM_WITHIN_S + 1e-9
    confirmed = marks[near.sum(1) > CONFIRMING_LEADS]
    return float(confirmed[0]) if len(confirmed) else float("nan")


def confirmed_offset(marks_s: NDArray[np.float64]) -> float:
    """Latest of one beat's lead marks that two further leads confirm within 12 ms; NaN if none is."""
    return -confirmed_onset(-marks_s)


def _cluster(bounds: list[Bounds]) -> list[Bounds]:
    """Group the leads' marks of the same wave: marks that overlap, at most one a lead.

    Args:
        bounds: per lead, (k, 2) seconds.

    Returns:
        One (leads, 2) array per wave, NaN rows for the leads that do not mark it.
    """
    rows = [(on, off, lead) for lead, waves in enumerate(bounds) for on, off in waves]
    rows.sort(key=lambda row: _middle(row[0], row[1]))
    clusters: list[Bounds] = []
    middles: list[float] = []
    half_widths: list[float] = []
    for on, off, lead in rows:
        middle = _middle(on, off)
        half_width = (off - on) / 2 if np.isfinite(off - on) else 0.04
        near = bool(middles) and middle - middles[-1] <= half_widths[-1] + half_width
        if not near or np.isfinite(clusters[-1][lead]).any():
            clusters.append(np.full((len(bounds), 2), np.nan))
            middles.append(middle)
            half_widths.append(half_width)
        clusters[-1][lead] = on, off
        members = clusters[-1].mean(1)
        if np.isfinite(members).any():
            middles[-1] = float(np.nanmedian(members))
            half_widths[-1] = float(np.nanmedian(np.diff(clusters[-1], axis=1))) / 2
    return clusters


def _middle(on: float, off: float) -> float:
    return float(np.nanmean([on, off]))


def global_waves(leads: list[LeadWaves]) -> LeadWaves:
    """Fuse the leads' marks into global waves by the rule above; a wave without three leads is dropped."""
    fused = []
    for wave in range(3):
        clusters = _cluster([lead[wave] for lead in leads])
        bounds = [(confirmed_onset(c[:, 0]), confirmed_offset(c[:, 1])) for c in clusters]
        kept = [(on, off) for on, off in bounds if on < off]
        fused.append(np.array(kept, dtype=np.float64).reshape(-1, 2))
    return LeadWaves(*fused)


def beat_table(waves: LeadWaves) -> NDArray[np.float64]:
    """One row a QRS: P onset, P offset, QRS onset, QRS offset, T onset, T offset in seconds, NaN if absent.

    The P of a beat is the last one between the previous QRS and its own; the T the first one before the next.
    """
    table = np.full((len(waves.qrs), 6), np.nan)
    for beat, (on, off) in enumerate(waves.qrs):
        table[beat, 2:4] = on, off
        previous_end = waves.qrs[beat - 1, 1] if beat else -np.inf
        next_start = waves.qrs[beat + 1, 0] if beat + 1 < len(waves.qrs) else np.inf
        starts = waves.p[:, 0]
        before = waves.p[(starts < on) & (starts > max(previous_end, on - MAX_PR_S))]
        if len(before):
            table[beat, 0:2] = before[-1]
        after = waves.t[(waves.t[:, 1] > off) & (waves.t[:, 0] >= on) & (waves.t[:, 0] < next_start)]
        if len(after):
            table[beat, 4:6] = after[0]
    return table


def intervals(table: NDArray[np.float64]) -> Intervals:
    """Median over the beats of P duration, PR, QRS and QT from a `beat_table`, in milliseconds."""
    p_on, p_off, qrs_on, qrs_off, _, t_off = table.T
    spans = (p_off - p_on, qrs_on - p_on, qrs_off - qrs_on, t_off - qrs_on)
    medians = [float(np.nanmedian(s)) * 1000 if np.isfinite(s).any() else float("nan") for s in spans]
    return Intervals(*medians)


def matched(reference: NDArray[np.float64], measured: NDArray[np.float64]) -> NDArray[np.float64]:
    """The measured beats whose QRS overlaps a QRS of the reference, in the reference's order."""
    rows = [
        measured[np.flatnonzero((measured[:, 2] < off) & (measured[:, 3] > on))[:1]] for on, off in reference[:, 2:4]
    ]
    return np.concatenate([*rows, np.empty((0, 6))])
