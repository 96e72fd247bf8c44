"""Where a page's columns begin and end: by the names above them, the paper between them, and the rows' ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_opening

from calipers.models.segmenter.segmenter import PX_MM

Float32 = NDArray[np.float32]
Side = Literal["left", "right"]

#: Stretch lengths that pages have, in seconds, and how near one must be.
_USUAL_S: Final = (1.25, 5 / 3, 2.5, 10 / 3, 5.0, 10.0)
_SNAP: Final = 0.04
#: Columns stand apart by so much, or touch.
_LEAST_GAP_MM, _MOST_GAP_MM = 0.6, 8.0
#: A row's ink may be shorter than its columns by so much: faint ends are not seen.
_SHORT_MM: Final = 5.0
#: The distance of names tells that of columns to within this.
_NAMES_MM: Final = 1.0
#: So many columns' names tell of paper between columns where rows end at unlike places.
_COLUMNS_TOLD: Final = 3
#: Ink this far from the first column's names is not that column's.
_NAME_FAR_MM: Final = 16.0
#: Weights of a row's end and of a column's names beside that of the middle of the paper between two columns.
_END_WEIGHT, _NAMES_WEIGHT = 0.35, 0.7
#: Middles of paper that were seen rightly are so near to one distance of columns.
_PAPER_MM: Final = 0.15
#: A crossing of grid lines, or a bar between columns, looks like ink, but is narrower than this.
_SURE_INK: Final = 0.65
_SPECK_PX: Final = round(1.0 * PX_MM)


class Row(NamedTuple):
    """A row of traces: its quiet line and where ink begins and ends, in millimetres."""

    y_mm: float
    left_mm: float
    right_mm: float


def usual_s(seconds: float) -> float:
    """The length in seconds that printers draw, if one is near."""
    near = min(_USUAL_S, key=lambda one: abs(one - seconds))
    return near if abs(near - seconds) <= _SNAP * near else seconds


def pulse_side(pulse: Float32, rows: Sequence[Row]) -> Side | None:
    """On which side of the rows calibration pulses stand; None where there are none.

    Args:
        pulse: (h, w) probability.
        rows: of the page.
    """
    columns = np.flatnonzero((pulse > 0.5).sum(axis=0) > PX_MM)
    if not columns.size or not rows:
        return None
    middle = float(np.median([(row.left_mm + row.right_mm) / 2 for row in rows]))
    return "left" if float(np.median(columns)) / PX_MM < middle else "right"


def column_bounds(
    count: int,
    rows: Sequence[Row],
    trace: Float32,
    speed_mm_s: float,
    *,
    names_mm: Mapping[int, float],
    pulses: Side | None,
) -> list[tuple[float, float]]:
    """Left and right end of each column, millimetres; columns are of one length and stand at one distance.

    Args:
        count: of columns.
        rows: that have columns.
        trace: (h, w) probability.
        speed_mm_s: of the paper.
        names_mm: where the names of each column stand, as far as any were read.
        pulses: on which side of the rows calibration pulses stand.
    """
    left, right = (float(np.median([getattr(row, side) for row in rows])) for side in ("left_mm", "right_mm"))
    agree = float(np.median([abs(row.right_mm - right) for row in rows])) < _LEAST_GAP_MM
    step = _step(names_mm)
    if step is not None and 0 in names_mm and abs(names_mm[0] - left) > _NAME_FAR_MM:
        left = names_mm[0]
    width = (
        _whole((right - left + _SHORT_MM) / count, speed_mm_s) if step is None else _whole(step + _NAMES_MM, speed_mm_s)
    ) or (right - left) / count
    if step is not None:
        total = (count - 1) * step + width
        if right - left - total > 2 * _NAMES_MM and not (
            agree and _all_paper_between(count, left, right, width, rows, trace)
        ):
            # Ink before the columns, or behind them: a pulse, a mark, the table the page lies on.
            left = _start(left, right - total, step, names_mm, pulses)
            right, agree = left + total, True
    if not agree and step is not None and len(names_mm) >= min(count, _COLUMNS_TOLD) and step - width > _NAMES_MM:
        # Names that stand further apart than columns are long tell of paper between them, and which rows end right.
        right, agree = left + (count - 1) * step + width, True
        right = float(np.median([row.right_mm for row in rows if abs(row.right_mm - right) < 2 * _NAMES_MM] or [right]))
    beyond = right - left - count * width
    first, gap = left, 0.0
    if agree and count > 1 and beyond >= _LEAST_GAP_MM:
        middles = _paper_between(count, left, width, beyond / (count - 1), rows, trace)
        if middles or (step is not None and min(step - width, beyond / (count - 1)) > _NAMES_MM):
            first, gap = _apart(count, left, right, width, middles, names_mm)
        else:
            # The rest of a calibration pulse, or a mark, before the row or behind it.
            first = _start(left, right - count * width, width, names_mm, pulses)
    elif agree and -_SHORT_MM <= beyond <= _LEAST_GAP_MM:
        # What the ink's two ends are off by, a pen's edge or a faint end, is shared between them.
        first = left + beyond / 2
    starts = [first + number * (width + gap) for number in range(count)]
    return [(start, start + width) for start in starts]


def _start(early: float, late: float, step: float, names_mm: Mapping[int, float], pulses: Side | None) -> float:
    """Which of two starts is the columns': the one that names stand at, else the one that pulses leave."""
    if not names_mm:
        return late if pulses == "left" else early
    stand = float(np.median([place - column * step for column, place in names_mm.items()]))
    return min((early, late), key=lambda start: abs(stand - start))


