"""Fit how much of the digitiser's stated errors arrives in each measurement: `calipers.tools.measure.digitised`.

`python -m calipers.evals.layouts.uncertainty --n 60` reads pages of PTB-XL's fold 8 (layouts, looks and damage in
turn), measures them and the signals they were painted from, and prints for each measurement the multiple of the
stated error with which 95 % of the pages' values lie within their interval about the signal's.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
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

FOLD: Final = 8
_COVERAGE: Final = 0.95
#: 95 % half-width of a normal distribution over its median distance.
_NORMAL: Final = 2.906
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
    """

    name: str
    away: float
    own: float
    stated: float
    value: float


class Page(NamedTuple):
    """What became of one page: read to scale, read to another scale than it was painted in, or refused."""

    outcome: Literal["read", "other_scale", "refused"]
    pairs: list[Pair]


def pairs_of(job: Job) -> Page:
    """Every measurement that both the page and the signal have, where the page was read to its scale."""
    whole = as_ecg(job.row, job.eight_uv)
    try:
        read = read_back(whole, job.layout, job.level, job.row.ecg_id)
    except UnreadableInput:
        return Page("refused", [])
    how, style = read.source.digitisation, style_of(job.layout, job.row.ecg_id)[0]
    if how is None:
        return Page("refused", [])
    if (how.speed_mm_s, how.gain_mm_mv) != (style.speed_mm_s, style.gain_mm_mv):
        return Page("other_scale", [])
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
        pairs.append(Pair(one.name, away, one.uncertainty or 0.0, stated_error(one, how), one.number))
    return Page("read", pairs)


def multiple(pairs: Sequence[Pair]) -> tuple[float, float]:
    """The smallest multiple that covers 95 %, and the share that none covers."""

    def covered(share: float) -> float:
        held = [
            abs(one.away) <= math.sqrt(one.own**2 + (share * one.stated) ** 2 + (SCALE * one.value) ** 2)
            for one in pairs
        ]
        return float(np.mean(held))

    return next((float(share) for share in _GRID if covered(share) >= _COVERAGE), float(_GRID[-1])), covered(0.0)


def core(pairs: Sequence[Pair]) -> float:
    """The multiple by the median distance, which a few leads taken for others do not move: of normal errors, 95 % lie
    within 2.9 times their median."""
    wanted = _NORMAL * float(np.median([abs(one.away) for one in pairs]))
    own, stated = (float(np.median([getattr(one, name) for one in pairs])) for name in ("own", "stated"))
    return math.sqrt(max(wanted**2 - own**2, 0.0)) / stated if stated else 0.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=60, help="pages")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    options = Options(data_folder(), workers=given.workers)
    rows = spread([row for row in labelled(options.data) if row.fold == FOLD], given.n)
    layouts = tuple(LAYOUTS)
    work = [
        job._replace(layout=layouts[place % len(layouts)], level=LEVELS[place % len(LEVELS)])
        for place, job in enumerate(jobs(options, rows, ("3x4+1",), "clean"))
    ]
    read = each(pairs_of, work, len(work), "pages", options)
    by_name: dict[str, list[Pair]] = defaultdict(list)
    for pair in (pair for page in read for pair in page.pairs):
        by_name[pair.name].append(pair)
    for outcome in ("read", "other_scale", "refused"):
        print(f"{sum(page.outcome == outcome for page in read)} of {len(read)} pages {outcome.replace('_', ' ')}")
    for name, pairs in by_name.items():
        share, without = multiple(pairs)
        away = np.array([pair.away for pair in pairs])
        print(
            f"{name:14s} {len(pairs):5d} values, covered without {without:.2f}, core {core(pairs):.1f}, 95 % needs {share:5.1f} times the stated"
            f" error of {np.median([pair.stated for pair in pairs]):.3f}; bias {np.median(away):.3f},"
            f" median {np.median(np.abs(away)):.3f}, 95 % {np.percentile(np.abs(away), 95):.3f},"
            f" 95 % of the share of the value {np.percentile([abs(p.away) / max(abs(p.value), 0.1) for p in pairs], 95):.3f}"
        )


if __name__ == "__main__":
    main()
