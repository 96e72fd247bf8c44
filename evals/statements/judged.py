"""PTB-XL measured and judged: what Calipers says of each record without a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from calipers.evals.framework import Options, Split, each, spread
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, Microvolts, as_ecg, labelled, signals
from calipers.knowledge import evaluate, urgency
from calipers.report import Demographics, Urgency
from calipers.tools.measure import examine

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
    of the urgency, the gravest first.
    """

    row: Labelled
    leaning: frozenset[str]
    asserted: frozenset[str]
    urgency: Urgency
    reasons: tuple[str, ...]


class _Job(NamedTuple):
    row: Labelled
    eight_uv: Microvolts


def judge(options: Options, *, only: str | None = None) -> list[Judged]:
    """Every labelled record of the split's folds; of those with the label `only`, where given.

    Raises:
        MissingPart: PTB-XL is not in the data folder.
    """
    rows = [row for row in labelled(options.data) if row.fold in _FOLDS[options.split]]
    chosen = spread([row for row in rows if only is None or only in row.codes], options.n)
    return each(judge_record, _jobs(options, chosen), len(chosen), "PTB-XL", options)


def judge_record(job: _Job) -> Judged:
    """Measure one record and evaluate every statement on it."""
    found = examine(as_ecg(job.row, job.eight_uv))
    verdicts = evaluate(found.measurements, Demographics(age=job.row.age, sex=job.row.sex))
    level, reasons = urgency(verdicts, found.quality.assessable)
    return Judged(
        row=job.row,
        leaning=frozenset(key for key, verdict in verdicts.items() if verdict.leans_present),
        asserted=frozenset(key for key, verdict in verdicts.items() if verdict.asserted),
        urgency=level,
        reasons=reasons,
    )


def _jobs(options: Options, chosen: Sequence[Labelled]) -> Iterator[_Job]:
    rows = {row.ecg_id: row for row in chosen}
    for ecg_id, eight_uv in signals(options.data, set(rows)):
        yield _Job(rows[ecg_id], eight_uv)
