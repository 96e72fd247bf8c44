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


def reconstruct_all(options: Options, fold: int, count: int) -> dict[str, dict[str, float]]:
    """Correlation and RMS error of the inferred leads, per lead set, medians over records."""
    _, ecgs = real(options, (fold,), count)
    out = {}
    for given in LEAD_SETS:
        found = each(_errors, [(ecg, given) for ecg in ecgs], len(ecgs), " ".join(given), options)
        known = [one for one in found if one is not None]
        if known:
            name = " ".join(given)
            out[name] = {"n": len(known), **{key: float(np.median([one[key] for one in known])) for key in known[0]}}
    return out


def _errors(job: tuple[Ecg, Sequence[Lead]]) -> dict[str, float] | None:
    ecg, given = job
    try:
        made = complete_leads(ecg, given)
        marks = mark(ecg)
    except UnreadableInput:
        return None
    truth = ecg.signal_mv - baseline(ecg.signal_mv.astype(np.float64), marks.qrs_on)
    found = made.ecg.signal_mv - baseline(made.ecg.signal_mv.astype(np.float64), marks.qrs_on)
    rows = [LEADS.index(lead) for lead in LEADS if lead in made.inferred_leads]
    error = found[rows] - truth[rows]
    inside = np.zeros(ecg.signal_mv.shape[1], dtype=np.bool_)
    st = np.zeros_like(inside)
    for on, off in zip(marks.qrs_on, marks.qrs_off, strict=True):
        inside[max(int(on), 0) : max(int(off), 0)] = True
        st[max(int(off), 0) : max(int(off) + _ST_MS // 2, 0)] = True
    correlation = [float(np.corrcoef(found[row], truth[row])[0, 1]) for row in rows]
    out = {
        "correlation": float(np.median(correlation)),
        "qrs_rms_mv": float(np.sqrt((error[:, inside] ** 2).mean())),
        "st_error_mv": float(np.abs(error[:, st].mean(axis=1)).mean()),
    }
    out |= {f"r_{LEADS[row]}": value for row, value in zip(rows, correlation, strict=True)}
    return out
