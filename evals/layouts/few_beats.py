"""Fit what few beats cost: `BEAT_TO_BEAT` of `calipers.tools.measure.partial.by_lead`.

`python -m calipers.evals.layouts.few_beats --n 60` cuts records of PTB-XL's fold 8 to the columns of printed pages
and prints, by the number of beats that a lead shows, how far its values lie from those of the whole recording and
how many of them their interval holds.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.evals.framework import Options, data_folder, each, spread
from calipers.evals.layouts.pages import Job, jobs
from calipers.evals.measurement.ptbxl import as_ecg, labelled
from calipers.leads import INDEX, LEADS
from calipers.tools.measure import measure
from calipers.tools.measure.partial.by_lead import BEAT_TO_BEAT

FOLD: Final = 8
_COLUMNS: Final = {"3x4+1": 4, "6x2": 2}
_COUNTS: Final = ((1, 1), (2, 2), (3, 4), (5, 12))
_GLOBAL: Final = ("hr", "rr_sd", "p_dur", "pr", "qrs", "qt", "qrs_axis", "t_axis")
_BEATS: Final = re.compile(r"(\d+) beats? in the")


def cut(ecg: Ecg, columns: int) -> Ecg:
    """The record with NaN wherever a page of so many columns, with a rhythm strip of II, shows nothing."""
    signal, n = ecg.signal_mv.copy(), ecg.signal_mv.shape[1]
    for lead in LEADS:
        if lead != "II":
            column = INDEX[lead] * columns // len(LEADS)
            signal[INDEX[lead], : n * column // columns] = np.nan
            signal[INDEX[lead], n * (column + 1) // columns :] = np.nan
    return Ecg.from_array(signal, ecg.fs_hz, LEADS, age=ecg.patient.age, sex=ecg.patient.sex)


def differences(job: Job) -> list[tuple[str, int, float, float]]:
    """(name, beats, page less whole, half-width) of the intervals (0 beats) and of each lead's values."""
    whole = as_ecg(job.row, job.eight_uv)
    true, found = measure(whole), measure(cut(whole, _COLUMNS[job.layout]))
    kept = []
    for name in _GLOBAL:
        one, other = found[name], true[name]
        if one.number is not None and other.number is not None:
            kept.append((name, 0, one.number - other.number, one.uncertainty or 0.0))
    for lead in LEADS:
        for name in BEAT_TO_BEAT:
            one, other = found[f"{lead}.{name}"], true[f"{lead}.{name}"]
            beats = _BEATS.search(one.method)
            if lead != "II" and beats and one.number is not None and other.number is not None:
                kept.append((name, int(beats[1]), one.number - other.number, one.uncertainty or 0.0))
    return kept


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=60, help="records")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    options = Options(data_folder(), workers=given.workers)
    rows = spread([row for row in labelled(options.data) if row.fold == FOLD], given.n)
    layouts = tuple(_COLUMNS)
    found = each(differences, jobs(options, rows, layouts, "clean"), len(rows) * len(layouts), "records", options)
    by_name: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for name, *rest in (item for record in found for item in record):
        by_name[name].append((rest[0], rest[1], rest[2]))
    for name, items in by_name.items():
        parts = []
        if name in _GLOBAL:
            away, wide = np.array([far for _, far, _ in items]), np.array([wide for _, _, wide in items])
            held = float(np.mean(np.abs(away) <= wide))
            parts.append(f"{len(away)}: {away.mean():.2f} ± {away.std():.2f}, held {held:.2f}")
        for low, high in _COUNTS:
            away = np.array([(abs(far), wide) for beats, far, wide in items if low <= beats <= high])
            if len(away) >= 20:
                held = float(np.mean(away[:, 0] <= away[:, 1]))
                parts.append(
                    f"{low}-{high} beats: {len(away)}, 95 % {np.percentile(away[:, 0], 95):.3f}, held {held:.2f}"
                )
        print(f"{name:16s} {' | '.join(parts)}")


if __name__ == "__main__":
    main()
