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
#: So does one that agrees less than surely, and so many times less, with it: what is left unlike is counted.
_SURELY_LIKE: Final = 0.95
_TIMES_UNLIKE: Final = 4.0
#: Columns are looked for, and moved, up to so far from their place along the page, each the same way further than the
#: one before; all may be late by some samples, for two leads' steepest strokes do not stand at one moment.
MOST_MOVED_MM: Final = 4.0
_LATE: Final = tuple(np.arange(-8.0, 8.1))
_STEP_SAMPLES: Final = 0.5
#: Complexes of columns and strips agree so well at least, and so much better than where the columns were taken to be.
_AGREE: Final = 0.5
_BETTER: Final = 0.015
#: A strip is at least so long as this share of the longest.
_AS_LONG: Final = 0.8


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
            named >= _UNLIKE and (named >= _SURELY_LIKE or 1.0 - named < _TIMES_UNLIKE * (1.0 - alike[best]))
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
    longest = max((samples.size for _, _, samples in strips), default=0)
    strips = [one for one in strips if one[1] == strips[0][1] and one[2].size >= _AS_LONG * longest]
    columns: dict[float, list[Stretch]] = {}
    for stretch, part in pairs:
        if not part.strip:
            columns.setdefault(part.start_s, []).append(stretch)
    numbers = sorted({cell.column for cell in arranged.cells if not cell.strip})
    if not strips or len(columns) < 2 or len(columns) != len(numbers):
        return arranged
    most = MOST_MOVED_MM / speed_mm_s * FS_HZ
    reach = round(most + max(_LATE))
    alike = np.array([_alike(found, strips, reach) for _, found in sorted(columns.items())])
    further = np.arange(-most, most + _STEP_SAMPLES, _STEP_SAMPLES * 2) / (len(numbers) - 1)
    each = {more: max(_along(alike, late, more) for late in _LATE) for more in (0.0, *further)}
    best = max(each, key=lambda more: each[more])
    if each[best] < max(_AGREE, each[0.0] + _BETTER):
        return arranged
    moved = {number: rank * best / FS_HZ * speed_mm_s for rank, number in enumerate(numbers)}
    cells = tuple(
        cell
        if cell.strip
        else cell._replace(left_mm=cell.left_mm - moved[cell.column], right_mm=cell.right_mm - moved[cell.column])
        for cell in arranged.cells
    )
    return arranged._replace(cells=cells)


def _along(alike: Float64, late: float, more: float) -> float:
    """The mean agreement of columns with the strips, the first so late and each so much more than the one before."""
    columns = np.arange(len(alike))
    return float(alike[columns, np.round(late + more * columns).astype(np.int64) + alike.shape[1] // 2].mean())


def _alike(column: Sequence[Stretch], strips: Sequence[Stretch], reach: int) -> Float64:
    """(2 * reach + 1,) how well a column's complexes fall together with the strips' so many samples later."""
    own, strip = _steepness(column), _steepness(strips)
    first = round((column[0][1] - strips[0][1]) * FS_HZ)
    found = np.zeros(2 * reach + 1)
    for number in range(found.size):
        begin = first + number - reach
        low, high = max(0, begin), min(strip.size, begin + own.size)
        if high - low < max(own.size / 2, 2):
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
