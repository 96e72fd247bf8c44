"""The paper's grid in a picture: its pitch and direction at every place, from local spectra.

A grid is periodic in two directions at right angles on the paper, whatever it is printed with. Its pitch and its
turn are found for the whole picture first, on the mean spectrum of tiles; each tile then says where its own grid
vectors lie, and a homography is fitted through them (`straighten.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import map_coordinates, median_filter

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

#: Pixels of a tile, and of its padded spectrum.
TILE: Final = 256
_SPECTRUM: Final = 512
_STEP: Final = 192
#: Harmonics of the wide grid that are summed; the fifth is the narrow grid's first.
_HARMONICS: Final = (1, 2, 3, 4, 5)
SQUARE_MM: Final = 5.0
#: Pixels between thick lines that are looked for.
_PITCHES: Final = (8.0, 90.0)
#: A grid of more squares than this across a picture is the millimetres', unless so many of the camera's or scanner's
#: pixels lie between its lines that a millimetre would have 24 of them.
_MOST_SQUARES: Final = 125
_FINEST_PX: Final = 24.0
#: Lines of a wider pitch stand nearer in a spectrum than a tile can tell apart.
_RESOLVED_PX: Final = 52.0
#: Degrees by which a page may lie turned; the products of both directions' lines stand at 27 and 45.
_MOST_TURN: Final = 24.0
#: Share of the mean power below which nothing is told apart.
_FLOOR: Final = 0.03
#: So do the lines that a multiple of the found pitch must have of its own: peaks within so many bins of their place.
_OWN_LINES: Final = 0.8
_SOME_OWN_LINES: Final = 0.25
_PLAY: Final = 1.0
_LOBE: Final = 3.0
#: Peaks of a grid stand this far above their surroundings, in natural logarithms of power, harmonics averaged.
LEAST_PROMINENCE: Final = 0.55
#: A whole picture's grid clearer than this needs no part to be looked at; a part's counts from here on.
_CLEAR_WHOLE: Final = 1.4
_CLEAR_PART: Final = 1.0
_PARTS: Final = 3
_PART_TILES: Final = 9
#: How far a direction's vector may lie from the whole picture's, as a share, and how many are tried that way.
_ASLANT: Final = (0.25, 41)
#: A wider search that ends no further than this from the narrow one found the same.
_ELSEWHERE: Final = 0.05


class Grid(NamedTuple):
    """The grid of a whole picture.

    Attributes:
        pitch_px: between thick lines (5 mm).
        angle: of the lines that run across, radians clockwise from the picture's rows.
        prominence: how clearly it stands out; below `LEAST_PROMINENCE` it is none.
        centre: (x, y) pixels, where it was found.
    """

    pitch_px: float
    angle: float
    prominence: float
    centre: tuple[float, float]


class Tile(NamedTuple):
    """A piece of the picture: its centre (x, y) in pixels, its (s, s) power with the mean in the middle."""

    centre: tuple[float, float]
    power: Float32


class LocalGrid(NamedTuple):
    """Grid vectors of tiles.

    Attributes:
        centre: (t, 2) pixels x, y.
        across, down: (t, 2) squares per pixel: gradients of the paper's x and y.
        weight: (t,) how clear.
    """

    centre: Float64
    across: Float64
    down: Float64
    weight: Float64


def line_map(image: NDArray[np.uint8]) -> Float32:
    """(h, w): thin dark lines of any colour, their strength evened over the picture; black ink counts no more."""
    dark = 255.0 - image.min(axis=2).astype(np.float32)
    size = max(9, round(max(dark.shape) / 120) | 1)
    thin = dark - cv2.blur(dark, (size, size))
    spread = np.sqrt(np.maximum(cv2.blur(thin * thin, (4 * size + 1, 4 * size + 1)), 0.0)) + 1.0
    evened: Float32 = np.clip(thin / spread, -2.0, 2.0)
    return evened


def find_grid(tiles: Sequence[Tile], longest_px: int, shrunk: float = 1.0) -> Grid:
    """Pitch and angle of a picture's grid: of the whole, or of the part where it is clearest.

    Seen aslant, a page has many pitches and angles, and their mean spectrum none.

    Args:
        tiles: of the picture.
        longest_px: its longer side.
        shrunk: how many times smaller it is than it was taken.
    """
    whole = _grid_of(tiles, longest_px, shrunk)
    if whole.prominence >= _CLEAR_WHOLE or len(tiles) <= _PART_TILES:
        return whole
    centres = np.array([tile.centre for tile in tiles])
    low, high = centres.min(axis=0), centres.max(axis=0)
    parts = []
    for share in np.ndindex(_PARTS, _PARTS):
        near = np.abs(centres - (low + (np.array(share) + 1) / (_PARTS + 1) * (high - low))).max(axis=1)
        parts.append(_grid_of([tiles[k] for k in np.argsort(near)[:_PART_TILES]], longest_px, shrunk))
    best = max(parts, key=lambda part: part.prominence)
    return best if best.prominence >= max(_CLEAR_PART, whole.prominence) else whole


def _grid_of(tiles: Sequence[Tile], longest_px: int, shrunk: float) -> Grid:
    """Pitch and angle that all of these tiles have."""
    mean = np.mean([tile.power for tile in tiles], axis=0)
    # Without a floor, the faint products of both directions stand out as much as the lines on clean pages.
    log = np.log(mean + _FLOOR * float(mean.mean()))
    radii = np.arange(4.0, _SPECTRUM / 2 - 2)
    angles = np.radians(np.arange(-_MOST_TURN, _MOST_TURN + 0.1, 0.5))
    rays = np.stack([_ray(log, angle, radii) + _ray(log, angle + np.pi / 2, radii) for angle in angles]) / 2
    # What stands above the smooth fall of a spectrum along its ray.
    rays -= median_filter(rays, size=(1, 21), mode="nearest")
    # Lines of one direction concentrate in one angle: what every angle has is no grid.
    rays -= np.median(rays, axis=0)
    pitches = np.exp(np.arange(np.log(_PITCHES[0]), np.log(_PITCHES[1]), 0.004))
    combs = np.zeros((angles.size, pitches.size))
    for row, ray in enumerate(rays):
        for harmonic in _HARMONICS:
            at = harmonic * _SPECTRUM / pitches
            combs[row] += np.clip(np.interp(at, radii, ray, right=0.0), -0.5, 8.0)
    combs /= len(_HARMONICS)
    best = np.unravel_index(int(combs.argmax()), combs.shape)
    pitch = _fundamental(pitches, rays[best[0]], radii, int(best[1]), longest_px, shrunk)
    x, y = np.mean([tile.centre for tile in tiles], axis=0)
    return Grid(pitch, float(angles[best[0]]), float(combs[best]), (float(x), float(y)))


def _fundamental(pitches: Float64, ray: Float64, radii: Float64, best: int, longest_px: int, shrunk: float) -> float:
    """The pitch of the wide squares: what was found, or the multiple whose own lines stand out most."""
    found = float(pitches[best])
    heights = {
        multiple: _own_lines(ray, radii, found * multiple, multiple)
        for multiple in (2, 3, 4, 5)
        if found * multiple <= _RESOLVED_PX
    }
    multiple = max(heights, key=lambda one: heights[one], default=1)
    height = heights.get(multiple, 0.0)
    too_fine = longest_px / found > _MOST_SQUARES and found * shrunk < _FINEST_PX and found * 5 <= _PITCHES[1]
    if height > (_SOME_OWN_LINES if too_fine else _OWN_LINES):
        return found * multiple
    return found * 5 if too_fine else found


def _own_lines(ray: Float64, radii: Float64, pitch_px: float, multiple: int) -> float:
    """How far the lines stand out that a grid has and one of a `multiple`-th of its pitch has not."""
    own = np.array([k for k in range(1, 2 * multiple) if k % multiple]) * _SPECTRUM / pitch_px
    near, around = (
        np.max([np.interp(own + play, radii, ray, right=0.0) for play in np.arange(-reach, reach + 0.1, 0.5)], axis=0)
        for reach in (_PLAY, _LOBE)
    )
    # The flank of another grid's line is no line.
    return float(np.median(np.where(near >= around, near, 0.0)))


def local_grid(tiles: Sequence[Tile], grid: Grid) -> LocalGrid:
    """Grid vectors tile by tile, each looked for near its neighbours'."""
    centre = np.array([tile.centre for tile in tiles])
    turn = np.array([[np.cos(grid.angle), np.sin(grid.angle)], [-np.sin(grid.angle), np.cos(grid.angle)]])
    # Seen aslant, both directions have a pitch of their own and do not stand at right angles.
    first = np.argsort(np.abs(centre - grid.centre).max(axis=1))[:_PART_TILES]
    around = np.log(np.mean([tiles[number].power for number in first], axis=0) + 1e-9)
    expected = np.stack([_aslant(around, vector) for vector in turn / grid.pitch_px])  # rows: gradients of x and y
    found = np.zeros((len(tiles), 2, 2))
    weight = np.zeros(len(tiles))
    middle = np.abs(centre - grid.centre).sum(axis=1)
    done: list[int] = []
    for number in np.argsort(middle):
        near = [one for one in done if np.abs(centre[one] - centre[number]).max() <= TILE and weight[one] > 0.15]
        start = np.average(found[near], axis=0, weights=weight[near]) if near else expected
        log = np.log(tiles[number].power + 1e-9)
        vectors, clear = zip(*(_refined(log, vector) for vector in start), strict=True)
        found[number], weight[number] = np.stack(vectors), min(clear)
        done.append(int(number))
    return LocalGrid(centre, found[:, 0], found[:, 1], np.clip(weight, 0.0, None))


