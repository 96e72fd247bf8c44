"""Where a page lies in its picture to a fraction of a millimetre: its plane by the grid's phase, then its bends."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.digitisation import Bend
from calipers.tools.digitise.grid import SQUARE_MM
from calipers.tools.digitise.grid_phase import FEWEST_NODES, FINE_MM, NODE_MM, Drawn, Phases, phases

Float64 = NDArray[np.float64]
Box = tuple[float, float, float, float]

#: A finer wave is believed where it stands out at so many nodes, as a share of the wide grid's.
_BELIEVED: Final = 0.5
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


class Placed(NamedTuple):
    """A page's place.

    Attributes:
        to_picture: (3, 3) homography from flat millimetres to the picture.
        bend: what it leaves.
        grid_box: left, top, right, bottom of the printed grid, millimetres.
        grid_nodes: at how many places, 6 mm apart, the grid was clear.
    """

    to_picture: Float64
    bend: Bend | None
    grid_box: Box
    grid_nodes: int


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
        if found.clear >= FEWEST_NODES:
            to_picture = _replaned(to_picture, found)
        if step == 0:
            flat = drawn(to_picture, None)
            enough = max(FEWEST_NODES, _BELIEVED * phases(flat, nodes, SQUARE_MM).clear)
            pitch = next((one for one in FINE_MM if phases(flat, nodes, one).clear > enough), SQUARE_MM)
    found = phases(drawn(to_picture, None), nodes, pitch)
    bend = _bend(drawn, to_picture, found, pitch)
    return Placed(to_picture, bend, _box(found), found.clear)


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
    if plane.clear >= FEWEST_NODES and _away(plane, np.zeros_like(plane.shift_mm)) < _FLAT_MM:
        return None
    nodes = (plane.shift_mm.shape[1], plane.shift_mm.shape[2])
    shifts, bend = np.zeros_like(plane.shift_mm), None
    for pitch in (SQUARE_MM, pitch_mm, pitch_mm):
        found = phases(drawn(to_picture, bend), nodes, pitch)
        if found.clear < FEWEST_NODES:
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
            if known.sum() < FEWEST_NODES:
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
