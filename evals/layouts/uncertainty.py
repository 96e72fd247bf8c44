"""Fit how much of the digitiser's stated errors arrives in each measurement: `calipers.tools.measure.digitised`.

`python -m calipers.evals.layouts.uncertainty --n 80` reads pages of PTB-XL's folds 7 and 8 (layouts, looks and damage
in turn), measures them and the signals they were painted from, and prints for each measurement the multiple of the
stated error with which 95 % of fold 7's values lie within their interval about the signal's. Then how many of fold
8's do, by kind: with these multiples, and as the product widens them now.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import numpy as np

from calipers.errors import UnreadableInput
from calipers.evals.framework import Options, data_folder, each, spread
from calipers.evals.layouts.pages import LAYOUTS, Job, jobs, read_back, style_of
from calipers.evals.measurement.ptbxl import as_ecg, labelled
from calipers.leads import LEADS
from calipers.models.segmenter.damage import LEVELS
from calipers.tools.measure import measure
from calipers.tools.measure.digitised import AXIS, SCALE, stated_error

FITTED, CHECKED = 7, 8
_COVERAGE: Final = 0.95
_GLOBAL: Final = ("hr", "p_dur", "pr", "qrs", "qt", "pause_max", "pr_range", "rr_sd", *AXIS)
_OF_LEAD: Final = ("p_amp", "q_amp", "r_amp", "s_amp", "t_amp", "st_j", "st_60", "st_80", "q_dur", "r_dur", "s_dur")
_GRID: Final = np.concatenate([np.arange(0.0, 5.0, 0.1), np.arange(5.0, 60.0, 1.0)])


class Pair(NamedTuple):
    """One measurement on a page and on its signal.

    Attributes:
        name: of the measurement.
        away: page less signal, axes the shorter way round.
        own: 95 % half-width without the digitiser's error.
        stated: the error that the digitiser states, in the measurement's unit.
        value: on the page.
        given: 95 % half-width as the product gives it.
        unit: of the measurement.
    """

    name: str
    away: float
    own: float
    stated: float
    value: float
    given: float
    unit: str


class Page(NamedTuple):
    """What became of one page: read to scale, in doubt or not, read to another scale than it was painted in, or refused."""

    fold: int
    outcome: Literal["read", "doubted", "other_scale", "refused"]
    pairs: list[Pair]


def pairs_of(job: Job) -> Page:
    """Every measurement that both the page and the signal have, where the page was read to its scale."""
    whole = as_ecg(job.row, job.eight_uv)
    try:
        read = read_back(whole, job.layout, job.level, job.row.ecg_id)
    except UnreadableInput:
        return Page(job.row.fold, "refused", [])
    how, style = read.source.digitisation, style_of(job.layout, job.row.ecg_id)[0]
    if how is None:
        return Page(job.row.fold, "refused", [])
    if (how.speed_mm_s, how.gain_mm_mv) != (style.speed_mm_s, style.gain_mm_mv):
        return Page(job.row.fold, "other_scale", [])
    true = measure(whole)
    # Without what is fitted here, but with the quality that the digitiser's word gives.
    found = measure(replace(read, source=replace(read.source, digitisation=None)))
    kept = measure(read)
    pairs = []
    for key in (*_GLOBAL, *(f"{lead}.{name}" for lead in LEADS for name in _OF_LEAD)):
        one, other = found[key], true[key]
        if one.number is None or other.number is None or kept[key].number is None:
            continue
        away = one.number - other.number
        if one.unit == "deg":
            away = (away + 180.0) % 360.0 - 180.0
        given = kept[key].uncertainty or 0.0
        stated = stated_error(one, how)
        pairs.append(Pair(one.name, away, one.uncertainty or 0.0, stated, one.number, given, one.unit))
    return Page(job.row.fold, "doubted" if how.doubted else "read", pairs)


def covers(pair: Pair, share: float) -> bool:
    """Whether a page's value lies within its interval about the signal's, widened by a multiple of the stated error."""
    return abs(pair.away) <= math.sqrt(pair.own**2 + (share * pair.stated) ** 2 + (SCALE * pair.value) ** 2)


def multiple(pairs: Sequence[Pair]) -> float:
    """The smallest multiple that covers 95 %."""
    return next(
        (float(share) for share in _GRID if np.mean([covers(one, share) for one in pairs]) >= _COVERAGE),
        float(_GRID[-1]),
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=80, help="pages")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    options = Options(data_folder(), workers=given.workers)
    every = labelled(options.data)
    rows = [
        row for fold in (FITTED, CHECKED) for row in spread([one for one in every if one.fold == fold], given.n // 2)
    ]
    layouts = tuple(LAYOUTS)
    work = [
        job._replace(layout=layouts[place % len(layouts)], level=LEVELS[place % len(LEVELS)])
        for place, job in enumerate(jobs(options, rows, ("3x4+1",), "clean"))
    ]
    read = each(pairs_of, work, len(work), "pages", options)
    for outcome in ("read", "doubted", "other_scale", "refused"):
        print(f"{sum(page.outcome == outcome for page in read)} of {len(read)} pages {outcome.replace('_', ' ')}")
    shares = _print_fit(
        [pair for page in read if page.fold == FITTED and page.outcome == "read" for pair in page.pairs]
    )
    for outcomes in (("read",), ("read", "doubted")):
        checked = [page for page in read if page.fold == CHECKED and page.outcome in outcomes]
        print(f"fold {CHECKED}, {' and '.join(outcomes)}: {len(checked)} pages")
        _print_coverage([pair for page in checked for pair in page.pairs], shares)


def _print_fit(pairs: Sequence[Pair]) -> dict[str, float]:
    """Print and return the multiple of each measurement."""
    shares = {}
    for name in dict.fromkeys(pair.name for pair in pairs):
        own = [pair for pair in pairs if pair.name == name]
        away = np.abs([pair.away for pair in own])
        shares[name] = multiple(own)
        print(
            f"{name:10s} {len(own):5d} values, within {np.mean([covers(one, 0.0) for one in own]):.2f} unwidened,"
            f" {shares[name]:5.1f} times the stated {np.median([one.stated for one in own]):.3f};"
            f" off by {np.median(away):.3f}, 95 % {np.percentile(away, 95):.3f}"
        )
    return shares


def _print_coverage(pairs: Sequence[Pair], shares: dict[str, float]) -> None:
    """Print how many intervals hold the signal's value, by kind of measurement and by measurement."""
    for kind in ("unit", "name"):
        for value in dict.fromkeys(getattr(pair, kind) for pair in pairs):
            own = [pair for pair in pairs if getattr(pair, kind) == value]
            fitted = np.mean([covers(one, shares.get(one.name, 0.0)) for one in own])
            now = np.mean([abs(one.away) <= one.given for one in own])
            print(f"  {value:10s} {len(own):5d} values, covered {fitted:.3f} as fitted, {now:.3f} as widened now")


if __name__ == "__main__":
    main()