def _aslant(log: Float32, start: Float64) -> Float64:
    """Where a direction's vector is expected: as the whole picture's, or where only a wider search finds it."""
    near, far = _refined(log, start)[0], _refined(log, start, _ASLANT)[0]
    return far if float(np.hypot(*(far - near))) > _ELSEWHERE * float(np.hypot(*start)) else start


def _refined(log: Float32, start: Float64, first: tuple[float, int] = (0.12, 17)) -> tuple[Float64, float]:
    """A frequency vector (cycles a pixel) near `start` whose harmonics are strongest, and how much they stand out."""
    best, clear = start, 0.0
    for reach, count in (first, (0.02, 9), (0.005, 9)):
        steps = np.linspace(-reach, reach, count) * float(np.hypot(*start))
        dx, dy = np.meshgrid(steps, steps)
        tried = best + np.stack((dx.ravel(), dy.ravel()), axis=1)
        score = np.zeros(len(tried))
        for harmonic in _HARMONICS:
            if float(np.hypot(*best)) * harmonic > 0.48:
                break
            place = tried * harmonic * _SPECTRUM
            score += map_coordinates(log, [place[:, 1] + _SPECTRUM / 2, place[:, 0] + _SPECTRUM / 2], order=1)
        score /= len(_HARMONICS)
        best, clear = tried[int(score.argmax())], float(score.max() - np.median(score))
    return best, clear


