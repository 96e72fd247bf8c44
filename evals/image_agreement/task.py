"""`image_agreement`: what the networks say of a signal against what they say of its rendered page, on unseen records."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calipers.ecg import Ecg
from calipers.errors import MissingPart
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
    part,
    spread,
)
from calipers.evals.framework.result import point_values
from calipers.evals.image_agreement.pages import LAYOUTS, draw_page
from calipers.evals.measurement.ptbxl import FS_HZ, TEST_FOLD, Labelled, Microvolts, as_ecg, labelled, signals
from calipers.leads import LEADS
from calipers.models.mllm import classifier
from calipers.models.mllm.encoder_input import EncoderInput, encoder_input, patient_vector
from calipers.models.mllm.image_encoder import READER, read_page
from calipers.models.mllm.page import PAGE_HZ, PageLayout, Traces
from calipers.tools.classify import classify

NAME: Final = "image_agreement"
#: The recipes were chosen on this fold; `--split training` scores it.
DEVELOPMENT_FOLD: Final = 8
FEWEST_LABELS: Final = 5
#: Records of the layouts beside the usual one.
_FEW: Final = 30
_METHOD: Final = (
    "Each record is judged twice by the same networks: from its signal alone, and from its page alone as the product"
    " draws it, read by the learned page reader (layout recognised, age and sex withheld from both). The leading"
    " statement is the most probable diagnostic one (normal ECG among them); the leading rhythm and the most probable"
    " of all 71 stand beside it. A page of 3x4+1 shows 2.5 s of most leads, so the two cannot agree everywhere."
    " `same_leading_with_forest` compares the page with `classify` on the whole signal, where a forest on the median"
    " beat has its word as well; no page shows it enough. Intervals resample patients. The control holds each signal"
    " against the next record's page: how often two ECGs share their leading statement anyway."
)
#: The control: the next record's page.
ANOTHER: Final = "control: another's page"

Chances = NDArray[np.float64]


class Kinds(NamedTuple):
    """PTB-XL's codes that name a diagnosis, and those that name a rhythm."""

    diagnostic: frozenset[str]
    rhythm: frozenset[str]


class Judged(NamedTuple):
    """One record: who, and 71 probabilities from signal and page.

    Attributes:
        row: of the data set.
        signal, page: the networks' probabilities in the order of `classifier.codes`.
        whole: those of `classify` on the signal.
        layout_known: whether the page's layout was recognised.
        error_uv: median distance of what was read from the signal, after each lead's median.
    """

    row: Labelled
    signal: tuple[float, ...]
    page: tuple[float, ...]
    whole: tuple[float, ...]
    layout_known: bool
    error_uv: float


class ImageAgreementTask:
    """Same leading statement from signal and page."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`. `split` training is the fold on which the recipes were chosen, otherwise fold 9 is scored."""
        if not (READER.is_file() and classifier.WEIGHTS.is_file()):
            raise MissingPart(f"found no `{READER}` or `{classifier.WEIGHTS}`; needed both")
        started = time.perf_counter()
        fold = DEVELOPMENT_FOLD if options.split == "training" else TEST_FOLD
        rows = spread([row for row in labelled(options.data) if row.fold == fold], options.n)
        kinds = read_kinds(options.data)
        usual = judge(options, rows, LAYOUTS[0])
        groups: dict[str, dict[str, float]] = {}
        for layout in LAYOUTS[1:]:
            scores = _scores(judge(options, spread(rows, _FEW), layout), kinds)
            groups[layout] = point_values(scores)
        moved = [one._replace(page=other.page) for one, other in zip(usual, [*usual[1:], *usual[:1]], strict=True)]
        groups[ANOTHER] = {"n": len(moved), **point_values(_scores(moved, kinds))}
        metrics = _scores(usual, kinds)
        result = Result.of(NAME, len(usual), metrics, groups, time.perf_counter() - started)
        return Outcome(result, _report(metrics, groups, fold))


