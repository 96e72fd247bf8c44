"""Simulated ECGs of each dangerous pattern, measured and triaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from calipers.evals.framework import Bootstrap, Estimate, Options, each
from calipers.evals.peers import PEERS
from calipers.evals.triage.patterns import PATTERNS, Pattern
from calipers.knowledge import evaluate, urgency
from calipers.models.simulator import simulate
from calipers.report import Demographics, Urgency
from calipers.tools.measure import examine

#: Simulated ECGs of each pattern.
EACH: Final = 50
#: Of these so many are read by the peers.
BY_PEERS: Final = 4
#: DESIGN's limits of a critical rate, a minute.
SLOWEST, FASTEST = 40.0, 150.0
_RANK: Final[dict[Urgency, int]] = {"routine": 0, "urgent": 1, "critical": 2, "not_assessable": 3}


class _Job(NamedTuple):
    pattern: Pattern
    seed: int
    peers: bool


@dataclass(frozen=True)
class Raised:
    """One simulated ECG: how it was raised, and whether a statement of the pattern was found.

    An ECG that is `not_assessable` stands at the top of a review and counts as raised; it is counted apart too.
    `rates`: a peer's heart rate, for the first few of each pattern; none where it finds no beats.
    """

    pattern: str
    seed: int
    urgency: Urgency
    raised: bool
    named: bool
    reasons: tuple[str, ...]
    rates: Mapping[str, float | None] = field(default_factory=dict)


def raise_all(options: Options) -> list[Raised]:
    """Every pattern, fifty times or `options.n` times."""
    count = EACH if options.n is None else min(EACH, options.n)
    jobs = [_Job(pattern, options.seed + number, number < BY_PEERS) for pattern in PATTERNS for number in range(count)]
    return each(triage_one, jobs, len(jobs), "simulated patterns", options)


def triage_one(job: _Job) -> Raised:
    """Simulate, measure, evaluate, and see how soon someone would look."""
    ecg = simulate(job.pattern.specification, job.seed).ecg
    found = examine(ecg)
    verdicts = evaluate(found.measurements, Demographics(age=ecg.patient.age, sex=ecg.patient.sex))
    level, reasons = urgency(verdicts, found.quality.assessable)
    return Raised(
        pattern=job.pattern.name,
        seed=job.seed,
        urgency=level,
        raised=_RANK[level] >= _RANK[job.pattern.expected],
        named=any(key in verdicts and verdicts[key].asserted for key in job.pattern.statements),
        reasons=reasons,
        rates={name: peer(ecg).values.get("hr") for name, peer in PEERS.items()} if job.peers else {},
    )


def by_rate(rate: float | None) -> bool:
    """Whether a rate alone is critical: below 40 or above 150 a minute, or none found."""
    return rate is None or not SLOWEST <= rate <= FASTEST


def shares(items: Sequence[Raised]) -> dict[str, Estimate | None]:
    """The share raised, the share of which a statement of the pattern was found, the share not assessable."""
    resample = Bootstrap([item.seed for item in items])
    every = np.ones(len(items))
    return {
        "raised": resample.share([item.raised for item in items], every),
        "named": resample.share([item.named for item in items], every),
        "not_assessable": resample.share([item.urgency == "not_assessable" for item in items], every),
    }
