"""The gate's samples: simulated ECGs of known truth, edited, triaged, read and measured again, in about a minute."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from calipers.ecg import Ecg
from calipers.evals.citations.joint import confirm
from calipers.evals.citations.second import LEADS, beats_of, measure_again
from calipers.evals.citations.solver import cited_values, independent_check
from calipers.evals.citations.support import support
from calipers.evals.framework import Options, Row, each
from calipers.evals.measurement.analytic import KNOWN_ECGS, WITHOUT_P
from calipers.evals.measurement.peers import neurokit2_leads
from calipers.evals.perturbation.demands import judge
from calipers.evals.perturbation.edits import EDITS
from calipers.evals.readers import NONE, interpret
from calipers.evals.tool_choice.choosers import by_rule
from calipers.evals.tool_choice.task import Answered
from calipers.evals.tool_choice.utterances import utterances
from calipers.evals.triage.patterns import PATTERNS
from calipers.knowledge import evaluate, urgency
from calipers.models.simulator import Specification, simulate
from calipers.report import Demographics
from calipers.tools.measure import examine, measure

SEED: Final = 20_260_101
#: Simulated ECGs of each dangerous pattern, and normal ones that are edited and cited.
_EACH_PATTERN: Final = 2
_NORMAL: Final = 3
_TIMED: Final = 5
#: What a measured interval may be off by, milliseconds.
_ALLOWED_MS: Final = {"p_dur": 15.0, "pr": 10.0, "qrs": 12.0, "qt": 25.0}


class Job(NamedTuple):
    """One sample: what is done, and its number."""

    part: str
    number: int


def all_rows(options: Options) -> list[Row]:
    """Every sample, on the options' workers; timings last, alone."""
    counts = {
        "known": len(KNOWN_ECGS) + len(WITHOUT_P),
        "pattern": len(PATTERNS) * _EACH_PATTERN,
        "edited": _NORMAL,
        "cited": _NORMAL,
        "chosen": 1,
    }
    jobs = [Job(part, number) for part, count in counts.items() for number in range(count)]
    return [row for rows in each(solve, jobs, len(jobs), "gate", options) for row in rows]


def speed_ratios() -> list[float]:
    """How many times longer NeuroKit2 takes for the twelve leads than `measure` for everything, turn by turn."""
    ecgs = [truth.render(SEED) for truth in KNOWN_ECGS[:_TIMED]]
    measure(ecgs[0])
    neurokit2_leads(ecgs[0])
    ratios = []
    for ecg in ecgs:
        seconds = [_seconds(program, ecg) for program in (neurokit2_leads, measure)]
        ratios.append(seconds[0] / seconds[1])
    return ratios


def solve(job: Job) -> list[Row]:
    """The rows of one sample."""
    return list(_PARTS[job.part](job.number))


def _known(number: int) -> Iterator[Row]:
    """Intervals of a closed-form ECG within what is allowed; no PR where there is no P."""
    truth = [*KNOWN_ECGS, *WITHOUT_P][number]
    found = measure(truth.render(SEED + number))
    wanted = {"p_dur": truth.p_ms, "pr": truth.pr_ms, "qrs": truth.qrs_ms, "qt": truth.qt_ms}
    for name, value in wanted.items():
        number_found = found.number(name)
        if truth.pr_ms is None and name in ("p_dur", "pr"):
            right = number_found is None
        else:
            right = number_found is not None and abs(number_found - (value or 0.0)) <= _ALLOWED_MS[name]
        yield _row("known", f"{number} {name}", f"known {number}", {"intervals_right": (float(right), 1.0)})


def _pattern(number: int) -> Iterator[Row]:
    """A dangerous pattern is raised, and named."""
    pattern = PATTERNS[number // _EACH_PATTERN]
    ecg = simulate(pattern.specification, SEED + number).ecg
    found = examine(ecg)
    verdicts = evaluate(found.measurements, Demographics(age=ecg.patient.age, sex=ecg.patient.sex))
    level, _ = urgency(verdicts, found.quality.assessable)
    raised = level in ("critical", "not_assessable") or (pattern.expected == "urgent" and level == "urgent")
    named = any(key in verdicts and verdicts[key].asserted for key in pattern.statements)
    tallies = {"patterns_raised": (float(raised), 1.0), "patterns_named": (float(named), 1.0)}
    yield _row("pattern", f"{number} {pattern.name}", pattern.name, tallies)


def _edited(number: int) -> Iterator[Row]:
    """What a change of the signal demands."""
    ecg = _normal(number)
    before = interpret(NONE, ecg)
    signal = np.asarray(ecg.signal_mv, dtype=np.float64)
    beats = beats_of(signal, ecg.fs_hz)
    for place, (name, edit) in enumerate(EDITS.items()):
        edited = edit(signal, beats, np.random.default_rng([SEED, number, place]))
        after = interpret(NONE, Ecg.from_array(edited.signal_mv, edited.fs_hz, LEADS, age=50, sex="male"))
        demands = judge(name, before, after)
        met = [one.met for one in demands]
        yield _row(
            "edited", f"{number} {name}", f"normal {number}", {"demands_met": (float(sum(met)), float(len(met)))}
        )


def _cited(number: int) -> Iterator[Row]:
    """A report's structure, its citations, and its values measured again."""
    ecg = _normal(number)
    signal = np.asarray(ecg.signal_mv, dtype=np.float64)
    report = json.loads(interpret(NONE, ecg).model_dump_json())
    problems = independent_check()(report, signal, ecg.fs_hz)
    counted = support(report)
    found = confirm(cited_values(report), measure_again(signal, ecg.fs_hz), signal)
    tallies = {
        "reports_accepted": (float(not problems), 1.0),
        "citations_right": (float(counted.cited_rightly), float(counted.cited)),
        "values_confirmed": (float(sum(one.inside for one in found)), float(len(found))),
    }
    yield _row("cited", str(number), f"normal {number}", tallies)


def _chosen(_number: int) -> Iterator[Row]:
    """Tools chosen by rule, without a language model, on the utterances that may be tuned on."""
    for place, utterance in enumerate(item for item in utterances() if item.half == "tune"):
        answered = Answered(utterance, by_rule(utterance), 0.0)
        yield _row("chosen", str(place), f"utterance {place}", {"tools_right": (float(answered.tool_right), 1.0)})


def _normal(number: int) -> Ecg:
    """A simulated ECG without its mark, which an agent would refuse."""
    made = simulate(Specification(age=50, sex="male", noise="light"), SEED + number).ecg
    return Ecg.from_array(made.signal_mv, made.fs_hz, LEADS, age=50, sex="male")


def _row(part: str, name: str, cluster: str, tallies: dict[str, tuple[float, float]]) -> Row:
    return Row(f"{part} {name}", cluster, NONE, tallies)


def _seconds(program: Callable[[Ecg], object], ecg: Ecg) -> float:
    started = time.perf_counter()
    program(ecg)
    return time.perf_counter() - started


_PARTS: Final[dict[str, Callable[[int], Iterator[Row]]]] = {
    "known": _known,
    "pattern": _pattern,
    "edited": _edited,
    "cited": _cited,
    "chosen": _chosen,
}
#: A run without a data folder: nothing here reads one.
NO_DATA: Final = Options(data=Path(), show_progress=False)
