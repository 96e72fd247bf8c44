"""Where the paper lies to a fraction of a millimetre: the grid's own phase, first of its plane, then of its bends.

The grid, multiplied by a wave of its pitch and smoothed, has at each place the phase by which it is shifted (phase
demodulation, as in fringe analysis). Over a whole page that gives the scale a hundred times finer than a spectrum
does, and what no plane explains: curl, folds, a lens.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import label

from calipers.digitisation import Bend
from calipers.tools.digitise.grid import SQUARE_MM

Float64 = NDArray[np.float64]
Box = tuple[float, float, float, float]
#: The flat page's lines at `BEND_PX_MM`, by a homography from flat millimetres to the picture and a bend.
Drawn = Callable[[Float64, Bend | None], NDArray[Any]]

#: Pixels per millimetre at which phases are measured, and the distance of their nodes.
BEND_PX_MM: Final = 4.0
NODE_MM: Final = 6.0
#: The narrow grid and the wide grid's harmonics, finest first, and over how many millimetres each is smoothed.
_FINE_MM: Final = {1.0: 4.0, 1.25: 5.0, 5.0 / 3.0: 6.0, 2.5: 8.0}
_WIDE_SMOOTH_MM: Final = 10.0
#: A wave this far from the grid's own finds what ink and print alone would give: what is not clearer is no grid.
_DETUNED: Final = (0.86, 1.17)
_CLEAR: Final = 2.0
#: Pitches that the wide grid may have where another was taken for it, and the harmonics that tell.
_WIDER: Final = (15.0, 12.5, 10.0, 25 / 3, 7.5, 20 / 3, 6.25)
_NARROWER: Final = (4.0, 3.75, 3.0, 2.5, 2.0)
_FIRST: Final = (1, 2, 3)
_OWN: Final = (1, 3)
_BOTH: Final = (1, 2)
#: Neighbouring harmonics are about equally strong; the widest waves are evened out of the picture, the finest blurred.
_ALIKE: Final = (3, 4)
#: The share of a page where a wave must be clear, and of the taken grid's share: against waves beside it, over so many
#: of its lengths, in bands of so many millimetres.
_STANDS_OUT: Final = 0.15
_AS_CLEAR: Final = 0.5
_EVEN: Final = 0.45
_BESIDE: Final = (0.92, 1.08)
_WAVES: Final = 4.0
_BAND_MM: Final = 10.0
#: A finer wave is believed where it stands out at so many nodes, as a share of the wide grid's.
_BELIEVED: Final = 0.5
_FEWEST_NODES: Final = 30
_PLANES: Final = 3
_MOST_BEND_MM: Final = 10.0
#: Stiffness of the paper that is tried, from almost flat to limp, and what a limper one must explain more.
_STIFFNESS: Final = (3e3, 3e2, 3e1, 3.0, 0.3)
_GAIN: Final = 0.92
#: Paper whose grid mostly, at this share of the nodes, lies this near its plane's place is flat.
_MOSTLY: Final = 0.8
_FLAT_MM: Final = 0.04
_BLOCK: Final = 4
#: Of the polynomials that describe a bend.
_DEGREE: Final = 12


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


class Placed(NamedTuple):
    """A page's place: homography from flat millimetres to the picture, what it leaves, the printed grid's box in millimetres."""

    to_picture: Float64
    bend: Bend | None
    grid_box: Box


def place(drawn: Drawn, to_picture: Float64, box_mm: tuple[float, float]) -> Placed:
    """Refine a page's plane by its grid's phase, then describe its bends where it has any.

    Args:
        drawn: draws the flat page's lines.
        to_picture: (3, 3) first guess, within a few per cent.
        box_mm: width and height of the page.
    """
    nodes = (int(box_mm[1] // NODE_MM) + 2, int(box_mm[0] // NODE_MM) + 2)
    pitch = SQUARE_MM
    for step in range(_PLANES):
        flat = drawn(to_picture, None)
        found = phases(flat, nodes, pitch)
        if found.clear >= _FEWEST_NODES:
            to_picture = _replaned(to_picture, found)
        if step == 0:
            flat = drawn(to_picture, None)
            enough = max(_FEWEST_NODES, _BELIEVED * phases(flat, nodes, SQUARE_MM).clear)
            pitch = next((one for one in _FINE_MM if phases(flat, nodes, one).clear > enough), SQUARE_MM)
    found = phases(drawn(to_picture, None), nodes, pitch)
    bend = _bend(drawn, to_picture, found, pitch)
    return Placed(to_picture, bend, _box(found))


def square_found_mm(flat: NDArray[Any]) -> float:
    """What the wide grid's pitch is on a page flattened by a grid taken for it: `SQUARE_MM` if that was right.

    A grid of some pitch has harmonics that no other grid of the same paper has: the widest one with all of its first
    is the paper's. Rows and beats are periodic too, but fainter than a grid.

    Args:
        flat: the page's lines at `BEND_PX_MM`.
    """
    waves = [_Waves(one) for one in (flat, flat.T)]

    def clear(pitch_mm: float, harmonics: tuple[int, ...]) -> float:
        return min(one.clear_share(pitch_mm / harmonic) for harmonic in harmonics for one in waves)

    def even(pitch_mm: float) -> bool:
        """Lines rounded to pixels are a little uneven in pairs; a grid's own harmonics are about equally strong."""
        return all(
            min(found) > _EVEN * max(found)
            for one in waves
            if (found := [one.strength(pitch_mm / harmonic) for harmonic in _ALIKE])
        )

    own = clear(SQUARE_MM, _OWN)
    enough = max(_STANDS_OUT, _AS_CLEAR * own)
    wider = next((pitch for pitch in _WIDER if clear(pitch, _FIRST) > enough and even(pitch)), SQUARE_MM)
    if wider != SQUARE_MM or own > _STANDS_OUT:
        return wider
    enough = max(_STANDS_OUT, *(clear(SQUARE_MM, (harmonic,)) / _AS_CLEAR for harmonic in _OWN))
    return next((pitch for pitch in _NARROWER if clear(pitch, _BOTH) > enough), SQUARE_MM)


