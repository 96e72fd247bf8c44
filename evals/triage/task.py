"""The triage benchmark: dangerous patterns raised, normal ECGs left alone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from calipers.evals.framework import Bootstrap, Document, Estimate, Options, Outcome, Result, Section, Table
from calipers.evals.framework.result import point_values
from calipers.evals.measurement.ptbxl import TEST_FOLD
from calipers.evals.peers import PEERS
from calipers.evals.statements.judged import Judged, judge
from calipers.evals.triage.patterns import PATTERNS
from calipers.evals.triage.simulated import Raised, by_rate, raise_all, shares

NAME: Final = "triage"
_METHOD: Final = (
    "Each dangerous pattern is simulated with known truth, by seed, at a severity beyond the edge of its definition,"
    " with light noise. It is raised when the urgency is critical (urgent for the last three), or when the ECG is not"
    " assessable, which stands at the top of a review; `named` counts those of which a statement of the pattern is"
    " said as well. False alarms are counted on PTB-XL records labelled NORM. Peers have no urgency: their rate of lead II"
    " alone is held to the limits of 40 and 150 a minute, on the first ECGs of each pattern and on the normal records."
    " Controls call every ECG critical, or not assessable: what raises everything raises normal ECGs as well."
)
EVERYTHING: Final = "control: everything critical"
UNREADABLE: Final = "control: everything not assessable"


class TriageTask:
    """Critical patterns raised, on simulated ECGs; false critical on PTB-XL's normal records."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; `--split training` takes the normal records of folds 1–8, `validation` those of fold 9."""
        started = time.perf_counter()
        raised = raise_all(options)
        normal = judge(options, only="NORM", beside="peers")
        patterns = {p.name: [item for item in raised if item.pattern == p.name] for p in PATTERNS}
        critical = [item for p in PATTERNS if p.expected == "critical" for item in patterns[p.name]]
        parts = {
            "folds1-8": [record for record in normal if record.row.fold != TEST_FOLD],
            "fold9": [record for record in normal if record.row.fold == TEST_FOLD],
        }
        judged = parts["fold9"] or parts["folds1-8"]
        least = min(sum(item.raised for item in items) / len(items) for items in patterns.values())
        scores: dict[str, Estimate | None] = {
            **{f"critical_{name}": found for name, found in shares(critical).items()},
            "least_raised": Estimate.alone(least, len(raised)),
            **_false_alarms(judged),
        }
        groups = {name: {"n": len(items), **point_values(shares(items))} for name, items in patterns.items()}
        groups |= {
            f"normal.{name}": {"n": len(records), **point_values(_false_alarms(records))}
            for name, records in parts.items()
            if records
        }
        groups |= _beside(critical, judged)
        seconds = time.perf_counter() - started
        result = Result.of(NAME, len(raised) + len(judged), scores, groups, seconds)
        return Outcome(result, _report(patterns, parts, seconds))


def _beside(critical: Sequence[Raised], normal: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """What a rate alone raises, and falsely; and who raises everything."""
    seen = [item for item in critical if item.rates]
    found = {
        EVERYTHING: {"n": len(critical), "critical_raised": 1.0, "false_critical": 1.0, "false_not_assessable": 0.0},
        UNREADABLE: {"n": len(critical), "critical_raised": 1.0, "false_critical": 0.0, "false_not_assessable": 1.0},
    }
    for name in PEERS if seen and normal else ():
        found[f"reader {name}"] = {
            "n": len(seen),
            "critical_raised": float(np.mean([by_rate(item.rates[name]) for item in seen])),
            "false_critical": float(np.mean([by_rate(record.rates[name]) for record in normal])),
        }
    return found


def _false_alarms(records: Sequence[Judged]) -> dict[str, Estimate | None]:
    """The shares of normal records raised as critical, called unreadable (which counts as raised above), and raised at all."""
    resample = Bootstrap([record.row.patient for record in records])
    every = np.ones(len(records))
    return {
        "false_critical": resample.share([record.urgency == "critical" for record in records], every),
        "false_not_assessable": resample.share([record.urgency == "not_assessable" for record in records], every),
        "false_urgent_or_critical": resample.share(
            [record.urgency in ("critical", "urgent") for record in records], every
        ),
    }


def _report(
    patterns: Mapping[str, Sequence[Raised]], parts: Mapping[str, Sequence[Judged]], seconds: float
) -> Document:
    rows = []
    for name, items in patterns.items():
        reasons = Counter(reason for item in items for reason in item.reasons[:1]).most_common(2)
        cells = ["–" if found is None else f"{found.value:.2f}" for found in shares(items).values()]
        rows.append((name, str(len(items)), *cells, "; ".join(reason for reason, _ in reasons)))
    header = ("pattern", "n", "raised", "named", "not assessable", "first reasons")
    sections = [Section("How it was judged", (_METHOD,)), Section("Patterns", (Table(header, tuple(rows)),))]
    for name, records in parts.items():
        if records:
            sections.append(Section(f"Normal records, {name}", (_alarms_table(records),)))
    return Document("Urgency", f"{seconds:.0f} s.", tuple(sections))


def _alarms_table(records: Sequence[Judged]) -> Table:
    reasons = Counter((record.urgency, record.reasons[0]) for record in records if record.reasons)
    rows = tuple((level, reason, str(count)) for (level, reason), count in reasons.most_common())
    levels = Counter(record.urgency for record in records)
    return Table(("urgency", "first reason", "records"), rows, ", ".join(f"{k} {n}" for k, n in levels.items()))
