"""Everything one run of the benchmark finds, before it is summed up."""

from __future__ import annotations

import sys
from typing import NamedTuple

from calipers.evals.framework import Options, each, spread
from calipers.evals.measurement import intervals, known_truth, ludb, rhythm, robustness, speed
from calipers.evals.measurement.intervals import RecordScore
from calipers.evals.measurement.robustness import Changes
from calipers.models.delineator.ludb import VALIDATION

#: From this reference QRS on, a record counts as wide (left and right bundle branch block, pacing).
WIDE_MS = 120.0


class Findings(NamedTuple):
    """The parts of one run; `records` are LUDB's."""

    records: list[RecordScore]
    changes: list[Changes]
    known: list[known_truth.KnownScore]
    pulses: list[known_truth.PulseScore]
    rhythm: list[rhythm.RhythmScore]
    timings: list[speed.Timing]

    @property
    def judged(self) -> list[RecordScore]:
        """LUDB's records that no network was trained on, where the run has any; else those it has."""
        unseen = [score for score in self.records if score.split == "validation"]
        return unseen or self.records

    @property
    def seen(self) -> list[RecordScore]:
        """LUDB's training records, where the run has others to judge by."""
        return [] if self.judged is self.records else [s for s in self.records if s.split == "training"]


def gather(options: Options) -> Findings:
    """Run every part; the timings come first, while no other process of ours competes."""
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


def parts(findings: Findings) -> dict[str, list[RecordScore]]:
    """LUDB's records by split, and the judged ones by kind; parts without records are left out."""
    judged = findings.judged
    kinds = {
        "ludb.validation": [s for s in findings.records if s.split == "validation"],
        "ludb.training": [s for s in findings.records if s.split == "training"],
        "ludb.with_p": [s for s in judged if s.reference.pr_ms > 0],
        "ludb.narrow": [s for s in judged if s.reference.qrs_ms < WIDE_MS],
        "ludb.wide": [s for s in judged if s.reference.qrs_ms >= WIDE_MS],
    }
    return {name: part for name, part in kinds.items() if part}