def read_kinds(data: Path) -> Kinds:
    """From the data set's own table of statements."""
    with part(data, "ptbxl/scp_statements.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    code = next(iter(rows[0]))
    return Kinds(*(frozenset(row[code] for row in rows if row[kind]) for kind in ("diagnostic", "rhythm")))


class Job(NamedTuple):
    """One record and how its page is laid out."""

    row: Labelled
    eight_uv: Microvolts
    layout: PageLayout


def judge(options: Options, rows: Sequence[Labelled], layout: PageLayout) -> list[Judged]:
    """Both judgements of these records, in the order of the files."""
    known = {row.ecg_id: row for row in rows}
    jobs = (Job(known[ecg_id], uv, layout) for ecg_id, uv in signals(options.data, set(known)))
    return each(judge_page, jobs, len(known), f"pages of {layout}", options)


def judge_page(job: Job) -> Judged:
    """One record from its signal and from its page."""
    # Without age and sex: a page is judged without them, too.
    ecg = Ecg.from_array(as_ecg(job.row, job.eight_uv).signal_mv, FS_HZ, LEADS)
    nobody = patient_vector(None, None)
    page = np.asarray(Image.open(io.BytesIO(draw_page(ecg, job.layout))).convert("RGB"))
    seen, traces = read_page(page)
    inputs = (
        encoder_input(ecg.signal_mv, ecg.fs_hz),
        EncoderInput(traces.signal_mv, traces.present.astype(np.float32)),
    )
    signal, image = classifier.probabilities([classifier.Window(one, nobody, None) for one in inputs])
    whole = classify(ecg)
    return Judged(
        row=job.row,
        signal=tuple(signal.tolist()),
        page=tuple(image.tolist()),
        whole=tuple(whole[code] for code in classifier.codes()),
        layout_known=seen == job.layout,
        error_uv=_error_uv(ecg, traces),
    )


def _error_uv(ecg: Ecg, traces: Traces) -> float:
    """A column of the page stands half a sample later than the sample it is named for."""
    times = (np.arange(traces.signal_mv.shape[1]) + 0.5) / PAGE_HZ
    true = np.stack([np.interp(times, np.arange(lead.size) / ecg.fs_hz, lead) for lead in ecg.signal_mv])
    found = []
    for one, read, shown in zip(true, traces.signal_mv, traces.present, strict=True):
        away = one[shown] - read[shown]
        found.append(np.abs(away - np.median(away)) if away.size else away)
    return float(1000 * np.median(np.concatenate(found)))


def leading(chances: Chances, among: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(r,) the most probable of these statements for each record."""
    return np.asarray(np.where(among, chances, -1.0).argmax(axis=1), np.int64)


def _scores(judged: Sequence[Judged], kinds: Kinds) -> dict[str, Estimate | None]:
    signal, page, whole = (np.array([getattr(one, source) for one in judged]) for source in ("signal", "page", "whole"))
    codes = classifier.codes()
    labels = np.array([[float(code in one.row.codes) for code in codes] for one in judged])
    diagnostic = np.array([code in kinds.diagnostic for code in codes])
    rhythm = np.array([code in kinds.rhythm for code in codes])
    draws = Bootstrap([one.row.patient for one in judged])
    counted = np.flatnonzero(labels.sum(axis=0) >= FEWEST_LABELS)
    records = np.arange(len(judged))
    every = np.ones(len(judged), np.bool_)

    def same(among: NDArray[np.bool_], first: Chances = signal) -> Estimate | None:
        return draws.share(leading(first, among) == leading(page, among), every)

    return {
        "same_leading": same(diagnostic),
        "same_leading_with_forest": same(diagnostic, whole),
        "same_leading_rhythm": same(rhythm),
        "same_leading_of_all": same(np.ones(len(codes), np.bool_)),
        "leading_labelled_signal": draws.share(labels[records, leading(signal, diagnostic)] > 0, every),
        "leading_labelled_page": draws.share(labels[records, leading(page, diagnostic)] > 0, every),
        "macro_auroc_signal": draws.macro_auroc(signal[:, counted], labels[:, counted]),
        "macro_auroc_page": draws.macro_auroc(page[:, counted], labels[:, counted]),
        "layout_recognised": draws.share(np.array([one.layout_known for one in judged]), every),
        "trace_error_median_uv": Estimate.alone(float(np.median([one.error_uv for one in judged])), len(judged)),
    }


def _report(metrics: dict[str, Estimate | None], groups: dict[str, dict[str, float]], fold: int) -> Document:
    summary = tuple(
        (name, f"{found.value:.3f}", f"[{found.low:.3f}, {found.high:.3f}]" if found.has_interval else "–")
        for name, found in metrics.items()
        if found is not None
    )
    names = [name for name, found in metrics.items() if found is not None]
    others = tuple((name, *(f"{values.get(name, float('nan')):.3f}" for values in groups.values())) for name in names)
    tables = (
        Table(("metric", "value", "95 % interval"), summary, f"Fold {fold}, pages of {LAYOUTS[0]}"),
        Table(("metric", *groups), others, f"Other layouts, {_FEW} records, and the control"),
    )
    return Document("Signal against page", "", (Section("How it was judged", (_METHOD, *tables)),))
