"""All the places where the labels of many calipers could stand, and what each would hide, in one go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from calipers.tools.render.boxes import Boxes, Sides
from calipers.tools.render.ink import Ink
from calipers.tools.render.layout import Box, Sheet

OVERHANG_MM: Final = 2.0
_INK_COST: Final = 2.0
_GAP_MM: Final = 0.3
#: How far above or below its sample an amplitude's label may stand.
_REACH_MM: Final = 24
_RISES_MM: Final = np.array(sorted(range(-_REACH_MM, _REACH_MM + 1), key=abs), dtype=float)
#: Left edge of an amplitude's label from its sample, as a length and a share of its own width, and what that costs.
_ASIDE: Final = ((2.0, 0.0, 2.0), (-2.0, -1.0, 2.0), (6.0, 0.0, 6.0), (-6.0, -1.0, 6.0), (0.0, -0.5, 3.0))


class Stretch(NamedTuple):
    """An interval on the sheet: its ends, the trace's highest and lowest point between them, its label's size, in mm."""

    x0: float
    x1: float
    high: float
    low: float
    width: float
    height: float


class Point(NamedTuple):
    """An amplitude on the sheet: its sample, the level it was measured from, its label's size, in mm."""

    x: float
    y: float
    level: float
    width: float
    height: float


class Candidates(NamedTuple):
    """Where one label could stand.

    Attributes:
        boxes: (n,) of the label.
        cost: (n,) of distance and hidden trace; infinite off the grid, and where something fixed stands.
        bars: (n,) of an interval, on which its label stands.
    """

    boxes: Boxes
    cost: Sides
    bars: Boxes | None = None

    def best(self, taken: Sequence[Box]) -> np.intp | None:
        """The cheapest that touches nothing of what is taken; None where there is none."""
        cost = self.cost
        if taken:
            blocked = self.boxes.touch(taken, _GAP_MM)
            if self.bars is not None:
                blocked |= self.bars.touch(taken, 0)
            cost = np.where(blocked, np.inf, cost)
        at = cost.argmin()
        return at if np.isfinite(cost[at]) else None


def beside_stretches(found: Sequence[Stretch], sheet: Sheet, ink: Ink, obstacles: Sequence[Box]) -> list[Candidates]:
    """For each interval a bar at every millimetre above and below its trace."""
    if not found:
        return []
    x0, x1, high, low, width, height = np.array(found).T[:, :, None]
    left = np.clip((x0 + x1 - width) / 2, sheet.grid.x0 + 1, sheet.grid.x1 - 1 - width)
    step = np.repeat(np.arange(int(1.5 * sheet.pitch_mm), dtype=float), 2)
    above = np.arange(step.size) % 2 == 0
    bar = np.where(above, high - OVERHANG_MM - step, low + OVERHANG_MM + step)
    top = np.where(above, bar - 0.5 - height, bar + 0.5)
    boxes = _flat(left, top, left + width, top + height, bar.shape)
    bars = _flat(x0, bar - 0.3, x1, bar + 0.3, bar.shape)
    free = np.flatnonzero(boxes.inside(sheet.grid) & ~boxes.touch(obstacles, _GAP_MM) & ~bars.touch(obstacles, 0))
    cost = np.full(bar.size, np.inf)
    hidden = _INK_COST * ink.under(boxes.only(free)) + 0.7 * ink.under(bars.only(free))
    cost[free] = np.broadcast_to(step, bar.shape).ravel()[free] + hidden
    cost = cost.reshape(bar.shape) + np.where(above, 0, 2)
    parts = zip(_rows(boxes, bar.shape), cost, _rows(bars, bar.shape), strict=True)
    return [Candidates(*part) for part in parts]


def beside_points(found: Sequence[Point], sheet: Sheet, ink: Ink, obstacles: Sequence[Box]) -> list[Candidates]:
    """For each amplitude five columns of places about its sample, none over its own line."""
    if not found:
        return []
    x, y, level, width, height = np.array(found).T[:, :, None]
    length, share, aside = np.tile(np.array(_ASIDE).T, _RISES_MM.size)
    rise = np.repeat(_RISES_MM, len(_ASIDE))
    left, top = x + (length + share * width), y + rise - height / 2
    boxes = _flat(left, top, left + width, top + height, left.shape)
    line = Boxes(x - 1, np.minimum(y, level) - 1, x + 1, np.maximum(y, level) + 1)
    over_line = (left < line.x1 + _GAP_MM) & (line.x0 < left + width + _GAP_MM)
    over_line &= (top < line.y1 + _GAP_MM) & (line.y0 < top + height + _GAP_MM)
    free = np.flatnonzero(boxes.inside(sheet.grid) & ~boxes.touch(obstacles, _GAP_MM) & ~over_line.ravel())
    cost = np.full(left.size, np.inf)
    near = np.broadcast_to(np.abs(rise) + aside, left.shape).ravel()
    cost[free] = near[free] + _INK_COST * ink.under(boxes.only(free))
    return [Candidates(*part) for part in zip(_rows(boxes, left.shape), cost.reshape(left.shape), strict=True)]


def _flat(x0: Sides, y0: Sides, x1: Sides, y1: Sides, shape: tuple[int, ...]) -> Boxes:
    return Boxes(*(np.broadcast_to(side, shape).ravel() for side in (x0, y0, x1, y1)))


def _rows(boxes: Boxes, shape: tuple[int, ...]) -> list[Boxes]:
    return [Boxes(*sides) for sides in zip(*(side.reshape(shape) for side in boxes), strict=True)]
