"""Pages as other printers, scanners and screens would show them: shifted, scaled, softened, in other colours."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from calipers.models.mllm.page import WIDTH, WIDTH_MM


@dataclass(frozen=True)
class PageAugmentation:
    """Sizes and shares; see `roughened`."""

    shift_mm: float = 2.0
    scale: float = 0.025
    blur_share: float = 0.5
    blur_pixels: float = 1.1
    jpeg_share: float = 0.5
    jpeg_lowest: int = 30
    colour_share: float = 0.5
    grey_share: float = 0.15
    noise_share: float = 0.5
    noise: float = 10.0


class SeenPage(NamedTuple):
    """A page at its fixed size, and how its pixels lie on paper.

    Attributes:
        pixels: (height, WIDTH, 3) uint8.
        x_mm, y_mm: (offset, millimetres per pixel) of a pixel's left or upper edge.
    """

    pixels: NDArray[np.uint8]
    x_mm: tuple[float, float]
    y_mm: tuple[float, float]


def on_white(image: Image.Image) -> Image.Image:
    """Without transparency."""
    if image.mode == "RGB":
        return image
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def roughened(image: Image.Image, height: int, config: PageAugmentation, chance: np.random.Generator) -> SeenPage:
    """A page at its fixed size with a random shift, scale, blur, compression, colours and noise."""
    mm_per_pixel = WIDTH_MM / image.width
    pad = round((config.shift_mm / mm_per_pixel) + config.scale * max(image.size)) + 2
    canvas = Image.new("RGB", (image.width + 2 * pad, image.height + 2 * pad), "white")
    canvas.paste(on_white(image), (pad, pad))
    scale = 1.0 + config.scale * chance.uniform(-1, 1, 2)
    shift = config.shift_mm / mm_per_pixel * chance.uniform(-1, 1, 2)
    # The page's middle stays where it is but for the shift.
    size = np.array(image.size) * scale
    first = pad + (np.array(image.size) - size) / 2 + shift
    box = (first[0], first[1], first[0] + size[0], first[1] + size[1])
    page = canvas.resize((WIDTH, height), Image.Resampling.BILINEAR, box=box)
    if chance.random() < config.blur_share:
        page = page.filter(ImageFilter.GaussianBlur(config.blur_pixels * chance.random()))
    if chance.random() < config.jpeg_share:
        packed = io.BytesIO()
        page.save(packed, "JPEG", quality=int(chance.integers(config.jpeg_lowest, 96)))
        page = Image.open(packed)
    offset = (first - pad) * mm_per_pixel
    step = size * mm_per_pixel / np.array([WIDTH, height])
    return SeenPage(_recoloured(np.asarray(page), config, chance), (offset[0], step[0]), (offset[1], step[1]))


def _recoloured(pixels: NDArray[np.uint8], config: PageAugmentation, chance: np.random.Generator) -> NDArray[np.uint8]:
    """Another grid colour, fainter ink, greyed, noisy."""
    ink = 255.0 - pixels.astype(np.float32)
    if chance.random() < config.colour_share:
        ink = ink[..., chance.permutation(3)] * chance.uniform(0.6, 1.0, 3).astype(np.float32)
    if chance.random() < config.grey_share:
        ink = np.repeat(ink.mean(axis=2, keepdims=True), 3, axis=2)
    if chance.random() < config.noise_share:
        ink += chance.standard_normal(ink.shape[:2], dtype=np.float32)[..., None] * config.noise * chance.random()
        ink += 40.0 * chance.random() * np.linspace(0, chance.uniform(-1, 1), ink.shape[1], dtype=np.float32)[:, None]
    return np.asarray(255.0 - np.clip(ink, 0.0, 255.0), np.uint8)
