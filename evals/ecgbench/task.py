"""`ecgbench`: superclasses, statements and whole reports of PTB-XL's records, read from pictures of them alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

import numpy as np

from calipers.agent.api import Agent
from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.evals.framework import (
    Bootstrap,
    Document,
    Estimate,
    Options,
    Outcome,
    Result,
    Section,
    Table,
    each,
    spread,
)
from calipers.evals.framework.result import Scores, point_values
from calipers.evals.layouts.findings import FINDINGS, SUPERCLASSES, codes_of, labels, said, scores
from calipers.evals.layouts.pages import LAYOUTS, Job, jobs, read_back
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, as_ecg, labelled
from calipers.evals.report.agreement import ReportScores
from calipers.evals.report.interpreted import Interpreted, counted
from calipers.leads import LEADS
from calipers.models.mllm import classifier
from calipers.models.segmenter.damage import LEVELS, Level
from calipers.tools.classify import classify

NAME: Final = "ecgbench"
DEVELOPMENT_FOLD: Final = 8
#: Pictures, for ten minutes on two cores.
RECORDS: Final = 110
FEWEST_LABELS: Final = 3
_METHOD: Final = (
    "After ECGBench (Liu 2024, arXiv 2410.19008): PTB-XL's five superclasses by macro AUC, macro F1 and Hamming loss,"
    " and whole reports, from the picture alone, without age and sex; beside them the 71 statements. Each record is one"
    " page of a layout and look by chance, clean, scanned, copied, photographed or worn in turn. ECGBench's own"
    " pictures are of PTB-XL's fold 10, which is kept apart; these are fold 9. It scores a report by a language model's"
    " opinion; here a claim is right when the record carries one of its codes, as in `report`. A picture that was"
    " refused counts as no finding. Intervals resample patients."
)


class Looked(NamedTuple):
    """What was made of one picture; None and no claims where it was refused.

    Attributes:
        layout, level: of the picture.
        seconds: from the picture to the report.
        page: (71,) probabilities.
        report: the report, counted.
    """

    ecg_id: int
    layout: str
    level: str
    seconds: float
    page: list[float] | None
    report: Interpreted | None


class EcgBenchTask:
    """Superclasses, statements and reports from pictures."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`. `split` training takes fold 8, on which the digitiser's errors were fitted; otherwise fold 9."""
        started = time.perf_counter()
        fold = DEVELOPMENT_FOLD if options.split == "training" else TEST_FOLD
        rows = spread([row for row in labelled(options.data) if row.fold == fold], options.n or RECORDS)
        looked = each(_look, _pictures(options, rows), len(rows), "pictures", options)
        by_id = {row.ecg_id: row for row in rows}
        codes = codes_of(options.data)
        metrics = _scores(looked, by_id, codes)
        groups = {
            f"{level} pictures": point_values(_scores([one for one in looked if one.level == level], by_id, codes))
            for level in LEVELS
            if any(one.level == level for one in looked)
        }
        result = Result.of(NAME, len(looked), metrics, groups, time.perf_counter() - started)
        return Outcome(result, _report(result, fold))


def _pictures(options: Options, rows: Sequence[Labelled]) -> list[Job]:
    """Each record once, layouts and levels of damage in turn."""
    layouts = tuple(LAYOUTS)
    found = []
    for place, job in enumerate(jobs(options, rows, ("3x4+1",), "clean")):
        found.append(job._replace(layout=layouts[place % len(layouts)], level=_level(place)))
    return found


def _level(place: int) -> Level:
    return LEVELS[place % len(LEVELS)]


def _look(job: Job) -> Looked:
    whole = as_ecg(job.row, job.eight_uv)
    nobody = Ecg.from_array(whole.signal_mv, whole.fs_hz, LEADS)
    started = time.perf_counter()
    page, report = None, None
    try:
        ecg = read_back(nobody, job.layout, job.level, job.row.ecg_id)
        page = list(classify(ecg).values())
        report = counted(job.row, _agent().interpret(ecg), time.perf_counter() - started)
    except UnreadableInput:
        pass
    return Looked(job.row.ecg_id, job.layout, job.level, time.perf_counter() - started, page, report)


@cache
def _agent() -> Agent:
    return Agent("none")


def _scores(looked: Sequence[Looked], by_id: dict[int, Labelled], codes: dict[str, frozenset[str]]) -> Scores:
    rows = [by_id[one.ecg_id] for one in looked]
    draws = Bootstrap([row.patient for row in rows])
    nothing = [0.0] * len(classifier.codes())
    chances = np.array([one.page or nothing for one in looked])
    supers = [FINDINGS.index(kind) for kind in SUPERCLASSES]
    true, told = labels(rows, codes)[:, supers], said(chances, codes)[:, supers]
    both = [at for at in range(len(supers)) if 0 < true[:, at].sum() < len(true)]
    statements = np.array([[float(code in row.codes) for code in classifier.codes()] for row in rows])
    often = np.flatnonzero((statements.sum(axis=0) >= FEWEST_LABELS) & (statements.sum(axis=0) < len(rows)))
    wrong = np.abs(true - told).mean(axis=1)
    found: dict[str, Estimate | None] = {
        "pictures_read": draws.share([float(one.page is not None) for one in looked], np.ones(len(looked))),
        "super_macro_auc": draws.macro_auroc(scores(chances, codes)[:, supers][:, both], true[:, both])
        if both
        else None,
        "super_macro_f1": draws.macro_f1(told, true),
        "super_hamming_loss": draws.mean(wrong),
        "statements_macro_auc": draws.macro_auroc(chances[:, often], statements[:, often]) if often.size else None,
        "seconds_median": draws.median([one.seconds for one in looked]),
    }
    reports = [one.report for one in looked if one.report is not None]
    if reports:
        of_reports = ReportScores(reports).scores()
        found |= {f"report_{name}": of_reports[name] for name in ("precision", "recall", "f1", "withheld_share")}
    return found


def _report(result: Result, fold: int) -> Document:
    rows = tuple(
        (name, f"{value:.3f}", "{:.3f} to {:.3f}".format(*result.ci95[name]) if name in result.ci95 else "–")
        for name, value in result.metrics.items()
    )
    by_level = tuple(
        (name, *(f"{values[name]:.3f}" if name in values else "–" for values in result.groups.values()))
        for name in result.metrics
    )
    return Document(
        "ECGBench on PTB-XL",
        f"{result.n} pictures of fold {fold}, {result.seconds:.0f} s.",
        (
            Section("How it was judged", (_METHOD,)),
            Section("Figures", (Table(("figure", "value", "95 % interval"), rows),)),
            Section("By damage", (Table(("figure", *result.groups), by_level),)),
        ),
    )
