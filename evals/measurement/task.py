"""The measurement benchmark: what runs, on which records, in which order."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from calipers.evals.framework import Estimate, Options, Outcome, Result, each, spread
from calipers.evals.framework.result import point_values
from calipers.evals.measurement import intervals, known_truth, ludb, rhythm, robustness, speed
from calipers.evals.measurement.intervals import RecordScore
from calipers.evals.measurement.peers import PROGRAMS
from calipers.evals.measurement.ptbxl import TEST_FOLD
from calipers.evals.measurement.robustness import Changes
from calipers.models.delineator.ludb import VALIDATION

NAME: Final = "measurement"

Scores = dict[str, Estimate | None]


class Findings(NamedTuple):
    """Everything one run found, before it is summed up."""

    records: list[RecordScore]
    changes: list[Changes]
    known: list[known_truth.KnownScore]
    pulses: list[known_truth.PulseScore]
    rhythm: list[rhythm.RhythmScore]
    timings: list[speed.Timing]


class MeasurementTask:
    """Intervals, boundaries, rhythm, robustness, known truth and speed; NeuroKit2 and openecg in the same run."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; about five minutes on two cores for everything."""
        from calipers.evals.measurement.report import conformance_report

        started = time.perf_counter()
        findings = gather(options)
        scores = headline(findings)
        seconds = time.perf_counter() - started
        count = len(findings.records) + len(findings.rhythm)
        result = Result.of(NAME, count, scores, groups(findings), seconds)
        return Outcome(result, conformance_report(findings, scores, options, seconds))


def gather(options: Options) -> Findings:
    """Run every part. Timings come first, while no other process of ours competes."""
    numbers = spread(ludb.record_numbers(options.split), options.n)
    held_out = sum(number in VALIDATION for number in numbers)
    if held_out:
        print(f"calipers: opening {held_out} of LUDB's 41 validation records", file=sys.stderr)
    timings = speed.time_programs(options, numbers)
    jobs = [intervals.RecordJob(options.data, number) for number in numbers]
    records = each(intervals.score_record, jobs, len(jobs), "LUDB", options)
    disturbed = spread(numbers, min(robustness.RECORDS, len(numbers)))
    noisy = [robustness.RobustnessJob(options.data, number, options.seed) for number in disturbed]
    changes = each(robustness.disturb_record, noisy, len(noisy), "noise and rate", options)
    return Findings(
        records,
        changes,
        known_truth.score_known(options.n),
        known_truth.score_pulses(options.n),
        rhythm.score_rhythm(options),
        timings,
    )


def headline(findings: Findings) -> Scores:
    """Calipers' own figures."""
    return {
        **intervals.interval_scores(findings.records, "calipers"),
        **intervals.coverage_scores(findings.records),
        **rhythm.pr_scores(findings.rhythm),
        **rhythm.statement_scores(findings.rhythm, asserted=False),
        **rhythm.swap_scores(findings.rhythm),
        **speed.speed_scores(findings.timings),
    }


def groups(findings: Findings) -> dict[str, dict[str, float]]:
    """The peers on the same records, parts of the data, single leads, and every disturbance."""
    found: dict[str, dict[str, float]] = {}
    for program in PROGRAMS:
        found[program] = _group(len(findings.records), intervals.interval_scores(findings.records, program))
        scores = intervals.boundary_scores(findings.records, program)
        found[f"{program}.leads"] = _group(len(findings.records), scores)
    for name, part in parts(findings.records).items():
        found[name] = _group(
            len(part), {**intervals.interval_scores(part, "calipers"), **intervals.coverage_scores(part)}
        )
    for condition in findings.changes[0].disturbed if findings.changes else ():
        found[condition] = _group(len(findings.changes), robustness.change_scores(findings.changes, condition))
    found["simulated"] = _group(len(findings.known), known_truth.known_scores(findings.known))
    found["pulses"] = _group(len(findings.pulses), known_truth.pulse_scores(findings.pulses))
    asserted = rhythm.statement_scores(findings.rhythm, asserted=True)
    test_fold = sum(score.row.fold == TEST_FOLD for score in findings.rhythm)
    found["fold9.asserted"] = _group(test_fold, asserted)
    return found


def parts(records: Sequence[RecordScore]) -> dict[str, list[RecordScore]]:
    """The LUDB records by split and by kind; parts without records are left out."""
    kinds = {
        "ludb.validation": [s for s in records if s.split == "validation"],
        "ludb.training": [s for s in records if s.split == "training"],
        "ludb.with_p": [s for s in records if s.reference.pr_ms > 0],
        "ludb.narrow": [s for s in records if s.reference.qrs_ms < 120],
        "ludb.wide": [s for s in records if s.reference.qrs_ms >= 120],
    }
    return {name: part for name, part in kinds.items() if part}


def _group(n: int, scores: Scores) -> dict[str, float]:
    return {"n": n, **point_values(scores)}
