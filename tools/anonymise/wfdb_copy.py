"""The new file of most formats: a WFDB record of the given leads, to the nanovolt."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.leads import INDEX, LEADS

#: Counts per millivolt: one is a nanovolt, finer than any recorder's.
_GAIN: Final = 1_000_000.0
#: What format 32 holds where nothing was recorded (WFDB Applications Guide, signal(5)).
_NOT_RECORDED: Final = -(2**31)


def write_wfdb(ecg: Ecg, name: str, comments: list[str], recorded_at: datetime | None, folder: Path) -> list[Path]:
    """Write `NAME.hea` and `NAME.dat` from the samples alone.

    Args:
        ecg: its given leads are written, not those that were computed from them.
        name: of the record.
        comments: of the header.
        recorded_at: of the header; left out where it is None.
        folder: of the files.
    """
    import wfdb

    leads = [lead for lead in LEADS if lead not in ecg.missing_leads and lead not in ecg.derived_leads]
    counts = np.empty((ecg.signal_mv.shape[1], len(leads)), np.int32)
    for column, lead in enumerate(leads):
        row = ecg.signal_mv[INDEX[lead]].astype(np.float64) * _GAIN
        counts[:, column] = np.where(np.isfinite(row), np.round(row), _NOT_RECORDED).astype(np.int64)
    wfdb.wrsamp(
        name,
        fs=ecg.fs_hz,
        units=["mV"] * len(leads),
        sig_name=list(leads),
        d_signal=counts,
        fmt=["32"] * len(leads),
        adc_gain=[_GAIN] * len(leads),
        baseline=[0] * len(leads),
        comments=comments,
        base_datetime=recorded_at,
        write_dir=str(folder),
    )
    return [folder / f"{name}.hea", folder / f"{name}.dat"]