def tiles_of(lines: Float32) -> list[Tile]:
    """Tiles that have something on them."""
    height, width = lines.shape
    window = np.outer(np.hanning(TILE), np.hanning(TILE)).astype(np.float32)
    found = []
    tops = sorted({*range(0, max(height - TILE, 0) + 1, _STEP), max(height - TILE, 0)})
    lefts = sorted({*range(0, max(width - TILE, 0) + 1, _STEP), max(width - TILE, 0)})
    for top in tops:
        for left in lefts:
            piece = lines[top : top + TILE, left : left + TILE]
            if float(piece.std()) < 1e-3:
                continue
            padded = np.zeros((_SPECTRUM, _SPECTRUM), np.float32)
            padded[: piece.shape[0], : piece.shape[1]] = piece * window[: piece.shape[0], : piece.shape[1]]
            power = np.abs(fft.fftshift(fft.fft2(padded))) ** 2
            found.append(Tile((left + piece.shape[1] / 2, top + piece.shape[0] / 2), power))
    return found


def _ray(log: Float32, angle: float, radii: Float64) -> Float64:
    half = _SPECTRUM / 2
    rows, columns = half + radii * np.sin(angle), half + radii * np.cos(angle)
    ray: Float64 = map_coordinates(log, [rows, columns], order=1)
    return ray
