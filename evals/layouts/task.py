"""`layouts`: atrial fibrillation and the five superclasses, from digitised pages of each layout against the signals."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from calipers.evals.framework import Bootstrap, Document, Estimate, Options, Outcome, Result, Section, Table
from calipers.evals.framework.result import Scores, point_values
from calipers.evals.layouts.findings import FINDINGS, SUPERCLASSES, balanced, codes_of, labels, scores
from calipers.evals.layouts.pages import LAYOUTS, PageRead, judge
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, labelled
from calipers.models.segmenter.damage import Level

NAME: Final = "layouts"
#: Chosen and fitted on this fold; `--split training` scores it.
DEVELOPMENT_FOLD: Final = 8
#: Records of each layout, for ten minutes on two cores.
RECORDS: Final = 30
_LEVEL: Final[Level] = "clean"
_METHOD: Final = (
    "Each record is painted as a page of each layout, in a look by chance (paper, grid, ink, font, speed, gain), read"
    " back by the product's own reader and judged by the same networks as its signal, age and sex given to both."
    " A finding's score is the most probable of its SCP-ECG codes. The records are chosen so that each finding is"
    " there about as often; AUROC does not depend on how often, intervals do. `_lost` is the AUROC of the signals less"
    " that of the pages on the records that were read. Intervals resample patients."
)


class LayoutsTask:
    """AUROC of atrial fibrillation and superclasses by layout, page against signal."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`. `split` training takes the fold on which the recipes were chosen, otherwise fold 9 is scored."""
        started = time.perf_counter()
        fold = DEVELOPMENT_FOLD if options.split == "training" else TEST_FOLD
        codes = codes_of(options.data)
        rows = balanced([row for row in labelled(options.data) if row.fold == fold], codes, options.n or RECORDS)
        read = judge(options, rows, tuple(LAYOUTS), _LEVEL)
        by_id = {row.ecg_id: row for row in rows}
        metrics = _scores(read, by_id, codes)
        groups = {
            layout: point_values(_scores([one for one in read if one.layout == layout], by_id, codes))
            for layout in LAYOUTS
        }
        result = Result.of(NAME, len(read), metrics, groups, time.perf_counter() - started)
        return Outcome(result, _report(result, fold, len(rows)))


def _scores(read: Sequence[PageRead], by_id: dict[int, Labelled], codes: dict[str, frozenset[str]]) -> Scores:
    """Of some pages: how many were read, and the AUROC of each finding from page and signal."""
    seen = [one for one in read if one.page is not None]
    every = Bootstrap([one.patient for one in read])
    found: dict[str, Estimate | None] = {
        "pages_read": every.share([float(one.page is not None) for one in read], np.ones(len(read))),
        "seconds_median": every.median([one.seconds for one in read]),
    }
    if not seen:
        return found
    true = labels([by_id[one.ecg_id] for one in seen], codes)
    page = scores(np.array([one.page for one in seen]), codes)
    signal = scores(np.array([one.signal for one in seen]), codes)
    draws = Bootstrap([one.patient for one in seen])
    supers = [FINDINGS.index(kind) for kind in SUPERCLASSES]
    for name, places in (*((kind, [at]) for at, kind in enumerate(FINDINGS)), ("superclasses", supers)):
        told = [at for at in places if 0 < true[:, at].sum() < len(true)]
        if not told:
            continue
        of_page, of_signal = (draws.macro_auroc(one[:, told], true[:, told]) for one in (page, signal))
        found[f"auroc_{name}_page"], found[f"auroc_{name}_signal"] = of_page, of_signal
        if of_page is not None and of_signal is not None:
            found[f"auroc_{name}_lost"] = Estimate.alone(of_signal.value - of_page.value, len(seen))
    return found


def _report(result: Result, fold: int, records: int) -> Document:
    rows = tuple(
        (name, f"{value:.3f}", "{:.3f} to {:.3f}".format(*result.ci95[name]) if name in result.ci95 else "–")
        for name, value in result.metrics.items()
    )
    names = list(result.metrics)
    by_layout = tuple(
        (name, *(f"{values[name]:.3f}" if name in values else "–" for values in result.groups.values()))
        for name in names
    )
    return Document(
        "Layouts",
        f"{records} records of fold {fold}, {result.n} pages, {result.seconds:.0f} s.",
        (
            Section("How it was judged", (_METHOD,)),
            Section("All layouts together", (Table(("figure", "value", "95 % interval"), rows),)),
            Section("By layout", (Table(("figure", *result.groups), by_layout),)),
        ),
    )
