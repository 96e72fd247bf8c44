"""CSV and NPY written anew from the samples: no preamble, no comment, no column that is not a lead."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from calipers.ecg import Ecg
from calipers.leads import INDEX, LEADS, Lead


def write_csv(ecg: Ecg, name: str, folder: Path) -> list[Path]:
    """`NAME.csv`: time in seconds, and a column a lead in millivolts to the nanovolt; empty where nothing was recorded."""
    leads = _given(ecg)
    rows = [ecg.signal_mv[INDEX[lead]] for lead in leads]
    target = folder / f"{name}.csv"
    with target.open("w", encoding="ascii") as file:
        file.write(",".join(["time_s", *(f"{lead}_mV" for lead in leads)]) + "\n")
        for at in range(ecg.signal_mv.shape[1]):
            values = (f"{row[at]:.6f}" if np.isfinite(row[at]) else "" for row in rows)
            file.write(",".join([f"{at / ecg.fs_hz:.9g}", *values]) + "\n")
    return [target]


def write_npy(ecg: Ecg, name: str, folder: Path) -> list[Path]:
    """`NAME.npy`: (12, n) float32 millivolts, I II III aVR aVL aVF V1–V6, NaN where nothing was recorded."""
    target = folder / f"{name}.npy"
    np.save(target, np.asarray(ecg.signal_mv, np.float32), allow_pickle=False)
    return [target]


def _given(ecg: Ecg) -> list[Lead]:
    return [lead for lead in LEADS if lead not in ecg.missing_leads and lead not in ecg.derived_leads]
