"""`digitisation`: pages of unseen records drawn in every layout, damaged, read back, and compared with the records."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from calipers.errors import UnreadableInput
from calipers.evals.digitisation.pages import CONDITIONS, Condition, drawn
from calipers.evals.digitisation.scoring import Scored, misplaced_mm, score
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
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, Microvolts, as_ecg, labelled, signals
from calipers.tools.digitise import digitise_picture

NAME: Final = "digitisation"
#: The segmenter's folds end before it; the digitiser's constants were chosen on it.
DEVELOPMENT_FOLD: Final = 8
#: Pages of each condition, unless `n` says otherwise.
_PAGES: Final = {"layout": 6, "damage": 12, "overlap": 12}
_HR, _QRS_MS = 2.0, 10.0
#: A page whose correlation is below the first or whose rate is further off than the second was read wrongly.
_READ, _RATE_OFF = 0.9, 5.0
_METHOD: Final = (
    "Records of a fold never used in training are drawn, by the product's renderer and by a painter of unlike looks"
    " (fonts, grids, colours, gains, speeds, orders), damaged, and read back with nothing told. Correlation is the mean"
    " over the leads shown, after one shift of the whole page in time, each lead's slopes counting alike; a refused page counts as 0. Heart rate, QRS and ST"
    " are compared with what the same measurement finds in the same stretches of the record itself. Misplaced: how far"
    " the page's places were found from where they are, millimetres of paper. Height: the complexes' height read over"
    f" the true one, less 1. Silently wrong: not refused, correlation below {_READ} or the rate off by more than"
    f" {_RATE_OFF:g}/min, and no remark that the page may be read wrongly."
)


class Page(NamedTuple):
    """One page to draw and read: its record as stored, its condition, its seed."""

    row: Labelled
    uv: Microvolts
    condition: Condition
    seed: int


class Read(NamedTuple):
    """How a page was read; `scored` is None for a refused one, `refused` says why; `doubted`: it said it may be wrong."""

    patient: str
    kind: str
    name: str
    seconds: float
    scored: Scored | None
    refused: str
    doubted: bool = False
    misplaced_mm: float = float("nan")

    @property
    def wrong(self) -> bool:
        """Read, and not as it is."""
        return self.scored is not None and (self.scored.correlation < _READ or self.scored.hr > _RATE_OFF)


class DigitisationTask:
    """From picture to signal."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`. `split` training takes fold 8, otherwise fold 9; `n` is pages of each condition."""
        started = time.perf_counter()
        fold = DEVELOPMENT_FOLD if options.split == "training" else TEST_FOLD
        pages = pages_of(options, fold)
        read = each(read_page, pages, len(pages), "pages", options)
        groups = {name: _plain(scores([one for one in read if one.name == name])) for name in _names(read)}
        metrics: dict[str, Estimate | None] = {}
        for kind in ("layout", "damage", "overlap"):
            found = scores([one for one in read if one.kind == kind])
            metrics |= {f"{kind}_{name}": value for name, value in found.items()}
        result = Result.of(NAME, len(read), metrics, groups, time.perf_counter() - started)
        return Outcome(result, _report(read, groups, fold))


def pages_of(options: Options, fold: int) -> list[Page]:
    """Every page of a run; each condition has records of its own while the fold lasts."""
    rows = [row for row in labelled(options.data) if row.fold == fold]
    wanted = [condition for condition in CONDITIONS for _ in range(options.n or _PAGES[condition.kind])]
    chosen = spread(rows, len(wanted))
    order = np.random.default_rng(options.seed).permutation(len(chosen))
    stored = dict(signals(options.data, {row.ecg_id for row in chosen}))
    pages = []
    for number, condition in enumerate(wanted):
        row = chosen[int(order[number % len(order)])]
        pages.append(Page(row, stored[row.ecg_id], condition, options.seed + number))
    return pages


def read_page(page: Page) -> Read:
    """Draw, read, compare."""
    ecg = as_ecg(page.row, page.uv)
    sheet = drawn(page.condition, ecg, np.random.default_rng(page.seed))
    started = time.perf_counter()
    try:
        found = digitise_picture(sheet.damaged.image, threads=1)
    except UnreadableInput as refused:
        seconds = time.perf_counter() - started
        return Read(page.row.patient, page.condition.kind, page.condition.name, seconds, None, str(refused))
    seconds = time.perf_counter() - started
    scored = score(found.signal_mv, found.digitisation, ecg)
    away = misplaced_mm(found.digitisation, sheet) if not found.digitisation.turned_deg else float("nan")
    return Read(
        page.row.patient,
        page.condition.kind,
        page.condition.name,
        seconds,
        scored,
        "",
        found.digitisation.doubted,
        away,
    )


def scores(read: Sequence[Read]) -> dict[str, Estimate | None]:
    """What is reported of a set of pages."""
    if not read:
        return {}
    draws = Bootstrap([one.patient for one in read])
    kept = [one.scored for one in read]

    def column(name: str, refused: float = float("nan")) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([refused if one is None else float(getattr(one, name)) for one in kept])

    def within(name: str, limit: float) -> Estimate | None:
        values = column(name)
        return draws.share(np.nan_to_num(values, nan=np.inf) <= limit, np.isfinite(values))

    correlation = column("correlation", 0.0)
    every = np.ones(len(read), np.bool_)
    return {
        "correlation_median": draws.median(correlation),
        "correlation_mean": draws.mean(correlation),
        "correlation_98": draws.share(correlation >= 0.98, every),
        "mse_mv2": draws.mean(column("error_mv") ** 2),
        "snr_db": draws.mean(column("snr_db")),
        "hr_within": within("hr", _HR),
        "qrs_within": within("qrs_ms", _QRS_MS),
        "st_within": draws.mean(column("st_within")),
        "refused": draws.share(np.array([one is None for one in kept]), every),
        "doubted": draws.share(np.array([one.doubted for one in read]), every),
        "silently_wrong": draws.share(np.array([one.wrong and not one.doubted for one in read]), every),
        "misplaced_mm": draws.mean([one.misplaced_mm for one in read]),
        "height": draws.mean(column("height")),
        "seconds": draws.mean([one.seconds for one in read]),
    }


def _names(read: Sequence[Read]) -> list[str]:
    return list(dict.fromkeys(one.name for one in read))


def _plain(found: dict[str, Estimate | None]) -> dict[str, float]:
    return {name: one.value for name, one in found.items() if one is not None}


def _report(read: Sequence[Read], groups: dict[str, dict[str, float]], fold: int) -> Document:
    names = list(next(iter(groups.values()), {}))
    rows = tuple(
        (group, *(f"{found.get(name, float('nan')):.3f}" for name in names)) for group, found in groups.items()
    )
    refused = tuple((one.name, one.refused) for one in read if one.refused)
    blocks = (_METHOD, Table(("pages", *names), rows, f"Fold {fold}"), Table(("pages", "refused because"), refused))
    return Document("From picture to signal", "", (Section("How it was judged", blocks),))
