"""Timings of one process's life: cold, then warm, on the ECG that pydicom ships."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
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
    batch = list(islice(others(ecg), BATCH))
    classify(batch[:2])
    started = time.perf_counter()
    classify(batch)
    seconds = time.perf_counter() - started
    return {"classify_cold_s": cold, "classify_ecgs_per_s": BATCH / seconds, "classify_peak_rss_gb": peak_rss_gb()}


def agent_timings(model: str) -> Timings:
    """A full read, cold and warm, and the first step and claim of an answer, by one model."""
    from calipers.agent.api import Agent

    fresh = others(_demo())
    first = next(fresh)
    started = time.perf_counter()
    agent = Agent(model)
    agent.interpret(first)
    found = {"interpret_cold_s": time.perf_counter() - started}
    found["interpret_warm_s"] = median(_seconds(agent.interpret, ecg) for ecg in islice(fresh, REPEATS))
    with TemporaryDirectory() as home, Agent(model, home=Path(home)) as chat:
        list(chat.stream("warm", _WARM_UP, first))
        firsts = [_first_events(chat, f"t{number}", ecg) for number, ecg in enumerate(islice(fresh, REPEATS))]
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


def others(ecg: Ecg) -> Iterator[Ecg]:
    """ECGs of the same heart and other bytes, each begun a few samples later: nothing answers from memory."""
    from dataclasses import replace

    import numpy as np

    for number in count():
        yield replace(ecg, signal_mv=np.roll(ecg.signal_mv, -7 * number, axis=1))


def demo_path() -> str:
    """The 12-lead DICOM ECG that pydicom ships."""
    from pydicom.data import get_testdata_file

    return str(get_testdata_file("waveform_ecg.dcm"))


def _demo() -> Ecg:
    from calipers import read_ecg

    return read_ecg(demo_path())


def _seconds(work: Callable[[Ecg], object], ecg: Ecg) -> float:
    started = time.perf_counter()
    work(ecg)
    return time.perf_counter() - started
