"""Timings of one process's life: cold, then warm, on the ECG that pydicom ships."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from calipers.agent.api import Agent
    from calipers.ecg import Ecg

#: Warm runs of which the median counts; records in a batch.
REPEATS: Final = 5
BATCH: Final = 64
#: Asked in a fresh thread each time; the last is answered by looking up one measurement.
_WARM_UP: Final = "what is the heart rate?"
_QUESTION: Final = "how long is the PR interval?"

Timings = dict[str, float]


def classify_timings() -> Timings:
    """Throughput of the statement network on a batch."""
    from calipers import classify

    ecg = _demo()
    started = time.perf_counter()
    classify(ecg)
    cold = time.perf_counter() - started
    seconds = _median(lambda: classify([ecg] * BATCH))
    return {"classify_cold_s": cold, "classify_ecgs_per_s": BATCH / seconds, "classify_peak_rss_gb": peak_rss_gb()}


def agent_timings(model: str) -> Timings:
    """A full read, cold and warm, and the first step and claim of an answer, by one model."""
    from calipers.agent.api import Agent

    ecg = _demo()
    started = time.perf_counter()
    agent = Agent(model)
    agent.interpret(ecg)
    found = {"interpret_cold_s": time.perf_counter() - started}
    found["interpret_warm_s"] = _median(lambda: agent.interpret(ecg))
    with TemporaryDirectory() as home, Agent(model, home=Path(home)) as chat:
        list(chat.stream("warm", _WARM_UP, ecg))
        firsts = [_first_events(chat, f"t{number}", ecg) for number in range(REPEATS)]
    for kind in ("step", "claim"):
        found[f"first_{kind}_s"] = median(first[kind] for first in firsts)
    return {f"{name}_{model}": value for name, value in found.items()} | {f"peak_rss_gb_{model}": peak_rss_gb()}


def peak_rss_gb() -> float:
    """The most memory this process has held, in GB."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held * (1 if sys.platform == "darwin" else 1024) / 1e9


def _first_events(chat: Agent, thread: str, ecg: Ecg) -> dict[str, float]:
    """Seconds until the first event of each kind; until the end for one that never came."""
    started = time.perf_counter()
    first: dict[str, float] = {}
    for event in chat.stream(thread, _QUESTION, ecg):
        first.setdefault(event.kind, time.perf_counter() - started)
    whole = time.perf_counter() - started
    return {kind: first.get(kind, whole) for kind in ("step", "claim")}


def demo_path() -> str:
    """The 12-lead DICOM ECG that pydicom ships."""
    from pydicom.data import get_testdata_file

    return str(get_testdata_file("waveform_ecg.dcm"))


def _demo() -> Ecg:
    from calipers import read_ecg

    return read_ecg(demo_path())


def _median(run: Callable[[], object]) -> float:
    run()
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return median(seconds)
