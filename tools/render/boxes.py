"""Many boxes on a sheet at once: all the places where one label could stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.tools.render.layout import Box

Sides = NDArray[np.float64]


class Boxes(NamedTuple):
    """Their sides, (n,) millimetres each, y downwards."""

    x0: Sides
    y0: Sides
    x1: Sides
    y1: Sides

    def one(self, place: int) -> Box:
        """The box at a place."""
        return Box(*(float(side[place]) for side in self))

    def only(self, places: NDArray[np.intp]) -> Boxes:
        """The boxes at these places."""
        return Boxes(*(side[places] for side in self))

    def inside(self, outer: Box) -> NDArray[np.bool_]:
        """(n,) which lie wholly in a box."""
        return (outer.x0 <= self.x0) & (outer.y0 <= self.y0) & (self.x1 <= outer.x1) & (self.y1 <= outer.y1)

    def touch(self, others: Sequence[Box], gap: float) -> NDArray[np.bool_]:
        """(n,) which come closer than `gap` to any of the others."""
        sides = np.array([(other.x0, other.y0, other.x1, other.y1) for other in others]).reshape(-1, 4)
        x0, y0, x1, y1 = sides.T[:, :, None]
        apart = (self.x0 >= x1 + gap) | (x0 >= self.x1 + gap) | (self.y0 >= y1 + gap) | (y0 >= self.y1 + gap)
        near: NDArray[np.bool_] = ~apart.all(axis=0)
        return near
