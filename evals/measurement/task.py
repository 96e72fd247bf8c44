"""The measurement benchmark: its figures, its groups and its report, from what one run found."""

from __future__ import annotations

import time
from typing import Final

from calipers.evals.framework import Estimate, Options, Outcome, Result
from calipers.evals.framework.result import point_values
from calipers.evals.measurement import intervals, known_truth, rhythm, robustness, speed
from calipers.evals.measurement.findings import Findings, gather, parts
from calipers.evals.measurement.peers import PROGRAMS
from calipers.evals.measurement.ptbxl import TEST_FOLD
from calipers.evals.measurement.report import conformance_report

NAME: Final = "measurement"

Scores = dict[str, Estimate | None]


class MeasurementTask:
    """Intervals, boundaries, rhythm, robustness, known truth and speed; NeuroKit2 and openecg in the same run."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; about six minutes on two idle cores for everything."""
        started = time.perf_counter()
        findings = gather(options)
        scores = headline(findings)
        found = groups(findings)
        seconds = time.perf_counter() - started
        count = len(findings.records) + len(findings.rhythm)
        result = Result.of(NAME, count, scores, found, seconds)
        return Outcome(result, conformance_report(findings, scores, options, seconds))


def headline(findings: Findings) -> Scores:
    """Calipers' own figures: LUDB's records that no network saw (or those there are), PTB-XL, speed."""
    return {
        **intervals.interval_scores(findings.judged, "calipers"),
        **intervals.coverage_scores(findings.judged),
        **rhythm.pr_scores(findings.rhythm),
        **rhythm.statement_scores(findings.rhythm, asserted=False),
        **rhythm.swap_scores(findings.rhythm),
        **speed.speed_scores(findings.timings),
    }


def groups(findings: Findings) -> dict[str, dict[str, float]]:
    """The peers on the same records, parts of the data, single leads, and every disturbance."""
    records, found = findings.judged, dict[str, dict[str, float]]()
    for program in PROGRAMS:
        found[program] = _group(len(records), intervals.interval_scores(records, program))
        found[f"{program}.leads"] = _group(len(records), intervals.boundary_scores(records, program))
        if findings.seen:
            found[f"{program}.training"] = _group(len(findings.seen), intervals.interval_scores(findings.seen, program))
    for name, part in parts(findings).items():
        scores = {**intervals.interval_scores(part, "calipers"), **intervals.coverage_scores(part)}
        found[name] = _group(len(part), scores)
    for condition in findings.changes[0].disturbed if findings.changes else ():
        found[condition] = _group(len(findings.changes), robustness.change_scores(findings.changes, condition))
    found["simulated"] = _group(len(findings.known), known_truth.known_scores(findings.known))
    found["pulses"] = _group(len(findings.pulses), known_truth.pulse_scores(findings.pulses))
    in_test_fold = sum(score.row.fold == TEST_FOLD for score in findings.rhythm)
    found["fold9.asserted"] = _group(in_test_fold, rhythm.statement_scores(findings.rhythm, asserted=True))
    return found


def _group(n: int, scores: Scores) -> dict[str, float]:
    return {"n": n, **point_values(scores)}
