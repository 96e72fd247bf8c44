"""Marks against marks: boundaries in single leads, and waves of the heart as a whole."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.delineator.consensus import Bounds, LeadWaves

#: A mark further than this from the reference is another mark (ANSI/AAMI EC57).
TOLERANCE_MS: Final = 150.0
WAVES: Final = ("p", "qrs", "t")
EDGES: Final = ("onset", "offset")

Times = NDArray[np.float64]


class Boundary(NamedTuple):
    """One kind of boundary in one lead: how many were found, missed and false, and the errors of the found."""

    found: int
    missed: int
    false: int
    errors_ms: tuple[float, ...]


class Presence(NamedTuple):
    """One kind of wave in one record, over all leads: how many are marked, missed, found, and false."""

    marked: int
    missed: int
    found: int
    false: int


def boundary(reference_s: Times, measured_s: Times, span_s: tuple[float, float]) -> Boundary:
    """Pair each reference mark with at most one measured mark within 150 ms, nearest pairs first.

    Args:
        reference_s: the cardiologists' marks, seconds.
        measured_s: the program's.
        span_s: the stretch in which the cardiologists marked this lead; unpaired marks outside are not false.
    """
    reference, measured = reference_s[np.isfinite(reference_s)], measured_s[np.isfinite(measured_s)]
    error_ms = (measured[None, :] - reference[:, None]) * 1000.0  # (reference, measured)
    pairs = np.argwhere(np.abs(error_ms) <= TOLERANCE_MS + 1e-6)
    nearest = pairs[np.argsort([abs(error_ms[i, j]) for i, j in pairs], kind="stable")] if len(pairs) else pairs
    taken: dict[int, int] = {}
    for i, j in nearest.tolist():
        if i not in taken and j not in taken.values():
            taken[i] = j
    alone = np.setdiff1d(np.arange(len(measured)), list(taken.values())).astype(int)
    inside = (measured[alone] >= span_s[0]) & (measured[alone] <= span_s[1])
    errors = tuple(float(error_ms[i, j]) for i, j in sorted(taken.items()))
    return Boundary(len(taken), len(reference) - len(taken), int(inside.sum()), errors)


def lead_boundaries(
    reference: tuple[LeadWaves, ...], measured: tuple[LeadWaves, ...], spans_s: Times
) -> dict[str, Boundary]:
    """`p_onset`, `p_offset`, `qrs_onset` … → the boundaries of all leads of one record together."""
    table = {}
    for wave, name in enumerate(WAVES):
        for side, edge in enumerate(EDGES):
            parts = [
                boundary(theirs[wave][:, side], mine[wave][:, side], (float(span[0]), float(span[1])))
                for theirs, mine, span in zip(reference, measured, spans_s, strict=True)
            ]
            table[f"{name}_{edge}"] = Boundary(
                sum(p.found for p in parts),
                sum(p.missed for p in parts),
                sum(p.false for p in parts),
                tuple(error for p in parts for error in p.errors_ms),
            )
    return table


def presence(
    reference: LeadWaves, lead_marks: tuple[LeadWaves, ...], measured: LeadWaves, span_s: tuple[float, float]
) -> dict[str, Presence]:
    """`p`, `qrs`, `t` → waves missed and falsely found in one record.

    A reference wave (confirmed by three leads) is missed when no measured wave overlaps it. A measured wave is
    false when the cardiologists marked none that overlaps it in any lead. What only one or two leads show is
    neither.

    Args:
        reference: the global waves of the reference.
        lead_marks: the marks of the leads it was made from.
        measured: the program's global waves.
        span_s: where the record is marked; measured waves not wholly inside are not judged.
    """
    table = {}
    for wave, name in enumerate(WAVES):
        truth, mine = reference[wave], measured[wave]
        marked = np.concatenate([_closed(lead[wave]) for lead in lead_marks])
        inside = mine[(mine[:, 0] >= span_s[0]) & (mine[:, 1] <= span_s[1])]
        missed = int((~_overlaps(truth, mine)).sum())
        false = int((~_overlaps(inside, marked)).sum())
        table[name] = Presence(len(truth), missed, len(inside), false)
    return table


def _overlaps(these: Bounds, those: Bounds) -> NDArray[np.bool_]:
    """(k,) whether each of `these` overlaps any of `those`."""
    if not len(these) or not len(those):
        return np.zeros(len(these), dtype=np.bool_)
    apart = (these[:, None, 1] <= those[None, :, 0]) | (these[:, None, 0] >= those[None, :, 1])
    touching: NDArray[np.bool_] = np.any(~apart, axis=1)
    return touching


def _closed(bounds: Bounds) -> Bounds:
    """Waves with one bound missing get 40 ms on that side: enough to say that a wave was marked there."""
    on, off = bounds[:, 0], bounds[:, 1]
    return np.stack([np.where(np.isnan(on), off - 0.04, on), np.where(np.isnan(off), on + 0.04, off)], axis=1)
