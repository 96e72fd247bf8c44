"""Global intervals against the reference: bias, SD, PR invented or missing, and whether the stated 95 % holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.evals.framework import Bootstrap, Estimate
from calipers.evals.measurement import ludb
from calipers.evals.measurement.boundaries import EDGES, WAVES, Boundary, Presence, lead_boundaries, presence
from calipers.evals.measurement.peers import (
    Program,
    Reading,
    calipers_reading,
    fused_reading,
    neurokit2_leads,
    openecg_leads,
)
from calipers.models.delineator.consensus import Intervals
from calipers.tools.measure import examine

INTERVALS: Final = ("p", "pr", "qrs", "qt")


class Limit(NamedTuple):
    """Largest |bias| and largest SD, milliseconds: the CSE tolerances of IEC 60601-2-25 (DESIGN §8)."""

    bias_ms: float
    sd_ms: float


LIMITS: Final[dict[str, Limit]] = {
    "p": Limit(10, 15),
    "pr": Limit(10, 10),
    "qrs": Limit(10, 10),
    "qt": Limit(25, 30),
}


class Judged(NamedTuple):
    """One program on one record."""

    intervals: Intervals
    half_widths: Intervals
    boundaries: dict[str, Boundary]
    presence: dict[str, Presence]


@dataclass(frozen=True)
class RecordScore:
    """Every program on one LUDB record; plain values, so that it travels between processes."""

    record: int
    split: str
    rhythm: str
    findings: str
    reference: Intervals
    programs: dict[Program, Judged]


class RecordJob(NamedTuple):
    """One record to score."""

    data: Path
    record: int


def score_record(job: RecordJob) -> RecordScore:
    """Calipers, openecg and NeuroKit2 on one record."""
    marked = ludb.load(job.data, job.record)
    beats = marked.beats
    readings: dict[Program, Reading] = {
        "calipers": calipers_reading(examine(marked.ecg)),
        "openecg": fused_reading(openecg_leads(marked.ecg), beats),
        "neurokit2": fused_reading(neurokit2_leads(marked.ecg), beats),
    }
    return RecordScore(
        record=marked.record,
        split=marked.split,
        rhythm=marked.rhythm,
        findings=marked.findings,
        reference=marked.intervals,
        programs={name: judge(marked, reading) for name, reading in readings.items()},
    )


def judge(marked: ludb.MarkedRecord, reading: Reading) -> Judged:
    """One reading against the marks."""
    return Judged(
        reading.intervals,
        reading.half_widths,
        lead_boundaries(marked.leads, reading.leads, marked.lead_spans_s),
        presence(marked.global_, marked.leads, reading.heart, marked.span_s),
    )


def errors_ms(scores: Sequence[RecordScore], program: Program) -> NDArray[np.float64]:
    """(records, 4) measured minus reference; NaN where either has none."""
    measured = np.array([s.programs[program].intervals for s in scores], dtype=np.float64).reshape(-1, 4)
    reference = np.array([s.reference for s in scores], dtype=np.float64).reshape(-1, 4)
    return measured - reference


def interval_scores(scores: Sequence[RecordScore], program: Program) -> dict[str, Estimate | None]:
    """Bias and SD of each interval, PR invented and missing, waves missed and false, of one program."""
    resample = Bootstrap([s.record for s in scores])
    table: dict[str, Estimate | None] = {}
    for name, error in zip(INTERVALS, errors_ms(scores, program).T, strict=True):
        table[f"{name}_bias_ms"] = resample.mean(error)
        table[f"{name}_sd_ms"] = resample.sd(error)
    marked = np.array([np.isfinite(s.reference.pr_ms) for s in scores])
    given = np.array([np.isfinite(s.programs[program].intervals.pr_ms) for s in scores])
    table["pr_invented"] = resample.share(given & ~marked, ~marked)
    table["pr_missing"] = resample.share(marked & ~given, marked)
    for wave in WAVES:
        counts = np.array([s.programs[program].presence[wave] for s in scores]).reshape(-1, 4)
        table[f"{wave}_waves_missed"] = resample.share(counts[:, 1], counts[:, 0])
        table[f"{wave}_waves_false"] = resample.share(counts[:, 3], counts[:, 2])
    return table


def coverage_scores(scores: Sequence[RecordScore]) -> dict[str, Estimate | None]:
    """Share of the intervals whose reference lies inside Calipers' stated 95 % interval."""
    resample = Bootstrap([s.record for s in scores])
    relative = relative_errors(scores)
    known = np.isfinite(relative)
    inside = known & (np.abs(relative) <= 1.0)
    table = {"coverage": resample.share(inside.sum(axis=1), known.sum(axis=1))}
    for column, name in enumerate(INTERVALS):
        table[f"coverage_{name}"] = resample.share(inside[:, column], known[:, column])
    # An interval as wide as the record would hold every reference.
    stated = np.array([s.programs["calipers"].half_widths for s in scores], dtype=np.float64).reshape(-1, 4)
    for column, name in enumerate(INTERVALS):
        table[f"half_width_{name}_ms"] = resample.mean(stated[:, column])
    return table


def relative_errors(scores: Sequence[RecordScore]) -> NDArray[np.float64]:
    """(records, 4) Calipers' error over its stated 95 % half-width; within ±1 is covered."""
    stated = np.array([s.programs["calipers"].half_widths for s in scores], dtype=np.float64).reshape(-1, 4)
    return errors_ms(scores, "calipers") / np.where(stated > 0, stated, np.nan)


def boundary_scores(scores: Sequence[RecordScore], program: Program) -> dict[str, Estimate | None]:
    """Sensitivity, PPV, bias and SD of each boundary in single leads, of one program."""
    table: dict[str, Estimate | None] = {}
    by_record = Bootstrap([s.record for s in scores])
    for name in (f"{wave}_{edge}" for wave in WAVES for edge in EDGES):
        parts = [s.programs[program].boundaries[name] for s in scores]
        found, missed, false = (np.array([getattr(p, key) for p in parts]) for key in ("found", "missed", "false"))
        errors = np.array([error for p in parts for error in p.errors_ms])
        table[f"{name}_sensitivity"] = by_record.share(found, found + missed)
        table[f"{name}_ppv"] = by_record.share(found, found + false)
        table[f"{name}_bias_ms"] = by_record.ratio([sum(p.errors_ms) for p in parts], found)
        table[f"{name}_sd_ms"] = Estimate.alone(float(errors.std(ddof=1)), len(errors)) if len(errors) > 1 else None
    return table
