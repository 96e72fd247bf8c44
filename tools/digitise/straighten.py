"""From a picture to a flat page at a fixed scale: homography from the grid's vectors, then the grid's phase."""

from __future__ import annotations

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
from calipers.tools.digitise.grid_phase import BEND_PX_MM
from calipers.tools.digitise.place import Placed, place
from calipers.tools.digitise.square import square_found_mm

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Box = tuple[float, float, float, float]
Image = NDArray[np.uint8]

#: The grid is looked for on a picture of at most this many pixels a side.
LONGEST_PX: Final = 2200
#: Tiles less clear than this share of the clearest say nothing.
_CLEAR_SHARE: Final = 0.5
#: A page wider or higher than this is no page.
_LARGEST_MM: Final = 900.0
_SMALLEST_MM: Final = 25.0
_AROUND_GRID_MM: Final = 22.0
#: How often a grid may turn out to be another than it was taken for.
_PITCHES_TRIED: Final = 3


class Flat(NamedTuple):
    """A flat page.

    Attributes:
        image: (h, w, 3) uint8 at the asked scale.
        to_picture: (3, 3) from flat millimetres to the picture's pixels.
        bend: what the plane leaves.
        px_mm: how many of the picture's pixels a millimetre had.
        grid: of the whole picture.
        grid_box: left, top, right, bottom of the printed grid, flat millimetres.
        grid_nodes: at how many places, 6 mm apart, the grid was clear.
    """

    image: Image
    to_picture: Float64
    bend: Bend | None
    px_mm: float
    grid: Grid
    grid_box: Box
    grid_nodes: int


def straighten(picture: Image, px_mm: float, too_large: float = 1.0) -> Flat:
    """Flatten a page by its grid; rows of the page run across, but it may still stand on its head.

    Args:
        picture: (h, w, 3) uint8.
        px_mm: pixels a millimetre of the result.
        too_large: how many times larger than it is the page came out when it was flattened before.

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
    grid = find_grid(tiles, max(lines.shape), 1 / scale)
    if grid.prominence < LEAST_PROMINENCE:
        raise UnreadableInput("found a picture without the grid of ECG paper; needed a photo, scan or print of an ECG")
    local = local_grid(tiles, grid)
    to_mm = _homography(local, grid)
    (to_small, bend, grid_box, grid_nodes), box = _placed(lines, to_mm, local, too_large * SQUARE_MM)
    # Sharp enough for the result, and no sharper: a picture of 40 pixels a millimetre would alias.
    dense = float(np.sqrt(abs(np.linalg.det(to_small[:2, :2]))))
    source, grow = (picture, 1.0 / scale) if dense < px_mm and scale < 1 else (small, 1.0)
    enlarge = np.diag([grow, grow, 1.0])
    image = _warped(source, enlarge @ to_small, bend, box, px_mm)
    return Flat(image, np.diag([1 / scale, 1 / scale, 1.0]) @ to_small, bend, dense / scale, grid, grid_box, grid_nodes)


def _placed(lines: Float32, to_mm: Float64, local: LocalGrid, square: float) -> tuple[Placed, tuple[float, float]]:
    """Where the page lies, and its width and height in millimetres; a grid taken for a wider or finer one is noticed."""
    # The page is drawn coarser than it was seen: lines finer than a pixel would beat.
    coarser = float(np.sqrt(abs(np.linalg.det(to_mm[:2, :2])))) * BEND_PX_MM
    lines = cv2.GaussianBlur(lines, (0, 0), max(0.4 / coarser, 0.3)).astype(np.float32)
    for _ in range(_PITCHES_TRIED):
        to_lines, box = _page_box(np.diag([SQUARE_MM / square, SQUARE_MM / square, 1.0]) @ to_mm, lines.shape, local)

        def drawn(plane: Float64, bend: Bend | None, box: tuple[float, float] = box) -> NDArray[Any]:
            return _warped(lines, plane, bend, box, BEND_PX_MM)

        placed = place(drawn, to_lines, box)
        found = square_found_mm(drawn(placed.to_picture, placed.bend))
        if found == SQUARE_MM:
            return placed, box
        square *= found / SQUARE_MM
    raise PictureNotDigitised(
        "found ruled paper whose squares could not be told from its finer lines; needed a sharper picture", "grid"
    )


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


def _warped(
    source: NDArray[np.generic], to_source: Float64, bend: Bend | None, box: tuple[float, float], px_mm: float
) -> NDArray[Any]:
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