def _step(names_mm: Mapping[int, float]) -> float | None:
    """The columns' distance by their names; None where fewer than two columns have one."""
    if len(names_mm) < 2:
        return None
    return float(np.polyfit(list(names_mm), list(names_mm.values()), 1)[0])


def _whole(longest_mm: float, speed_mm_s: float) -> float | None:
    """The longest usual column that leaves at most a usual gap to the longest one possible."""
    usual = [one * speed_mm_s for one in _USUAL_S]
    return max((one for one in usual if longest_mm - _MOST_GAP_MM < one <= longest_mm), default=None)


def _paper_between(
    count: int, left: float, width: float, gap: float, rows: Sequence[Row], trace: Float32
) -> dict[int, float]:
    """The middle of the paper behind each column, where columns stand about `gap` apart and most rows show it."""
    if not _LEAST_GAP_MM <= gap <= _MOST_GAP_MM:
        return {}
    middles = {}
    for column in range(1, count):
        expected = _behind(column, left, width, gap)
        low_x, high_x = (max(0, round((expected + side * 0.9 * gap) * PX_MM)) for side in (-1, 1))
        found = []
        for number, row in enumerate(rows):
            pitch = min([abs(other.y_mm - row.y_mm) for k, other in enumerate(rows) if k != number], default=25.0)
            low, high = (max(0, round((row.y_mm + side * 0.4 * pitch) * PX_MM)) for side in (-1, 1))
            ink = trace[low : high + 1, low_x:high_x].max(axis=0, initial=0.0) >= _SURE_INK
            empty = np.flatnonzero(
                ~binary_opening(np.pad(ink, _SPECK_PX, mode="edge"), np.ones(_SPECK_PX, np.bool_))[_SPECK_PX:-_SPECK_PX]
            )
            parts = np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1) if empty.size else []
            widest = max(parts, key=len, default=np.array([], np.int64))
            if widest.size >= 0.5 * gap * PX_MM:
                found.append((low_x + (widest[0] + widest[-1] + 1) / 2) / PX_MM)
        if len(found) > len(rows) / 2:
            middles[column] = float(np.median(found))
    return middles if len(middles) > (count - 1) / 2 else {}


def _all_paper_between(
    count: int, left: float, right: float, width: float, rows: Sequence[Row], trace: Float32
) -> bool:
    """Whether there is paper behind each column but the last just where columns that fill the rows have it."""
    if count < 2:
        return False
    gap = (right - left - count * width) / (count - 1)
    middles = _paper_between(count, left, width, gap, rows, trace)
    return len(middles) == count - 1 and all(
        abs(middle - _behind(column, left, width, gap)) < _NAMES_MM for column, middle in middles.items()
    )


def _behind(column: int, left: float, width: float, gap: float) -> float:
    """The middle of the paper behind so many columns."""
    return left + column * width + (column - 0.5) * gap


def _apart(
    count: int, left: float, right: float, width: float, middles: Mapping[int, float], names_mm: Mapping[int, float]
) -> tuple[float, float]:
    """Where the first column begins and how far columns stand apart, by least squares.

    The middles of the paper between columns do not depend on how far ink reaches beyond a line's end; the rows' ends
    do, and count less. Names, where such middles are not seen or contradict one another, stand at one place of each
    column but the first, before which there is no bar.
    """
    ends = [(1.0, 0.0, 0.0, left, _END_WEIGHT), (1.0, count - 1.0, 0.0, right - count * width, _END_WEIGHT)]
    paper = [(1.0, column - 0.5, 0.0, middle - column * width, 1.0) for column, middle in middles.items()]
    names = [(1.0, float(column), 1.0, x - column * width, _NAMES_WEIGHT) for column, x in names_mm.items() if column]
    first, gap, away = _solved([*paper, *ends])
    if len(names) > 1 and (not paper or np.abs(away[: len(paper)]).max() > _PAPER_MM):
        first, gap, _ = _solved([*paper, *ends, *names])
    return first, gap


def _solved(rows: Sequence[tuple[float, float, float, float, float]]) -> tuple[float, float, NDArray[np.float64]]:
    """First column's place, columns' distance and what is left of each equation: three factors, the value, its weight."""
    given = np.array(rows)
    design, value, weight = given[:, :3], given[:, 3], given[:, 4]
    found = np.linalg.lstsq(design * weight[:, None], value * weight, rcond=None)[0]
    return float(found[0]), float(found[1]), value - design @ found
