"""Records cut as printed pages show them: each lead in its column only, rhythm strips throughout."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers import Ecg
from calipers.leads import INDEX, LEADS, Lead

#: Columns, and the leads that run through.
LAYOUTS: Final[dict[str, tuple[int, tuple[Lead, ...]]]] = {
    "3x4+1": (4, ("II",)),
    "3x4+3": (4, ("II", "V1", "V5")),
    "3x4": (4, ()),
    "6x2": (2, ()),
    "6x2+1": (2, ("II",)),
}


def as_page(ecg: Ecg, layout: str) -> Ecg:
    """The same record with NaN wherever a page of this layout shows nothing."""
    columns, strips = LAYOUTS[layout]
    signal, n = ecg.signal_mv.copy(), ecg.signal_mv.shape[1]
    for lead in LEADS:
        if lead not in strips:
            column = INDEX[lead] * columns // len(LEADS)
            signal[INDEX[lead], : n * column // columns] = np.nan
            signal[INDEX[lead], n * (column + 1) // columns :] = np.nan
    return Ecg.from_array(signal, ecg.fs_hz, LEADS, age=ecg.patient.age, sex=ecg.patient.sex)
