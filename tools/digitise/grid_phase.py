"""The grid's own phase: by how much it is shifted at each place of a page, to some thousandths of a millimetre.

The grid, multiplied by a wave of its pitch and smoothed, has at each place the phase by which it is shifted (phase
demodulation, as in fringe analysis). Over a whole page that gives the scale a hundred times finer than a spectrum
does, and what no plane explains: curl, folds, a lens (`place.py`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from calipers.digitisation import Bend

Float64 = NDArray[np.float64]
#: The flat page's lines at `BEND_PX_MM`, by a homography from flat millimetres to the picture and a bend.
Drawn = Callable[[Float64, Bend | None], NDArray[Any]]

#: Pixels per millimetre at which phases are measured, and the distance of their nodes.
BEND_PX_MM: Final = 4.0
NODE_MM: Final = 6.0
#: Fewer nodes than these tell nothing of a page.
FEWEST_NODES: Final = 30
#: The narrow grid and the wide grid's harmonics, finest first, and over how many millimetres each is smoothed.
FINE_MM: Final = {1.0: 4.0, 1.25: 5.0, 5.0 / 3.0: 6.0, 2.5: 8.0}
_WIDE_SMOOTH_MM: Final = 10.0
#: A wave this far from the grid's own finds what ink and print alone would give: what is not clearer is no grid.
_DETUNED: Final = (0.86, 1.17)
_CLEAR: Final = 2.0


class Phases(NamedTuple):
    """How far the grid stands from its place on nodes `NODE_MM` apart, the first at (0, 0).

    Attributes:
        shift_mm: (2, rows, columns) along x and y.
        weight: (2, rows, columns), 0 where the grid is not clear.
    """

    shift_mm: Float64
    weight: Float64

    @property
    def clear(self) -> int:
        """Nodes at which both directions are known."""
        return int(np.count_nonzero(self.weight.min(axis=0)))


def phases(flat: NDArray[Any], nodes: tuple[int, int], pitch_mm: float) -> Phases:
    """How far a grid of this pitch lies from its place."""
    shifts, weights = [], []
    for axis in (1, 0):
        own = _demodulated(flat, axis, nodes, pitch_mm, 1.0)
        noise = np.mean([np.abs(_demodulated(flat, axis, nodes, pitch_mm, by)) for by in _DETUNED], axis=0)
        strength = np.abs(own)
        known = strength > _CLEAR * np.maximum(noise, 0.25 * float(np.median(noise)))
        known &= strength > 0.25 * float(np.quantile(strength, 0.9))
        phase, reached = _unwrapped(np.angle(own), strength, known)
        shifts.append(-phase / (2 * np.pi) * pitch_mm)
        weights.append(np.where(reached, 1.0, 0.0))
    return Phases(np.stack(shifts), np.stack(weights))


def _demodulated(
    flat: NDArray[Any], axis: int, nodes: tuple[int, int], pitch_mm: float, by: float
) -> NDArray[np.complex128]:
    """(rows, columns) smoothed product with a wave of `by` times the grid's frequency."""
    turn = 2 * np.pi * by * (np.arange(flat.shape[axis]) + 0.5) / (pitch_mm * BEND_PX_MM)
    sigma = FINE_MM.get(pitch_mm, _WIDE_SMOOTH_MM) * BEND_PX_MM
    shrink = max(1, int(sigma // 4))
    size = (max(2, flat.shape[1] // shrink), max(2, flat.shape[0] // shrink))
    x = np.arange(nodes[1], dtype=np.float32) * NODE_MM * BEND_PX_MM * size[0] / flat.shape[1] - 0.5
    y = np.arange(nodes[0], dtype=np.float32) * NODE_MM * BEND_PX_MM * size[1] / flat.shape[0] - 0.5
    at_x, at_y = np.meshgrid(x, y)

    def smooth(wave: Float64) -> Float64:
        part = flat * (wave[None, :] if axis == 1 else wave[:, None]).astype(np.float32)
        small = cv2.GaussianBlur(cv2.resize(part, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / shrink)
        return cv2.remap(small, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float64)

    return smooth(np.cos(turn)) - 1j * smooth(np.sin(turn))


def _unwrapped(phase: Float64, strength: Float64, clear: NDArray[np.bool_]) -> tuple[Float64, NDArray[np.bool_]]:
    """Phases without jumps over the largest clear stretch of page, grown from its clearest place, about zero."""
    rows, columns = phase.shape
    whole, known = np.zeros_like(phase), np.zeros(phase.shape, np.bool_)
    if not clear.any():
        return whole, known
    parts, _ = label(clear)
    clear = parts == 1 + int(np.bincount(parts.ravel())[1:].argmax())
    first = np.unravel_index(int((strength * clear).argmax()), phase.shape)
    waiting = [(-float(strength[first]), int(first[0]), int(first[1]), float(phase[first]))]
    while waiting:
        _, row, column, near = heapq.heappop(waiting)
        if known[row, column]:
            continue
        known[row, column] = True
        whole[row, column] = phase[row, column] + 2 * np.pi * np.round((near - phase[row, column]) / (2 * np.pi))
        for i, j in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= i < rows and 0 <= j < columns and not known[i, j] and clear[i, j]:
                heapq.heappush(waiting, (-float(strength[i, j]), i, j, float(whole[row, column])))
    return whole - 2 * np.pi * np.round(float(np.median(whole[known])) / (2 * np.pi)), known
