"""Whether drawn ECGs show what they were drawn for: the statement network's view, and the measured intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.stats import ks_2samp, rankdata

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.evals.framework import Options, each
from calipers.evals.generator.likeness import Floats
from calipers.evals.measurement.ptbxl import Labelled
from calipers.models.mllm.classifier import codes
from calipers.tools.measure import measure

#: A statement is compared where at least this many of the records have it.
_FEWEST: Final = 8
INTERVALS: Final = ("hr", "pr", "qrs", "qt")


def statement_agreement(rows: Sequence[Labelled], real: Floats, drawn: Floats) -> dict[str, dict[str, float]]:
    """Per SCP code, how well the network's logits (n, 71) tell the records that have it: on the real, on the drawn."""
    out = {}
    for place, code in enumerate(codes()):
        has = np.array([code in row.codes for row in rows])
        if _FEWEST <= has.sum() <= len(has) - _FEWEST:
            out[code] = {
                "n": float(has.sum()), "auroc_real": auroc(real[:, place], has), "auroc_drawn": auroc(drawn[:, place], has),
            }  # fmt: skip
    return out


def auroc(scores: Floats, has: np.ndarray) -> float:
    """Area under the curve by ranks."""
    ranks, positive = rankdata(scores), int(has.sum())
    return float((ranks[has].sum() - positive * (positive + 1) / 2) / (positive * (len(has) - positive)))


def intervals(ecgs: Sequence[Ecg], what: str, options: Options) -> dict[str, Floats]:
    """HR, PR, QRS and QT of each ECG as measured, without those that could not be."""
    found = each(_measured, ecgs, len(ecgs), f"measuring {what}", options)
    return {
        name: np.array([row[place] for row in found if row[place] is not None]) for place, name in enumerate(INTERVALS)
    }


def _measured(ecg: Ecg) -> tuple[float | None, ...]:
    try:
        found = measure(ecg)
    except UnreadableInput:
        return (None,) * len(INTERVALS)
    return tuple(found[name].number for name in INTERVALS)


def compared(real: dict[str, Floats], drawn: dict[str, Floats]) -> dict[str, dict[str, float]]:
    """Per interval: median and spread (interquartile range) of both, and the Kolmogorov–Smirnov distance."""
    out = {}
    for name in INTERVALS:
        quartiles = [np.percentile(one[name], (25, 50, 75)) for one in (real, drawn)]
        out[name] = {
            "median_real": float(quartiles[0][1]), "median_drawn": float(quartiles[1][1]),
            "iqr_real": float(np.ptp(quartiles[0])), "iqr_drawn": float(np.ptp(quartiles[1])),
            "measured_real": float(len(real[name])), "measured_drawn": float(len(drawn[name])),
            "ks_distance": float(ks_2samp(real[name], drawn[name]).statistic),
        }  # fmt: skip
    return out
