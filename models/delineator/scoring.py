"""Errors of a delineation against LUDB's marks, inside the marked span, per record and summed up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.delineator.consensus import (
    Bounds,
    Intervals,
    LeadWaves,
    beat_table,
    intervals,
    matched,
)
from calipers.models.delineator.inference import INPUT_HZ, Waves
from calipers.models.delineator.ludb import LudbRecord
from calipers.models.delineator.segments import WAVES, segments

#: A P wave found in fewer of the beats than this is not reported as the record's PR.
LEAST_P_SHARE = 0.5


class Error(NamedTuple):
    """Measured minus reference over the records, milliseconds."""

    mean_ms: float
    sd_ms: float
    records: int


@dataclass(frozen=True)
class RecordScore:
    """One record: its intervals as marked and as measured, and the beats of either."""

    record: int
    rhythm: str
    reference: Intervals
    measured: Intervals
    beats: int
    beats_found: int
    beats_false: int

    def error_ms(self) -> NDArray[np.float64]:
        """(4,) P, PR, QRS, QT, measured minus reference."""
        return np.asarray(np.array(self.measured) - np.array(self.reference), dtype=np.float64)


def waves_of(track: NDArray[np.float32]) -> LeadWaves:
    """(n, 3) probabilities at 500 Hz -> the waves, seconds."""
    found: list[Bounds] = []
    for index, wave in enumerate(WAVES):
        rows = [(s.onset_s, s.offset_s) for s in segments(track[:, index], INPUT_HZ, wave)]
        found.append(np.array(rows, dtype=np.float64).reshape(-1, 2))
    return LeadWaves(*found)


def lead_waves(waves: Waves) -> list[LeadWaves]:
    """The waves of every lead present."""
    return [waves_of(track) for track in waves.per_lead if np.isfinite(track).all()]


def record_intervals(table: NDArray[np.float64]) -> Intervals:
    """Intervals of a `beat_table`; no P and no PR when under half of the beats have a P wave."""
    found = intervals(table)
    if len(table) == 0 or np.isfinite(table[:, 0]).mean() < LEAST_P_SHARE:
        return found._replace(p_ms=float("nan"), pr_ms=float("nan"))
    return found


def score(marks: LudbRecord, measured: LeadWaves) -> RecordScore:
    """Compare global waves with the consensus of the cardiologists' marks."""
    reference = beat_table(marks.global_)
    table = beat_table(measured)
    first_s, last_s = marks.global_span_s
    same = matched(reference, table)
    inside = matched(table[(table[:, 2] >= first_s) & (table[:, 3] <= last_s)], reference)
    strictly_inside = int(((table[:, 2] >= first_s) & (table[:, 3] <= last_s)).sum())
    return RecordScore(
        record=marks.record,
        rhythm=marks.rhythm,
        reference=record_intervals(reference),
        measured=record_intervals(same),
        beats=len(reference),
        beats_found=len(same),
        beats_false=strictly_inside - len(inside),
    )


def summary(scores: list[RecordScore]) -> dict[str, Error]:
    """Mean and SD of the error per interval over the records where both sides have one."""
    errors = np.array([s.error_ms() for s in scores])
    table = {}
    for name, column in zip(("P", "PR", "QRS", "QT"), errors.T, strict=True):
        known = column[np.isfinite(column)]
        table[name] = Error(float(known.mean()), float(known.std(ddof=1)), len(known))
    return table


class Presence(NamedTuple):
    """PR intervals invented where none was marked, and missed where one was."""

    invented: int
    without_p: int
    missed: int
    with_p: int


def presence(scores: list[RecordScore]) -> Presence:
    """Count the records whose PR is invented or missing."""
    marked = np.array([np.isfinite(s.reference.pr_ms) for s in scores])
    found = np.array([np.isfinite(s.measured.pr_ms) for s in scores])
    invented, missed = int((found & ~marked).sum()), int((marked & ~found).sum())
    return Presence(invented, int((~marked).sum()), missed, int(marked.sum()))


class BoundaryError(NamedTuple):
    """One bound in single leads: share found, share of the found that is right, error of the pairs."""

    sensitivity: float
    ppv: float
    mean_ms: float
    sd_ms: float


def lead_boundaries(marks: list[LudbRecord], measured: list[list[LeadWaves]]) -> dict[str, BoundaryError]:
    """Per-lead P/QRS/T onset and offset against the cardiologists, tolerance 150 ms (AAMI EC57)."""
    table = {}
    for wave, name in enumerate(WAVES):
        for side, edge in enumerate(("onset", "offset")):
            errors: list[float] = []
            missed = false = 0
            for record, leads in zip(marks, measured, strict=True):
                for lead, found in enumerate(leads):
                    first_s, last_s = record.lead_spans_s[lead]
                    truth = record.leads[lead][wave][:, side]
                    truth = truth[np.isfinite(truth)]
                    mine = found[wave][:, side]
                    pairs, lost = _pair(truth, mine)
                    errors.extend(pairs)
                    missed += lost
                    inside = mine[(mine >= first_s) & (mine <= last_s)]
                    false += _pair(inside, truth)[1]
            hits = len(errors)
            table[f"{name} {edge}"] = BoundaryError(
                hits / (hits + missed), hits / (hits + false), float(np.mean(errors)), float(np.std(errors))
            )
    return table


def _pair(truth: NDArray[np.float64], mine: NDArray[np.float64]) -> tuple[list[float], int]:
    """Errors (ms) of the nearest mark within 150 ms of each true one, and how many have none."""
    if len(mine) == 0:
        return [], len(truth)
    nearest = np.array([mine[np.abs(mine - t).argmin()] for t in truth])
    errors = (nearest - truth) * 1000
    close = np.abs(errors) <= 150
    return errors[close].tolist(), int((~close).sum())
