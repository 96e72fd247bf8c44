"""Twelve leads from a few, on real records whose other leads are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.evals.framework import Options, each
from calipers.evals.generator.sets import real
from calipers.leads import LEADS, Lead
from calipers.models.generator.anatomy import baseline
from calipers.tools.generate import complete_leads
from calipers.tools.generate.marking import mark

LEAD_SETS: Final[tuple[tuple[Lead, ...], ...]] = (("I", "II", "V2"), ("II", "V1", "V5"), ("II",))
_ST_MS: Final = 60

#: Per inferred lead: correlation, RMS error inside the QRS, mean ST error, and the uncertainty that was stated, mV.
Errors = dict[str, tuple[float, float, float, float]]


def reconstruct_all(options: Options, fold: int, count: int) -> dict[str, dict[str, float]]:
    """Medians over records, per lead set and inferred lead; under the set's own name those over all its leads."""
    _, ecgs = real(options, (fold,), count)
    out: dict[str, dict[str, float]] = {}
    for given in LEAD_SETS:
        found = each(_errors, [(ecg, given) for ecg in ecgs], len(ecgs), " ".join(given), options)
        known = [one for one in found if one]
        if not known:
            continue
        name = "+".join(given)
        per_record = np.array([list(one.values()) for one in known])  # (records, leads, 4)
        out[name] = _named(len(known), np.median(np.median(per_record, axis=1), axis=0))
        for place, lead in enumerate(known[0]):
            out[f"{name} → {lead}"] = _named(len(known), np.median(per_record[:, place], axis=0))
    return out


def _named(count: int, values: np.ndarray) -> dict[str, float]:
    names = ("correlation", "qrs_rms_mv", "st_error_mv", "stated_uncertainty_mv")
    return {"n": float(count), **{name: float(value) for name, value in zip(names, values, strict=True)}}


def _errors(job: tuple[Ecg, Sequence[Lead]]) -> Errors:
    ecg, given = job
    try:
        made = complete_leads(ecg, given)
        marks = mark(ecg)
    except UnreadableInput:
        return {}
    truth = ecg.signal_mv - baseline(ecg.signal_mv.astype(np.float64), marks.qrs_on)
    found = made.ecg.signal_mv - baseline(made.ecg.signal_mv.astype(np.float64), marks.qrs_on)
    inside = np.zeros(ecg.signal_mv.shape[1], dtype=np.bool_)
    st = np.zeros_like(inside)
    for on, off in zip(marks.qrs_on, marks.qrs_off, strict=True):
        inside[max(int(on), 0) : max(int(off), 0)] = True
        st[max(int(off), 0) : max(int(off) + _ST_MS // 2, 0)] = True
    out: Errors = {}
    for lead in made.inferred_leads:
        row = LEADS.index(lead)
        error = found[row] - truth[row]
        out[lead] = (
            float(np.corrcoef(found[row], truth[row])[0, 1]), float(np.sqrt((error[inside] ** 2).mean())),
            float(abs(error[st].mean())), made.uncertainty_mv[lead],
        )  # fmt: skip
    return out
