"""From a picture to a flat page at a fixed scale: homography from the grid's vectors, then the paper's bends.

The homography leaves what no plane explains: curl, folds, a lens. The grid itself measures that: multiplied by a
wave of its own pitch and smoothed, its phase is the shift at each place (phase demodulation, as in fringe analysis).
"""

from __future__ import annotations

import heapq
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from calipers.digitisation import Bend
from calipers.errors import PictureNotDigitised, UnreadableInput
from calipers.tools.digitise.grid import (
    LEAST_PROMINENCE,
    SQUARE_MM,
    Grid,
    LocalGrid,
    find_grid,
    line_map,
    local_grid,
    tiles_of,
)

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Box = tuple[float, float, float, float]
Image = NDArray[np.uint8]

#: The grid is looked for on a picture of at most this many pixels a side.
LONGEST_PX: Final = 2200
#: Pixels per millimetre at which bends are measured, and the distance of their nodes.
_BEND_PX_MM: Final = 4.0
_NODE_MM: Final = 6.0
#: Tiles less clear than this share of the clearest say nothing.
_CLEAR_SHARE: Final = 0.5
_SMOOTH_MM: Final = 4.0
_MOST_BEND_MM: Final = 8.0
#: A bend that makes the millimetre lines stand out by less than this is none.
_LEAST_GAIN: Final = 1.02
#: A page wider or higher than this is no page.
_LARGEST_MM: Final = 900.0
_SMALLEST_MM: Final = 25.0
_AROUND_GRID_MM: Final = 22.0


class Flat(NamedTuple):
    """A flat page.

    Attributes:
        image: (h, w, 3) uint8 at the asked scale.
        to_picture: (3, 3) from flat millimetres to the picture's pixels.
        bend: what the plane leaves.
        px_mm: how many of the picture's pixels a millimetre had.
        grid: of the whole picture.
        grid_box: left, top, right, bottom of the printed grid, flat millimetres.
    """

    image: Image
    to_picture: Float64
    bend: Bend | None
    px_mm: float
    grid: Grid
    grid_box: Box


class Phases(NamedTuple):
    """What the grid's phase says on nodes: (2, rows, columns) shifts and their weights, 0 where the grid is faint.

    `clarity` is how much the grid stands out over the page.
    """

    shift_mm: Float64
    weight: Float64
    clarity: float


def straighten(picture: Image, px_mm: float) -> Flat:
    """Flatten a page by its grid; rows of the page run across, but it may still stand on its head.

    Args:
        picture: (h, w, 3) uint8.
        px_mm: pixels a millimetre of the result.

    Raises:
        UnreadableInput: there is no ECG paper's grid in it.
        PictureNotDigitised: there is one, but not of a page's size.
    """
    longest = max(picture.shape[:2])
    scale = min(1.0, LONGEST_PX / longest)
    small = (
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
        if scale < 1
        else picture
    )
    lines = line_map(small)
    tiles = tiles_of(lines)
    if not tiles:
        raise UnreadableInput("found an empty picture; needed a photo, scan or print of an ECG")
    grid = find_grid(tiles, max(lines.shape))
    if grid.prominence < LEAST_PROMINENCE:
        raise UnreadableInput("found a picture without the grid of ECG paper; needed a photo, scan or print of an ECG")
    local = local_grid(tiles, grid)
    to_mm = _homography(local, grid)
    to_small, box = _page_box(to_mm, small.shape[:2], local)
    bend, grid_box = _bend(lines, to_small, box)
    # Sharp enough for the result, and no sharper: a picture of 40 pixels a millimetre would alias.
    dense = float(np.sqrt(abs(np.linalg.det(to_small[:2, :2]))))
    source, grow = (picture, 1.0 / scale) if dense < px_mm and scale < 1 else (small, 1.0)
    enlarge = np.diag([grow, grow, 1.0])
    image = _warped(source, enlarge @ to_small, bend, box, px_mm)
    return Flat(image, np.diag([1 / scale, 1 / scale, 1.0]) @ to_small, bend, dense / scale, grid, grid_box)


def _homography(local: LocalGrid, grid: Grid) -> Float64:
    """(3, 3) from pixels to millimetres, its translation free, by least squares on the grid vectors."""
    clear = local.weight > _CLEAR_SHARE * float(np.quantile(local.weight, 0.9))
    centre, middle = local.centre[clear], local.centre[clear].mean(axis=0)
    across, down = local.across[clear] * SQUARE_MM, local.down[clear] * SQUARE_MM
    size = float(np.median(np.hypot(*across.T)))
    places = (centre - middle) / 1000.0
    weight = np.sqrt(local.weight[clear])[:, None]

    def gradients(p: Float64) -> tuple[Float64, Float64]:
        a, b, d, e, g, h = p
        below = 1.0 + places @ (g, h)
        u, v = places @ (a, b) / below, places @ (d, e) / below
        du = (np.array([a, b]) - u[:, None] * (g, h)) / below[:, None]
        dv = (np.array([d, e]) - v[:, None] * (g, h)) / below[:, None]
        return du, dv

    def misfit(p: Float64) -> Float64:
        du, dv = gradients(p)
        return np.concatenate([weight * (du / 1000 - across), weight * (dv / 1000 - down)]).ravel() / size

    start = [*np.median(across, axis=0) * 1000, *np.median(down, axis=0) * 1000, 0.0, 0.0]
    a, b, d, e, g, h = least_squares(misfit, start, loss="soft_l1", f_scale=0.01, x_scale=np.abs(start) + 0.1).x
    shift = np.array([[1 / 1000, 0, -middle[0] / 1000], [0, 1 / 1000, -middle[1] / 1000], [0, 0, 1]])
    return np.array([[a, b, 0.0], [d, e, 0.0], [g, h, 1.0]]) @ shift


