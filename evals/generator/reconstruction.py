"""Twelve leads from a few, on real records whose other leads are known; beside it the best fixed sums of the given leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.evals.framework import Options, each
from calipers.evals.generator.sets import real
from calipers.leads import LEADS, Lead
from calipers.models.generator.anatomy import baseline
from calipers.models.generator.marks import Floats, Marks
from calipers.tools.generate import complete_leads
from calipers.tools.generate.marking import mark

#: Recordings of the training folds that the fixed sums are fitted to.
_FITTED_TO: Final = 60
LEAD_SETS: Final[tuple[tuple[Lead, ...], ...]] = (("I", "II", "V2"), ("II", "V1", "V5"), ("II",))
_ST_MS: Final = 60

Mask = NDArray[np.bool_]
Float32 = NDArray[np.float32]
#: Per inferred lead: correlation, RMS error inside the QRS, mean ST error, and the uncertainty that was stated, mV.
Errors = dict[str, tuple[float, float, float, float]]


def reconstruct_all(options: Options, folds: tuple[int, ...], fold: int, count: int) -> dict[str, dict[str, float]]:
    """Medians over records, per lead set and inferred lead; under the set's own name those over all its leads.

    `folds` are those that the fixed sums are fitted to, `fold` the one that is judged.
    """
    _, ecgs = real(options, (fold,), count)
    _, training = real(options, folds, _FITTED_TO)
    levels = [one for one in each(_level, training, len(training), "levelling", options) if one is not None]
    out: dict[str, dict[str, float]] = {}
    for given in LEAD_SETS:
        sums = least_squares(levels, given)
        found = each(_errors, [(ecg, given, sums) for ecg in ecgs], len(ecgs), " ".join(given), options)
        known = [one for one in found if one is not None]
        if not known:
            continue
        name = "+".join(given)
        for which, title in enumerate((name, f"{name}, least squares")):
            per_record = np.array([list(one[which].values()) for one in known])  # (records, leads, 4)
            out[title] = _named(len(known), np.median(np.median(per_record, axis=1), axis=0))
            for place, lead in enumerate(known[0][which] if which == 0 else ()):
                out[f"{name} → {lead}"] = _named(len(known), np.median(per_record[:, place], axis=0))
    return out


def least_squares(levels: Sequence[Floats], given: Sequence[Lead]) -> Floats:
    """(12, given) every lead as a fixed sum of the given ones, fitted to (12, n) recordings without their drift."""
    rows = [LEADS.index(lead) for lead in given]
    inner, outer = np.zeros((len(rows), len(rows))), np.zeros((len(LEADS), len(rows)))
    for level in levels:
        inner += level[rows] @ level[rows].T
        outer += level @ level[rows].T
    sums: Floats = np.linalg.solve(inner.T, outer.T).T.astype(np.float64)
    return sums


def _level(ecg: Ecg) -> Floats | None:
    """(12, n) millivolts above the level before each QRS; None where the beats cannot be marked."""
    try:
        return _above(ecg.signal_mv, mark(ecg))
    except UnreadableInput:
        return None


def _above(signal_mv: Float32, marks: Marks) -> Floats:
    signal = signal_mv.astype(np.float64)
    return signal - baseline(signal, marks.qrs_on)


def _named(count: int, values: Floats) -> dict[str, float]:
    names = ("correlation", "qrs_rms_mv", "st_error_mv", "stated_uncertainty_mv")
    return {
        "n": float(count),
        **{name: float(value) for name, value in zip(names, values, strict=True) if np.isfinite(value)},
    }


def _errors(job: tuple[Ecg, Sequence[Lead], Floats]) -> tuple[Errors, Errors] | None:
    """Of the generator and of the fixed sums; None where the record cannot be marked."""
    ecg, given, sums = job
    try:
        made = complete_leads(ecg, given)
        marks = mark(ecg)
    except UnreadableInput:
        return None
    truth, found = _above(ecg.signal_mv, marks), _above(made.ecg.signal_mv, marks)
    summed = sums @ truth[[LEADS.index(lead) for lead in given]]
    inside, st = np.zeros(truth.shape[1], dtype=np.bool_), np.zeros(truth.shape[1], dtype=np.bool_)
    for on, off in zip(marks.qrs_on, marks.qrs_off, strict=True):
        inside[max(int(on), 0) : max(int(off), 0)] = True
        st[max(int(off), 0) : max(int(off) + _ST_MS // 2, 0)] = True
    ours: Errors = {}
    theirs: Errors = {}
    for lead in made.inferred_leads:
        row = LEADS.index(lead)
        ours[lead] = (*_error(found[row], truth[row], inside, st), made.uncertainty_mv[lead])
        theirs[lead] = (*_error(summed[row], truth[row], inside, st), float("nan"))
    return ours, theirs


def _error(found: Floats, truth: Floats, inside: Mask, st: Mask) -> tuple[float, float, float]:
    """Correlation, RMS error inside the QRS, mean ST error."""
    error = found - truth
    correlation = float(np.corrcoef(found, truth)[0, 1])
    return correlation, float(np.sqrt((error[inside] ** 2).mean())), float(abs(error[st].mean()))
