"""PTB-XL measured and judged: what Calipers says of each record without a language model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from calipers.ecg import Ecg
from calipers.evals.framework import Options, Split, each, spread
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, Microvolts, as_ecg, labelled, signals
from calipers.evals.peers import PEERS
from calipers.knowledge import evaluate, urgency
from calipers.models.mllm import classifier
from calipers.report import Demographics, Urgency
from calipers.tools.classify import classify
from calipers.tools.measure import examine

#: Who else reads a record.
Beside = Literal["nobody", "peers"]
#: The statement network, which says what reaches its threshold.
NETWORK: Final = "network"
#: What `--split` means here: tuned on, judged on.
_FOLDS: Final[dict[Split, frozenset[int]]] = {
    "training": frozenset(range(1, TEST_FOLD)),
    "validation": frozenset({TEST_FOLD}),
    "all": frozenset(range(1, TEST_FOLD + 1)),
}


@dataclass(frozen=True)
class Judged:
    """One record: its labels, and the keys of the statements found.

    `leaning` is what a forced yes/no would answer, `asserted` what a sentence would say. `reasons` are those
    of the urgency, the gravest first. `heard` holds the SCP-ECG codes of others that read the same record, `rates` the
    peers' heart rates.
    """

    row: Labelled
    leaning: frozenset[str]
    asserted: frozenset[str]
    urgency: Urgency
    reasons: tuple[str, ...]
    heard: Mapping[str, frozenset[str]] = field(default_factory=dict)
    rates: Mapping[str, float | None] = field(default_factory=dict)


class _Job(NamedTuple):
    row: Labelled
    eight_uv: Microvolts
    beside: Beside


def judge(options: Options, *, only: str | None = None, beside: Beside = "nobody") -> list[Judged]:
    """Every labelled record of the split's folds; of those with the label `only`, where given.

    Args:
        options: of the run.
        only: a label that records must have.
        beside: whether the peers and the statement network read them as well.

    Raises:
        MissingPart: PTB-XL is not in the data folder.
    """
    rows = [row for row in labelled(options.data) if row.fold in _FOLDS[options.split]]
    chosen = spread([row for row in rows if only is None or only in row.codes], options.n)
    return each(judge_record, _jobs(options, chosen, beside), len(chosen), "PTB-XL", options)


def judge_record(job: _Job) -> Judged:
    """Measure one record and evaluate every statement on it."""
    ecg = as_ecg(job.row, job.eight_uv)
    found = examine(ecg)
    peers = {name: peer(ecg) for name, peer in PEERS.items()} if job.beside == "peers" else {}
    verdicts = evaluate(found.measurements, Demographics(age=job.row.age, sex=job.row.sex))
    level, reasons = urgency(verdicts, found.quality.assessable)
    return Judged(
        row=job.row,
        leaning=frozenset(key for key, verdict in verdicts.items() if verdict.leans_present),
        asserted=frozenset(key for key, verdict in verdicts.items() if verdict.asserted),
        urgency=level,
        reasons=reasons,
        heard={NETWORK: _by_network(ecg), **{name: one.codes for name, one in peers.items()}} if peers else {},
        rates={name: one.values.get("hr") for name, one in peers.items()},
    )


def _by_network(ecg: Ecg) -> frozenset[str]:
    limits = classifier.thresholds()
    return frozenset(code for code, chance in classify(ecg).items() if chance >= limits[code])


def _jobs(options: Options, chosen: Sequence[Labelled], beside: Beside) -> Iterator[_Job]:
    rows = {row.ecg_id: row for row in chosen}
    for ecg_id, eight_uv in signals(options.data, set(rows)):
        yield _Job(rows[ecg_id], eight_uv, beside)
