"""Time of measuring everything, as a ratio to NeuroKit2 on the same twelve leads in the same process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from calipers.ecg import Ecg
from calipers.evals.framework import Bootstrap, Estimate, Options, spread
from calipers.evals.measurement import ludb
from calipers.evals.measurement.peers import neurokit2_leads, openecg_leads
from calipers.tools.measure import measure

#: Records timed; each program takes its turn on each, so that a busy machine slows all of them alike.
RECORDS: Final = 12


class Timing(NamedTuple):
    """Seconds for one 10 s 12-lead ECG, warm."""

    calipers: float
    openecg: float
    neurokit2: float


def time_programs(options: Options, records: list[int]) -> list[Timing]:
    """Time `measure` (everything of it), openecg's twelve leads, and NeuroKit2's clean + peaks + wavelet on twelve."""
    ecgs = [ludb.load(options.data, record).ecg for record in spread(records, min(RECORDS, options.n or RECORDS))]
    for program in (measure, openecg_leads, neurokit2_leads):
        program(ecgs[0])  # loads weights and imports
    return [
        Timing(_seconds(measure, ecg), _seconds(openecg_leads, ecg), _seconds(neurokit2_leads, ecg)) for ecg in ecgs
    ]


def speed_scores(timings: list[Timing]) -> dict[str, Estimate | None]:
    """How many times longer the peers take, median over median, and the medians in seconds."""
    resample = Bootstrap(range(len(timings)))
    calipers, openecg, neurokit2 = np.array(timings).T
    return {
        "speed_ratio_neurokit2": resample.median_ratio(neurokit2, calipers),
        "speed_ratio_openecg": resample.median_ratio(openecg, calipers),
        "measure_seconds": Estimate.alone(float(np.median(calipers)), len(timings)),
        "neurokit2_seconds": Estimate.alone(float(np.median(neurokit2)), len(timings)),
        "openecg_seconds": Estimate.alone(float(np.median(openecg)), len(timings)),
    }


def _seconds(program: Callable[[Ecg], object], ecg: Ecg) -> float:
    started = time.perf_counter()
    program(ecg)
    return time.perf_counter() - started
