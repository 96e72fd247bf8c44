"""How far the second implementation is from cardiologists: `python -m calipers.evals.citations.calibrate`.

On 80 of LUDB's training records (openecg learned from them, so that its errors here are small and the intervals
narrow: the test that they serve is strict). Intervals: bias and 95 % half-width in milliseconds. Amplitudes: LUDB
scales each lead to a range of one, so their half-widths are shares of the lead's QRS height; what differs is which
marks the same arithmetic is given. About two minutes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from calipers.evals.citations import second
from calipers.evals.framework import Options, data_folder, each, spread
from calipers.evals.measurement import ludb

#: Evenly spread over the training records.
RECORDS: Final = 80
TABLE: Final = Path(__file__).with_name("second_error.json")
_INTERVALS: Final = ("p_dur", "pr", "qrs", "qt")
#: Beyond so many robust SD (1.4826 times the median absolute deviation) a record is a failure of the second program,
#: counted apart: paced and doubtful complexes must not widen the intervals of all others.
_FAILURE: Final = 5.0
_SD_OF_MAD: Final = 1.4826


def errors_of(record: int) -> dict[str, list[float]]:
    """Name → error of the intervals in milliseconds, and of amplitudes as a share of the lead's QRS height."""
    marked = ludb.load(data_folder(), record)
    signal = np.asarray(marked.ecg.signal_mv, dtype=np.float64)
    own = second.measure_again(signal, marked.ecg.fs_hz)
    found: dict[str, list[float]] = {}
    for name, reference in zip(_INTERVALS, marked.intervals, strict=True):
        if name in own and np.isfinite(reference):
            found[name] = [own[name] - float(reference)]
    for key, value in second.measured_with(signal, _reference(marked)).items():
        lead, _, name = key.partition(".")
        if name and key in own:
            height = float(np.ptp(signal[second.LEADS.index(lead)]))
            found.setdefault(name, []).append((own[key] - value) / height)
    return found


def table(errors: list[Mapping[str, list[float]]]) -> dict[str, Any]:
    """Name → bias and half-width."""
    pooled: dict[str, list[float]] = {}
    for one in errors:
        for name, values in one.items():
            pooled.setdefault(name, []).extend(values)
    rows = {}
    for name, values in sorted(pooled.items()):
        known = np.array([value for value in values if np.isfinite(value)])
        interval = name in _INTERVALS
        bias = float(np.median(known)) if interval else 0.0
        off = np.abs(known - bias)
        # Amplitudes are mostly exact (the same peak within other marks), which leaves nothing for a median.
        kept = off[off <= _FAILURE * _SD_OF_MAD * np.median(off)] if interval else off
        rows[name] = {
            "bias": round(bias, 4),
            "half_width": round(float(np.percentile(kept, 95.0)), 4),
            "failures": len(off) - len(kept),
            "unit": "ms" if name in _INTERVALS else "of the lead's range",
            "n": len(known),
        }
    return rows


def _reference(marked: ludb.MarkedRecord) -> list[dict[str, second.Bounds]]:
    """The cardiologists' marks in samples."""
    return [
        {
            wave: np.round(bounds[np.isfinite(bounds).all(axis=1)] * second.FS_HZ).astype(np.int64)
            for wave, bounds in (("p", lead.p), ("qrs", lead.qrs), ("t", lead.t))
        }
        for lead in marked.leads
    ]


def main() -> None:
    """Write the table."""
    records = spread(ludb.record_numbers("training"), RECORDS)
    options = Options(data_folder())
    TABLE.write_text(json.dumps(table(each(errors_of, records, len(records), "LUDB", options)), indent=1) + "\n")


if __name__ == "__main__":
    main()