def _page_box(to_mm: Float64, shape: tuple[int, ...], local: LocalGrid) -> tuple[Float64, tuple[float, float]]:
    """(3, 3) from flat millimetres to pixels with the page at (0, 0), and the page's width and height."""
    height, width = shape
    corners = _applied(to_mm, np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64))
    seen = _applied(to_mm, local.centre[local.weight > _CLEAR_SHARE * float(np.quantile(local.weight, 0.9))])
    reach = 128 * float(np.sqrt(abs(np.linalg.det(to_mm[:2, :2])))) + _AROUND_GRID_MM
    first = np.maximum(corners.min(axis=0), seen.min(axis=0) - reach)
    last = np.minimum(corners.max(axis=0), seen.max(axis=0) + reach)
    size = last - first
    if not np.isfinite(size).all() or size.max() > _LARGEST_MM or size.min() < _SMALLEST_MM:
        raise PictureNotDigitised(
            f"found grid paper of {size[0]:.0f} x {size[1]:.0f} mm; needed an ECG page of {_SMALLEST_MM:.0f} to {_LARGEST_MM:.0f} mm",
            "page",
        )
    placed = np.array([[1, 0, -first[0]], [0, 1, -first[1]], [0, 0, 1]]) @ to_mm
    back: Float64 = np.linalg.inv(placed).astype(np.float64)
    return back, (float(size[0]), float(size[1]))


def _bend(lines: Float32, to_small: Float64, box: tuple[float, float]) -> tuple[Bend | None, Box]:
    """Shifts of the grid from its plane's place on nodes, and where the grid is.

    The wide grid is coarse but knows no wraps; the narrow one (or the wide one's fifth harmonic) is fine. A step
    is kept only where it makes the narrow grid stand out more.
    """
    nodes = (int(box[1] // _NODE_MM) + 2, int(box[0] // _NODE_MM) + 2)
    best, here = np.zeros((2, *nodes)), None
    plane = measured = _phases(_warped(lines, to_small, None, box, _BEND_PX_MM), nodes, 1.0)
    for pitch, degree in ((SQUARE_MM, 3), (1.0, 5), (1.0, 6)):
        by = measured if pitch == 1.0 else _phases(_warped(lines, to_small, here, box, _BEND_PX_MM), nodes, pitch)
        added = [_surface(shift, weight, degree) for shift, weight in zip(by.shift_mm, by.weight, strict=True)]
        shifts = np.clip(best + added, -_MOST_BEND_MM, _MOST_BEND_MM)
        tried = Bend(step_mm=_NODE_MM, dx_mm=_rows(shifts[0]), dy_mm=_rows(shifts[1]))
        now = _phases(_warped(lines, to_small, tried, box, _BEND_PX_MM), nodes, 1.0)
        # The wide grid's word is rough: it must help much. The narrow one's is fine: it must not hurt.
        if now.clarity > (1.01 if pitch == SQUARE_MM else 0.995) * measured.clarity:
            best, here, measured = shifts, tried, now
    if measured.clarity < _LEAST_GAIN * plane.clarity:
        # A flat page has no bend to find: what was found is where its edge, print and traces pull the phase.
        here, measured = None, plane
    rows, columns = np.nonzero(measured.weight.min(axis=0))
    if not rows.size:
        rows, columns = np.nonzero(measured.weight.max(axis=0))
    return here, (
        float(columns.min()) * _NODE_MM, float(rows.min()) * _NODE_MM,
        float(columns.max()) * _NODE_MM, float(rows.max()) * _NODE_MM,
    )  # fmt: skip


def _rows(plane: Float64) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(value), 4) for value in row) for row in plane)


