"""What rhythm strips tell: which lead one shows, for it repeats what stands above it, and where in time columns stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.leads import Lead
from calipers.tools.digitise.arrangement import Arranged, Cell
from calipers.tools.digitise.columns import Row
from calipers.tools.digitise.signals import Leads
from calipers.tools.digitise.trust import FS_HZ, Stretch, agreement, steepness

Float64 = NDArray[np.float64]

#: A strip that agrees less than this with the lead it is named for, and more with another, shows that one.
_UNLIKE: Final = 0.6
_LIKE: Final = 0.9
_NO_LEAD: Final = 0.4
#: So does one that agrees so many times less with it: what is left unlike is counted.
_TIMES_UNLIKE: Final = 4.0
#: Columns are looked for up to so many samples from their place in time: how late the first is, and each after the one
#: before.
_MOST_SAMPLES: Final = 100
_LINES: Final = tuple((late, more) for late in np.arange(-8.0, 8.1) for more in np.arange(-30.0, 30.1, 0.5))
#: Complexes of columns and strips agree so well at least, and so much better than where the columns were taken to be.
_AGREE: Final = 0.5
_BETTER: Final = 0.03


def with_strips_by_signal(arranged: Arranged, leads: Leads, rows: Sequence[Row]) -> Arranged:
    """The same order, strips whose signal repeats another lead than the one named taken for that one.

    What repeats no lead at all is no strip but print, or the edge of the table the page lies on.

    Args:
        arranged: the page's order.
        leads: as read in that order.
        rows: of the page.
    """
    columns = [one for one, part in zip(leads.stretches, leads.segments, strict=True) if not part.strip]
    shown: dict[Cell, Lead | None] = {}
    for stretch, part in zip(leads.stretches, leads.segments, strict=True):
        own = [cell for cell in arranged.cells if cell.strip and cell.lead == part.lead]
        alike = {column[0]: agreement(stretch, column) or 0.0 for column in columns}
        best = max(alike, key=lambda lead: alike[lead], default=part.lead)
        named = alike.get(part.lead, 0.0)
        if not (part.strip and own and alike) or (
            named >= _UNLIKE and 1.0 - named < _TIMES_UNLIKE * (1.0 - alike[best])
        ):
            continue
        cell = min(own, key=lambda cell: abs(rows[cell.row].y_mm - part.baseline_mm))
        if alike[best] > _LIKE:
            shown[cell] = best
        elif alike[best] < _NO_LEAD:
            shown[cell] = None
    read = ((cell, shown.get(cell, cell.lead)) for cell in arranged.cells)
    cells = tuple(cell._replace(lead=lead) for cell, lead in read if lead is not None)
    columns_named, plus, _ = arranged.name.partition("+")
    left = sum(cell.strip for cell in cells)
    return arranged._replace(name=columns_named + (f"+{left}" if plus and left else ""), cells=cells)


def with_columns_by_strips(arranged: Arranged, leads: Leads, speed_mm_s: float) -> Arranged:
    """The same order, its columns moved along the page to where their complexes fall together with the strips'.

    Paper between columns that was taken a little too wide or narrow puts each column later or earlier than the one
    before; a strip runs on through all of them.

    Args:
        arranged: the page's order, one stretch of each lead in columns that follow one another.
        leads: as read in that order.
        speed_mm_s: of the paper.
    """
    pairs = list(zip(leads.stretches, leads.segments, strict=True))
    strips = [stretch for stretch, part in pairs if part.strip]
    strips = [one for one in strips if one[1] == strips[0][1]]
    columns: dict[float, list[Stretch]] = {}
    for stretch, part in pairs:
        if not part.strip:
            columns.setdefault(part.start_s, []).append(stretch)
    numbers = sorted({cell.column for cell in arranged.cells if not cell.strip})
    if not strips or len(columns) < 2 or len(columns) != len(numbers):
        return arranged
    alike = np.array([_alike(found, strips) for _, found in sorted(columns.items())])
    best = max(_LINES, key=lambda line: _along(alike, line))
    if _along(alike, best) < max(_AGREE, _along(alike, (0.0, 0.0)) + _BETTER):
        return arranged
    # What all columns are late by is how far apart two leads' steepest strokes stand.
    moved = {number: rank * best[1] / FS_HZ * speed_mm_s for rank, number in enumerate(numbers)}
    cells = tuple(
        cell
        if cell.strip
        else cell._replace(left_mm=cell.left_mm - moved[cell.column], right_mm=cell.right_mm - moved[cell.column])
        for cell in arranged.cells
    )
    return arranged._replace(cells=cells)


def _along(alike: Float64, line: tuple[float, float]) -> float:
    """The mean agreement of columns with the strips where each stands on a line of lags."""
    columns = np.arange(len(alike))
    lags = np.round(line[0] + line[1] * columns).astype(np.int64) + _MOST_SAMPLES
    return float(alike[columns, np.clip(lags, 0, 2 * _MOST_SAMPLES)].mean())


def _alike(column: Sequence[Stretch], strips: Sequence[Stretch]) -> Float64:
    """(lags,) how well a column's complexes fall together with the strips' so many samples later."""
    own, strip = _steepness(column), _steepness(strips)
    first = round((column[0][1] - strips[0][1]) * FS_HZ)
    found = np.zeros(2 * _MOST_SAMPLES + 1)
    for number in range(found.size):
        begin = first + number - _MOST_SAMPLES
        low, high = max(0, begin), min(strip.size, begin + own.size)
        if high - low < own.size / 2:
            continue
        one, other = own[low - begin : high - begin], strip[low:high]
        if one.std() and other.std():
            found[number] = np.corrcoef(one, other)[0, 1]
    return found


def _steepness(stretches: Sequence[Stretch]) -> Float64:
    """How steep stretches of one time are, each in its own measure."""
    size = min(samples.size for _, _, samples in stretches)
    each = [steepness(samples[:size]) for _, _, samples in stretches]
    mean: Float64 = np.mean([one / max(float(one.std()), 1e-9) for one in each], axis=0)
    return mean
