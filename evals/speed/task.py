"""The speed benchmark: each part in a process of its own, so that cold is cold and memory is its own."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from calipers.agent.choice import choose
from calipers.evals.framework import Document, Options, Outcome, Result, Section, Table
from calipers.evals.speed.curves import cost_curves
from calipers.evals.speed.stages import LENGTHS_S, length_timings, measured_many, stage_timings, throughput
from calipers.evals.speed.timings import BATCH, REPEATS, Timings, agent_timings, classify_timings

NAME: Final = "speed"
#: What DESIGN asks for: (metric, most or least, whether larger is better).
TARGETS: Final = (
    ("classify_ecgs_per_s", 30.0, True),
    ("interpret_warm_s_none", 1.0, False),
    ("interpret_warm_s_embedded", 8.0, False),
    ("first_step_s_embedded", 1.0, False),
    ("first_claim_s_embedded", 3.0, False),
    ("peak_rss_gb_embedded", 2.5, False),
)
_METHOD: Final = (
    f"The 12-lead DICOM ECG that pydicom ships, 10 s at 1,000 Hz. Each part runs in a fresh process; cold includes"
    f" imports and weights, warm is the median of {REPEATS} runs on other ECGs, so that nothing answers from memory (the same"
    f" record begun a few samples later); the batch holds {BATCH} such records. The first"
    " step and the first claim are those of a question about one measurement in a new thread. Timings are of the"
    " machine as busy as it is: the load is printed. Stages are timed turn by turn with NeuroKit2's cleaning, peaks and"
    " wavelet delineation of the twelve leads in the same process; the ratios say how many times longer it takes."
)


class SpeedTask:
    """Throughput, latency and memory; `--model` names the language model, by default the embedded one."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; a model that is not installed is left out, and the report says why. `--n` shortens the cost curves."""
        started = time.perf_counter()
        model = options.model or "embedded"
        choice = choose(model)
        timings = {**_apart(classify_timings), **_apart(agent_timings, "none")}
        if choice.chat is not None:
            timings |= _apart(agent_timings, model)
        repeats, lengths = options.n or REPEATS, min(options.n or len(LENGTHS_S), len(LENGTHS_S))
        timings |= _apart(stage_timings, repeats) | _apart(length_timings, lengths) | _by_cores(os.cpu_count() or 1)
        timings["load_average"] = os.getloadavg()[0]
        result = Result(NAME, 1, timings, {}, seconds=time.perf_counter() - started)
        note = "" if choice.chat is not None or model == "none" else f" `{model}` was not run: {choice.reason}."
        return Outcome(result, _report(result, note))


def _apart(work: Callable[..., Timings], *arguments: str | int) -> Timings:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _by_cores(cores: int) -> Timings:
    """ECGs measured a second by one process, two, four … up to one a core."""
    context = multiprocessing.get_context("spawn")
    found: Timings = {}
    workers = 1
    while workers <= cores:
        together, spans = context.Barrier(workers), context.SimpleQueue()
        processes = [context.Process(target=measured_many, args=(together, spans)) for _ in range(workers)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        found[f"measured_per_s_{workers}_workers"] = throughput([spans.get() for _ in processes])
        workers *= 2
    return found


def _report(result: Result, note: str) -> Document:
    wanted = {name: f"{'≥' if larger else '≤'} {limit:g}" for name, limit, larger in TARGETS}
    rows = tuple((name, f"{value:.3g}", wanted.get(name, "–")) for name, value in result.metrics.items())
    table = Table(("figure", "value", "wanted"), rows)
    sections = (
        Section("Timings", (_METHOD + note, table)),
        Section("What it costs", tuple(cost_curves(result.metrics))),
    )
    return Document("Speed and memory", f"{os.cpu_count()} cores.", sections)
