"""PTB-XL: PR in fibrillation and sinus rhythm, rhythm statements against labels, exchanged arm electrodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from calipers.evals.framework import Bootstrap, Estimate, Options, each, spread
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, Microvolts, as_ecg, labelled, signals
from calipers.knowledge import evaluate
from calipers.report import Demographics
from calipers.tools.measure import Examination, examine

#: PTB-XL's code → our statement.
STATEMENTS: Final[dict[str, str]] = {
    "AFIB": "atrial_fibrillation",
    "PVC": "ventricular_premature_complex",
    "PAC": "atrial_premature_complex",
    "PACE": "paced_rhythm",
}
NAMES: Final[dict[str, str]] = {"AFIB": "af", "PVC": "pvc", "PAC": "pac", "PACE": "pace"}
#: Clean records on which the arm electrodes are exchanged.
SWAPPED: Final = 200


class RhythmJob(NamedTuple):
    """One record, and whether to exchange its arm electrodes as well."""

    row: Labelled
    eight_uv: Microvolts
    swap: bool


@dataclass(frozen=True)
class RhythmScore:
    """One record: what was found against its labels.

    `asserted` and `leaning` hold SCP codes: a sentence would be said, or a forced yes/no would say yes.
    `swap_flagged` is None where no electrodes were exchanged.
    """

    row: Labelled
    pr_reported: bool
    asserted: frozenset[str]
    leaning: frozenset[str]
    flagged: bool
    swap_flagged: bool | None


def score_rhythm(options: Options) -> list[RhythmScore]:
    """Every record of the test fold, of fibrillation and of sinus rhythm; arms exchanged on 200 clean normal ones."""
    rows = labelled(options.data)
    clean = [row for row in rows if row.clean_normal]
    swapped = {row.ecg_id for row in spread(clean, SWAPPED if options.n is None else min(SWAPPED, options.n))}
    chosen = _chosen(rows, options.n) | swapped
    by_id = {row.ecg_id: row for row in rows}
    jobs = _jobs(options.data, by_id, chosen, swapped)
    return each(score_record, jobs, len(chosen), "PTB-XL", options)


def score_record(job: RhythmJob) -> RhythmScore:
    """Measure, evaluate, and once more with the arm electrodes exchanged where asked."""
    found = examine(as_ecg(job.row, job.eight_uv))
    verdicts = evaluate(found.measurements, Demographics(age=job.row.age, sex=job.row.sex))
    return RhythmScore(
        row=job.row,
        pr_reported=found.measurements["pr"].number is not None,
        asserted=frozenset(code for code, key in STATEMENTS.items() if verdicts[key].asserted),
        leaning=frozenset(code for code, key in STATEMENTS.items() if verdicts[key].leans_present),
        flagged=_flagged(found),
        swap_flagged=_flagged(examine(as_ecg(job.row, job.eight_uv, arms_swapped=True))) if job.swap else None,
    )


def pr_scores(scores: Sequence[RhythmScore]) -> dict[str, Estimate | None]:
    """PR reported in records labelled AFIB, and missing in records labelled SR, folds 1–9."""
    resample = Bootstrap([s.row.patient for s in scores])
    reported = np.array([s.pr_reported for s in scores])
    fibrillating, sinus = (np.array([code in s.row.codes for s in scores]) for code in ("AFIB", "SR"))
    return {
        "af_pr_reported": resample.share(reported & fibrillating, fibrillating),
        "sr_pr_missing": resample.share(~reported & sinus, sinus),
    }


def statement_scores(scores: Sequence[RhythmScore], *, asserted: bool) -> dict[str, Estimate | None]:
    """Sensitivity, PPV and F1 of fibrillation, premature beats and pacing against the labels, test fold.

    Args:
        scores: of any folds; only the test fold counts.
        asserted: count what would be said; else what a forced yes/no would answer.
    """
    judged = [s for s in scores if s.row.fold == TEST_FOLD]
    resample = Bootstrap([s.row.patient for s in judged])
    table: dict[str, Estimate | None] = {}
    for code, name in NAMES.items():
        labelled_ = np.array([code in s.row.codes for s in judged])
        found = np.array([code in (s.asserted if asserted else s.leaning) for s in judged])
        table[f"{name}_sensitivity"] = resample.share(labelled_ & found, labelled_)
        table[f"{name}_ppv"] = resample.share(labelled_ & found, found)
        table[f"{name}_f1"] = resample.ratio(2 * (labelled_ & found), labelled_.astype(int) + found)
    return table


def swap_scores(scores: Sequence[RhythmScore]) -> dict[str, Estimate | None]:
    """Exchanged arm electrodes detected; false alarms on the same records, and on every record of the test fold."""
    swapped = [s for s in scores if s.swap_flagged is not None]
    resample = Bootstrap([s.row.patient for s in swapped])
    everything = np.ones(len(swapped))
    test_fold = [s for s in scores if s.row.fold == TEST_FOLD]
    by_patient = Bootstrap([s.row.patient for s in test_fold])
    return {
        "arm_swap_detected": resample.share([bool(s.swap_flagged) for s in swapped], everything),
        "arm_swap_false_alarms": resample.share([s.flagged for s in swapped], everything),
        "arm_swap_flagged_fold9": by_patient.share([s.flagged for s in test_fold], np.ones(len(test_fold))),
    }


def _chosen(rows: Sequence[Labelled], n: int | None) -> set[int]:
    test_fold = [row for row in rows if row.fold == TEST_FOLD]
    others = [row for row in rows if row.fold != TEST_FOLD]
    fibrillating = [row for row in others if "AFIB" in row.codes]
    sinus = [row for row in others if "SR" in row.codes]
    kept = [*spread(test_fold, n), *spread(fibrillating, n), *spread(sinus, n)]
    return {row.ecg_id for row in kept}


def _jobs(data: Path, rows: dict[int, Labelled], chosen: set[int], swapped: set[int]) -> Iterator[RhythmJob]:
    for ecg_id, eight_uv in signals(data, chosen):
        yield RhythmJob(rows[ecg_id], eight_uv, ecg_id in swapped)


def _flagged(found: Examination) -> bool:
    return any("arm electrodes" in reason for reason in found.quality.reasons)