class _Waves:
    """The waves along a page's rows, in bands of them."""

    def __init__(self, flat: NDArray[Any]) -> None:
        high = round(_BAND_MM * BEND_PX_MM)
        count = max(flat.shape[0] // high, 1)
        bands = flat[: count * high].astype(np.float32).reshape(count, -1, flat.shape[1]).mean(axis=1)
        self.spectrum = fft.fft(bands - bands.mean(), axis=1)
        self.per_mm = fft.fftfreq(flat.shape[1]) * BEND_PX_MM

    def clear_share(self, period_mm: float) -> float:
        """Share of the page where a wave of this period is clear."""
        beside = np.mean([self._along(period_mm, by) for by in _BESIDE], axis=0)
        return float(np.mean(self._along(period_mm, 1.0) > _CLEAR * beside))

    def strength(self, period_mm: float) -> float:
        """Mean amplitude of a wave of this period."""
        return float(np.mean(self._along(period_mm, 1.0)))

    def _along(self, period_mm: float, by: float) -> Float64:
        away = _WAVES * (period_mm * self.per_mm - by)
        found: Float64 = np.abs(fft.ifft(self.spectrum * np.exp(-2 * (np.pi * away) ** 2), axis=1))
        return found


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
    sigma = _FINE_MM.get(pitch_mm, _WIDE_SMOOTH_MM) * BEND_PX_MM
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


def _replaned(to_picture: Float64, found: Phases) -> Float64:
    """The homography that puts the grid where it belongs, by weighted least squares with outliers let go."""
    rows, columns = np.mgrid[0 : found.weight.shape[1], 0 : found.weight.shape[2]]
    here = np.stack((columns, rows), axis=-1) * NODE_MM
    middle, size = here.reshape(-1, 2).mean(axis=0), float(here.max())
    q = (here - middle) / size
    p = q - np.moveaxis(found.shift_mm, 0, -1) / size
    # q (1 + g p) = A p + b, one equation for each direction known at a node.
    designs, wanted, trusts = [], [], []
    for axis in (0, 1):
        known = found.weight[axis] > 0
        # Where the other direction is not known its place is that of the node.
        px, py = (np.where(found.weight[k] > 0, p[..., k], q[..., k])[known] for k in (0, 1))
        own = q[..., axis][known]
        design = np.zeros((own.size, 8))
        design[:, 3 * axis : 3 * axis + 3] = np.stack((px, py, np.ones_like(px)), axis=1)
        design[:, 6:] = -own[:, None] * np.stack((px, py), axis=1)
        designs.append(design)
        wanted.append(own)
        trusts.append(found.weight[axis][known])
    design, target, weight = np.concatenate(designs), np.concatenate(wanted), np.concatenate(trusts)
    trust = weight
    for _ in range(6):
        root = np.sqrt(trust)[:, None]
        factors = np.linalg.lstsq(design * root, target * root[:, 0], rcond=None)[0]
        away = np.abs(target - design @ factors)
        trust = weight / (1 + (away / (2.0 * float(np.median(away)) + 1e-9)) ** 2)
    inner = np.append(factors, 1.0).reshape(3, 3)
    to_unit = np.array([[1 / size, 0, -middle[0] / size], [0, 1 / size, -middle[1] / size], [0, 0, 1]])
    refined: Float64 = to_picture @ np.linalg.inv(to_unit) @ inner @ to_unit
    return refined


def _bend(drawn: Drawn, to_picture: Float64, plane: Phases, pitch_mm: float) -> Bend | None:
    """What the plane leaves: first by the wide grid, which knows steep bends, then by the finer one; None of flat paper."""
    if plane.clear >= _FEWEST_NODES and _away(plane, np.zeros_like(plane.shift_mm)) < _FLAT_MM:
        return None
    nodes = (plane.shift_mm.shape[1], plane.shift_mm.shape[2])
    shifts, bend = np.zeros_like(plane.shift_mm), None
    for pitch in (SQUARE_MM, pitch_mm, pitch_mm):
        found = phases(drawn(to_picture, bend), nodes, pitch)
        if found.clear < _FEWEST_NODES:
            continue
        sheet = Sheet(found.weight)
        stiffness = _stiffness(found, sheet)
        if stiffness is None:
            continue
        shifts = np.clip(shifts + sheet.through(found, stiffness), -_MOST_BEND_MM, _MOST_BEND_MM)
        bend = Bend(step_mm=NODE_MM, dx_mm=_rows(shifts[0]), dy_mm=_rows(shifts[1]))
    return bend


def _stiffness(found: Phases, sheet: Sheet) -> float | None:
    """The stiffness that foretells blocks of nodes from the others best; None where flat paper does as well."""
    rows, columns = np.mgrid[0 : found.weight.shape[1], 0 : found.weight.shape[2]]
    odd = (rows // _BLOCK + columns // _BLOCK) % 2 == 1
    best, least = None, _away(found, np.zeros_like(found.shift_mm))
    for stiffness in _STIFFNESS:
        away = []
        for held in (odd, ~odd):
            known = found._replace(weight=np.where(held, 0.0, found.weight))
            away.append(_away(found, sheet.through(known, stiffness), held))
        if float(np.mean(away)) < _GAIN * least:
            best, least = stiffness, float(np.mean(away))
    return best


def _away(found: Phases, guess: Float64, where: NDArray[np.bool_] | None = None) -> float:
    """How far the grid mostly stands from a guess, millimetres."""
    known = (found.weight > 0) & (True if where is None else where)
    return float(np.quantile(np.abs(found.shift_mm - guess)[known], _MOSTLY)) if known.any() else 0.0


class Sheet:
    """Smooth surfaces over the nodes of a page: polynomials, level beyond the grid, with a plate's bending energy."""

    def __init__(self, weight: Float64) -> None:
        known = weight.max(axis=0) > 0
        rows, columns = np.nonzero(known)
        axes = []
        for count, at in zip(known.shape, (rows, columns), strict=True):
            places = np.clip(np.arange(count), at.min(), at.max())
            axes.append(2.0 * (places - at.min()) / max(int(at.max() - at.min()), 1) - 1.0)
        v, u = np.meshgrid(*axes, indexing="ij")
        powers = np.add.outer(np.arange(_DEGREE + 1), np.arange(_DEGREE + 1)).ravel()
        terms = np.polynomial.chebyshev.chebvander2d(u, v, [_DEGREE, _DEGREE])[..., powers <= _DEGREE]
        self.terms = terms.reshape(-1, terms.shape[-1])
        inner = terms[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        seconds = [
            np.diff(inner, 2, axis=0),
            np.diff(inner, 2, axis=1),
            2**0.5 * np.diff(np.diff(inner, axis=0), axis=1),
        ]
        every = np.concatenate([one.reshape(-1, terms.shape[-1]) for one in seconds])
        self.energy = every.T @ every + 1e-9 * np.eye(terms.shape[-1])

    def through(self, found: Phases, stiffness: float) -> Float64:
        """(2, rows, columns) shifts through what was measured, outliers let go."""
        made = []
        for shift, weight in zip(found.shift_mm, found.weight, strict=True):
            known = weight.ravel() > 0
            if known.sum() < _FEWEST_NODES:
                made.append(np.zeros_like(shift))
                continue
            design, target = self.terms[known], shift.ravel()[known]
            trust = np.ones(target.size)
            for _ in range(3):
                weighted = design * trust[:, None]
                factors = np.linalg.solve(design.T @ weighted + stiffness * self.energy, weighted.T @ target)
                away = np.abs(target - design @ factors)
                trust = 1 / (1 + (away / (3.0 * float(np.median(away)) + 0.01)) ** 2)
            made.append((self.terms @ factors).reshape(shift.shape))
        return np.stack(made)


def _rows(plane: Float64) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(value), 4) for value in row) for row in plane)


def _box(found: Phases) -> Box:
    rows, columns = np.nonzero(found.weight.min(axis=0))
    if not rows.size:
        rows, columns = np.nonzero(np.ones_like(found.weight[0]))
    return (
        float(columns.min()) * NODE_MM, float(rows.min()) * NODE_MM,
        float(columns.max()) * NODE_MM, float(rows.max()) * NODE_MM,
    )  # fmt: skip
