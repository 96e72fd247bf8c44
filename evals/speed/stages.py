"""Where the time of one ECG goes, in one warm process, and how often NeuroKit2's time fits each stage."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING, Final

from calipers.evals.speed.timings import Timings, demo_path, others, peak_rss_gb

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue
    from multiprocessing.synchronize import Barrier

    from calipers.ecg import Ecg

#: Record lengths of the cost curve, seconds.
LENGTHS_S: Final = (10, 30, 60, 120)
#: NeuroKit2 is timed on records up to this length.
_PEER_UP_TO_S: Final = 60
#: Records measured by each process for the throughput.
_EACH: Final = 16
#: A process that has not imported by then has died.
_PATIENCE_S: Final = 300.0


def stage_timings(repeats: int) -> Timings:
    """Seconds of each stage of a full read, warm, and NeuroKit2's for its twelve leads, turn by turn."""
    from calipers import Agent, classify, measure, read_ecg, render, verify
    from calipers.evals.measurement.peers import neurokit2_leads, openecg_leads
    from calipers.knowledge import evaluate
    from calipers.report import Demographics

    ecg = read_ecg(demo_path())
    measured = measure(ecg)
    ecg_500 = repeated(10)  # openecg reads 500 Hz alone
    agent = Agent("none")
    report, fresh = agent.interpret(ecg), others(ecg)
    who = Demographics(age=ecg.patient.age, sex=ecg.patient.sex)
    stages: dict[str, Callable[[], object]] = {
        "read": lambda: read_ecg(demo_path()),
        "measure": lambda: measure(ecg),
        "criteria": lambda: evaluate(measured, who),
        "classify": lambda: classify(ecg),
        "interpret": lambda: agent.interpret(next(fresh)),
        "verify_by_report": lambda: verify(report),
        "verify_by_ecg": lambda: verify(report, ecg),
        "picture": lambda: render(ecg),
        "neurokit2": lambda: neurokit2_leads(ecg),
        "openecg": lambda: openecg_leads(ecg_500),
    }
    seconds = _in_turn(stages, repeats)
    found = {f"stage_{name}_s": value for name, value in seconds.items()}
    found["neurokit2_over_measure"] = seconds["neurokit2"] / seconds["measure"]
    found["openecg_over_measure"] = seconds["openecg"] / seconds["measure"]
    found["neurokit2_over_interpret"] = seconds["neurokit2"] / seconds["interpret"]
    return found | {"stages_peak_rss_gb": peak_rss_gb()}


def length_timings(how_many: int) -> Timings:
    """Seconds to measure records of growing length, NeuroKit2's beside it, and the most memory held so far."""
    from calipers import measure
    from calipers.evals.measurement.peers import neurokit2_leads

    found: Timings = {}
    measure(repeated(10))
    for length_s in LENGTHS_S[:how_many]:
        ecg = repeated(length_s)
        found[f"measure_{length_s}s_s"] = _seconds(measure, ecg)
        if length_s <= _PEER_UP_TO_S:
            found[f"neurokit2_{length_s}s_s"] = _seconds(neurokit2_leads, ecg)
        found[f"measure_{length_s}s_peak_rss_gb"] = peak_rss_gb()
    return found


def measured_many(together: Barrier, spans: SimpleQueue[tuple[float, float]]) -> None:
    """Measure one process's share; puts when it began and ended, by the clock that all share.

    Args:
        together: every process waits here, imports done, so that all begin at once.
        spans: where the times go.
    """
    from calipers import measure

    ecg = repeated(10)
    measure(ecg)
    together.wait(timeout=_PATIENCE_S)
    began = time.time()
    for _ in range(_EACH):
        measure(ecg)
    spans.put((began, time.time()))


def throughput(spans: list[tuple[float, float]]) -> float:
    """ECGs a second of processes that ran side by side."""
    return len(spans) * _EACH / (max(end for _, end in spans) - min(start for start, _ in spans))


def repeated(length_s: int) -> Ecg:
    """A simulated ECG of that length."""
    import numpy as np

    from calipers.ecg import Ecg
    from calipers.evals.measurement.analytic import FS_HZ, KNOWN_ECGS
    from calipers.leads import LEADS

    ten = KNOWN_ECGS[2].render(0).signal_mv
    times = -(-length_s // 10)
    return Ecg.from_array(np.tile(ten, times)[:, : int(length_s * FS_HZ)], FS_HZ, LEADS, age=50, sex="male")


def _in_turn(stages: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Medians of runs taken turn by turn, so that a busy machine slows all alike; each runs once before."""
    taken: dict[str, list[float]] = {name: [] for name in stages}
    for run in stages.values():
        run()
    for _ in range(repeats):
        for name, run in stages.items():
            taken[name].append(_seconds(run))
    return {name: median(values) for name, values in taken.items()}


def _seconds(run: Callable[..., object], *given: object) -> float:
    started = time.perf_counter()
    run(*given)
    return time.perf_counter() - started