def _surface(shift: Float64, weight: Float64, degree: int) -> Float64:
    """A smooth surface through what was measured (rows, columns), level beyond it: polynomials, outliers let go."""
    rows, columns = np.nonzero(weight)
    if rows.size < 2 * (degree + 1) ** 2:
        return np.zeros_like(shift)
    first, last = np.array([rows.min(), columns.min()]), np.array([rows.max(), columns.max()])
    size = np.maximum(last - first, 1)
    i, j = np.mgrid[0 : shift.shape[0], 0 : shift.shape[1]]
    u, v = (
        2 * (np.clip(k, low, high) - low) / wide - 1
        for k, low, high, wide in zip((i, j), first, last, size, strict=True)
    )
    terms = np.polynomial.chebyshev.chebvander2d(u, v, [degree, degree])
    powers = np.add.outer(np.arange(degree + 1), np.arange(degree + 1)).ravel()
    terms = terms[..., powers <= degree]
    penalty = np.diag(1e-3 * float(weight.sum()) * powers[powers <= degree] ** 2.0 / degree**2)
    design, wanted, trust = terms[rows, columns], shift[rows, columns], weight[rows, columns]
    for _ in range(4):
        factors = np.linalg.solve(design.T @ (design * trust[:, None]) + penalty, design.T @ (wanted * trust))
        away = np.abs(wanted - design @ factors)
        trust = weight[rows, columns] / (1 + (away / (1.5 * float(np.median(away)) + 0.02)) ** 2)
    surface: Float64 = terms @ factors
    return surface


def _phases(flat: NDArray[Any], nodes: tuple[int, int], pitch_mm: float) -> Phases:
    """How far a grid of this pitch lies from its place."""
    height, width = flat.shape
    sigma = _SMOOTH_MM * _BEND_PX_MM * (1.0 if pitch_mm < SQUARE_MM else 2.5)
    at_y = np.clip((np.arange(nodes[0]) * _NODE_MM * _BEND_PX_MM).astype(int), 0, height - 1)
    at_x = np.clip((np.arange(nodes[1]) * _NODE_MM * _BEND_PX_MM).astype(int), 0, width - 1)
    shifts, weights, clarity = [], [], 0.0
    for axis, size in ((1, width), (0, height)):
        turn = 2 * np.pi * (np.arange(size) + 0.5) / (pitch_mm * _BEND_PX_MM)
        wave = np.exp(-1j * turn).astype(np.complex64)
        near = _smooth(flat * (wave[None, :] if axis == 1 else wave[:, None]), sigma)[np.ix_(at_y, at_x)]
        phase, known = _unwrapped(np.angle(near).astype(np.float64), np.abs(near).astype(np.float64))
        # Where the paper's own place is further by e than the plane's, the phase is 2 pi e / pitch.
        shifts.append(-phase / (2 * np.pi) * pitch_mm)
        weights.append(np.where(known, np.abs(near), 0.0))
        clarity += float(np.abs(near).mean())
    return Phases(np.stack(shifts), np.stack(weights), clarity)


def _smooth(plane: NDArray[np.complex64], sigma: float) -> NDArray[np.complex64]:
    shrink = max(1, int(sigma // 4))
    size = (max(2, plane.shape[1] // shrink), max(2, plane.shape[0] // shrink))

    def one(part: NDArray[np.float32]) -> NDArray[np.float32]:
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
        return cv2.resize(small, plane.shape[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)

    smooth: NDArray[np.complex64] = one(np.ascontiguousarray(plane.real)) + np.complex64(1j) * one(
        np.ascontiguousarray(plane.imag)
    )
    return smooth


def _unwrapped(phase: Float64, strength: Float64) -> tuple[Float64, NDArray[np.bool_]]:
    """Phases without jumps, grown from the clearest place, about zero; and where the grid is clear enough."""
    rows, columns = phase.shape
    whole, known = np.zeros_like(phase), np.zeros(phase.shape, np.bool_)
    clear = strength > 0.4 * float(np.quantile(strength, 0.9))
    first = np.unravel_index(int(strength.argmax()), phase.shape)
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


def _warped(
    source: NDArray[np.generic], to_source: Float64, bend: Bend | None, box: tuple[float, float], px_mm: float
) -> NDArray[np.uint8]:
    """The flat page, its top left corner at (0, 0) millimetres."""
    width, height = (max(16, round(side * px_mm)) for side in box)
    x = (np.arange(width, dtype=np.float32) + 0.5) / px_mm
    y = (np.arange(height, dtype=np.float32) + 0.5) / px_mm
    xs, ys = np.meshgrid(x, y)
    if bend is not None:
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        u, v = (columns + 0.5) / px_mm / bend.step_mm, (rows + 0.5) / px_mm / bend.step_mm
        xs = xs + cv2.remap(np.array(bend.dx_mm, np.float32), u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        ys = ys + cv2.remap(np.array(bend.dy_mm, np.float32), u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    h = to_source.astype(np.float32)
    below = h[2, 0] * xs + h[2, 1] * ys + h[2, 2]
    px = (h[0, 0] * xs + h[0, 1] * ys + h[0, 2]) / below - 0.5
    py = (h[1, 0] * xs + h[1, 1] * ys + h[1, 2]) / below - 0.5
    return cv2.remap(source, px, py, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _applied(matrix: Float64, points: Float64) -> Float64:
    """(n, 2) points through a homography."""
    mapped = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    placed: Float64 = mapped[:, :2] / mapped[:, 2:]
    return placed
