"""What happens to a page between the printer and the file: scanners, copiers, phones, folds, pens and coffee.

The same engine makes the segmenter's training pages and the eval's; `Level` names what a page has been through.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Level = Literal["clean", "scan", "copy", "photo", "worn"]
LEVELS: Final[tuple[Level, ...]] = ("clean", "scan", "copy", "photo", "worn")

Image = NDArray[np.uint8]
Float32 = NDArray[np.float32]


class Camera(NamedTuple):
    """Where the page lies in its picture: the homography from page pixels to picture pixels, and the picture's size."""

    matrix: NDArray[np.float64]
    width: int
    height: int


class Damaged(NamedTuple):
    """A page as it arrives, and where its places went.

    Attributes:
        image: (h, w, 3) uint8.
        curl: (2, page's h, page's w) pixels, from a place of the curled paper to the page's place; None of flat paper.
        matrix: (3, 3) homography from the curled paper's pixels to the picture's.
    """

    image: Image
    curl: Float32 | None
    matrix: NDArray[np.float64]

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 2) pixels x, y of the page → of the picture; (0, 0) is the middle of the first pixel."""
        curled = points.copy()
        if self.curl is not None:
            for _ in range(8):  # the curl says where a place came from; what is asked is where it went
                at = curled.astype(np.float32)[None]
                curled = points - np.stack([cv2.remap(one, at, None, cv2.INTER_LINEAR)[0] for one in self.curl], axis=1)
        mapped = np.concatenate([curled, np.ones((len(points), 1))], axis=1) @ self.matrix.T
        placed: NDArray[np.float64] = mapped[:, :2] / mapped[:, 2:]
        return placed


def damage(page: Image, level: Level, chance: np.random.Generator, px_mm: float) -> Image:
    """A page as it arrives; see `damage_placed`."""
    return damage_placed(page, level, chance, px_mm).image


def damage_placed(page: Image, level: Level, chance: np.random.Generator, px_mm: float) -> Damaged:
    """A page as it arrives, and where its places went.

    Args:
        page: (h, w, 3) uint8, straight and clean.
        level: `scan` is slightly turned, softened, compressed; `copy` is black and white and speckled; `photo` is
            seen by a phone: perspective, uneven light, shadow, blur; `worn` is a photo of a page that was folded,
            written on and stained.
        chance: the draws.
        px_mm: pixels per millimetre of the page.
    """
    if level == "clean":
        return Damaged(page, None, np.eye(3))
    image, curl = page.copy(), None
    if level == "worn":
        image, curl = _curled(image, chance, px_mm)
        for _ in range(int(chance.integers(1, 3))):
            fold(image, chance)
        handwriting(image, chance, px_mm)
        stain(image, chance)
    if level in ("photo", "worn"):
        image, matrix = _photographed(image, chance)
        image = shaded(image, chance)
    else:
        image, matrix = _turned(image, float(chance.uniform(-2.0, 2.0)))
    if level == "copy":
        image = copied(image, chance)
    return Damaged(softened(image, chance, px_mm), curl, matrix)


def tinted(image: Image, chance: np.random.Generator) -> Image:
    """Other colours of light, contrast and brightness."""
    gain = chance.uniform(0.8, 1.1) * chance.uniform(0.92, 1.08, 3)
    fade = chance.uniform(0.0, 60.0)
    return (
        _bytes(255.0 - (255.0 - image.astype(np.float32)) * (1 - fade / 255.0))
        if chance.random() < 0.3
        else _bytes(image.astype(np.float32) * gain.astype(np.float32))
    )


def shaded(image: Image, chance: np.random.Generator) -> Image:
    """Uneven light: a broad gradient, and often a soft-edged shadow."""
    height, width = image.shape[:2]
    ys, xs = np.mgrid[0:1:32j, 0:1:32j]
    angle = chance.uniform(0, 2 * np.pi)
    light = 1.0 - chance.uniform(0.05, 0.35) * (
        0.5 + 0.5 * (np.cos(angle) * (xs - 0.5) + np.sin(angle) * (ys - 0.5)) * 2
    )
    light = light.astype(np.float32)
    full = cv2.resize(light, (width, height), interpolation=cv2.INTER_CUBIC)
    if chance.random() < 0.6:
        small = np.ones((96, 128), np.float32)
        corners = chance.uniform(-30, 160, (4, 2)).astype(np.int32)
        cv2.fillConvexPoly(small, cv2.convexHull(corners), float(chance.uniform(0.45, 0.85)))
        small = cv2.GaussianBlur(small, (0, 0), float(chance.uniform(0.6, 8)))
        full *= cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    warmth = chance.uniform(0.88, 1.0, 3).astype(np.float32)
    return _bytes(image.astype(np.float32) * full[..., None] * warmth)


def copied(image: Image, chance: np.random.Generator) -> Image:
    """A photocopy: grey or nearly black and white, with specks; light grids may vanish."""
    grey = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    middle, steep = chance.uniform(110, 215), chance.uniform(8, 45)
    tone = 255.0 / (1.0 + np.exp(-(grey - middle) / steep))
    specks = chance.random(grey.shape, dtype=np.float32) < 10 ** chance.uniform(-5, -3)
    tone[cv2.dilate(specks.astype(np.uint8), np.ones((2, 2), np.uint8)) > 0] = 40.0
    return _bytes(np.repeat(tone[..., None], 3, axis=2))


def softened(image: Image, chance: np.random.Generator, px_mm: float) -> Image:
    """Blur, sensor noise and JPEG."""
    if chance.random() < 0.7:
        image = cv2.GaussianBlur(image, (0, 0), float(chance.uniform(0.02, 0.13)) * px_mm)
    if chance.random() < 0.2:
        size = max(2, round(chance.uniform(0.15, 0.5) * px_mm))
        kernel = np.eye(size, dtype=np.float32) if chance.random() < 0.5 else np.zeros((size, size), np.float32)
        kernel[size // 2] += 1.0
        image = cv2.filter2D(image, -1, kernel / kernel.sum())
    noise = chance.standard_normal(image.shape[:2], dtype=np.float32)[..., None] * chance.uniform(0, 9)
    image = _bytes(image.astype(np.float32) + noise)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(35, 96))]
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR), np.uint8)


def coarsened(image: Image, chance: np.random.Generator, px_mm: float) -> Image:
    """As from a picture of few pixels: 3 to 5 a millimetre, enlarged again."""
    share = min(1.0, float(chance.uniform(3.0, 5.0)) / px_mm)
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def handwriting(image: Image, chance: np.random.Generator, px_mm: float) -> None:
    """Pen strokes in place: words, loops and underlines."""
    height, width = image.shape[:2]
    colours = ((20, 20, 120), (15, 15, 15), (150, 20, 30), (20, 90, 40))
    for _ in range(int(chance.integers(1, 5))):
        colour = colours[int(chance.integers(len(colours)))]
        pen = max(1, round(chance.uniform(0.25, 0.6) * px_mm))
        place = chance.uniform(0, 1, 2) * (width * 0.9, height)
        if chance.random() < 0.6:
            text = ("seen", "? STEMI", "no chest pain", "Dr K", "14:30", "old", "ok", "compare", "rate 80")
            cv2.putText(
                image, text[int(chance.integers(len(text)))], (int(place[0]), int(place[1])),
                cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, float(chance.uniform(0.1, 0.25)) * px_mm, colour, pen, cv2.LINE_AA,
            )  # fmt: skip
            continue
        steps = np.cumsum(cv2.GaussianBlur(chance.normal(0, 1, (60, 2)), (0, 0), sigmaX=0.01, sigmaY=3.0), axis=0)
        stroke = place + steps * chance.uniform(1.0, 5.0) * px_mm
        cv2.polylines(
            image, [stroke.astype(np.int32)[:, None]], isClosed=False, color=colour, thickness=pen, lineType=cv2.LINE_AA
        )


def fold(image: Image, chance: np.random.Generator) -> None:
    """A crease across the page: a thin light or dark line, one side a little darker."""
    height, width = image.shape[:2]
    upright = chance.random() < 0.5
    at = chance.uniform(0.2, 0.8)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    tilt = chance.uniform(-0.05, 0.05)
    away = xs - at * width - tilt * ys if upright else ys - at * height - tilt * xs
    crease = np.exp(-((away / chance.uniform(1.0, 3.0)) ** 2)) * chance.uniform(-60, 60)
    side = np.where(away > 0, -chance.uniform(0, 35) * np.exp(-np.abs(away) / (0.2 * width)), 0.0)
    image[:] = _bytes(image.astype(np.float32) + (crease + side)[..., None])


def stain(image: Image, chance: np.random.Generator) -> None:
    """A ring of coffee."""
    if chance.random() < 0.5:
        return
    height, width = image.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    centre, radius = chance.uniform(0, 1, 2) * (width, height), chance.uniform(0.06, 0.15) * width
    away = np.hypot(xs - centre[0], ys - centre[1])
    ring = 0.35 * np.exp(-(((away - radius) / (0.08 * radius)) ** 2)) + 0.12 * (away < radius)
    brown = np.array([120, 80, 40], np.float32)
    image[:] = _bytes(image * (1 - ring[..., None]) + brown * ring[..., None])


def _curled(image: Image, chance: np.random.Generator, px_mm: float) -> tuple[Image, Float32]:
    """Paper that does not lie flat: smooth shifts of up to a few millimetres."""
    height, width = image.shape[:2]
    nodes = chance.uniform(-1, 1, (2, 4, 5)).astype(np.float32) * px_mm * float(chance.uniform(0.5, 2.5))
    dx, dy = (cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) for one in nodes)
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    curled = cv2.remap(image, xs + dx, ys + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
    return curled, np.stack((dx, dy))


def _turned(image: Image, degrees: float) -> tuple[Image, NDArray[np.float64]]:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    pad = round(abs(np.sin(np.radians(degrees))) * max(height, width) / 2) + 4
    matrix[:, 2] += pad
    size = (width + 2 * pad, height + 2 * pad)
    turned = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(250, 250, 250))
    return turned.astype(np.uint8), np.concatenate([matrix, [[0.0, 0.0, 1.0]]])


def camera(width: int, height: int, chance: np.random.Generator) -> Camera:
    """A phone held over the page: turned by up to 10 degrees, tilted, with some table around."""
    size = np.array([width, height])
    pad = chance.uniform(0.03, 0.12) * width
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size
    shifts = chance.uniform(-0.05, 0.05, (4, 2)) * width
    angle = np.radians(chance.uniform(-10, 10))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    seen = (corners - size / 2) @ turn.T + shifts
    seen -= seen.min(axis=0) - pad
    far = np.ceil(seen.max(axis=0) + pad).astype(int)
    return Camera(
        cv2.getPerspectiveTransform(corners.astype(np.float32), seen.astype(np.float32)), int(far[0]), int(far[1])
    )


def _photographed(image: Image, chance: np.random.Generator) -> tuple[Image, NDArray[np.float64]]:
    height, width = image.shape[:2]
    view = camera(width, height, chance)
    table = np.empty((view.height, view.width, 3), np.uint8)
    table[:] = chance.integers(20, 170, 3)
    grain = cv2.resize(
        chance.normal(0, 14, (view.height // 16 + 2, view.width // 3 + 2)).astype(np.float32), (view.width, view.height)
    )
    table = _bytes(table + grain[..., None])
    seen = cv2.warpPerspective(
        image,
        view.matrix,
        (view.width, view.height),
        dst=table,
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    return seen.astype(np.uint8), view.matrix


def _bytes(image: NDArray[np.floating]) -> Image:
    return np.clip(image, 0, 255).astype(np.uint8)
