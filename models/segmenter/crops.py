"""Pieces of painted, damaged pages at the network's fixed scale, as batches with their truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.classes import OTHER, WORD
from calipers.models.segmenter.damage import coarsened, copied, fold, handwriting, shaded, softened, stain, tinted
from calipers.models.segmenter.painter import Page, paint
from calipers.models.segmenter.segmenter import COARSE, PX_MM, inks
from calipers.models.segmenter.signals import FS_HZ, twelve_leads
from calipers.models.segmenter.styles import draw_style

#: Pixels per millimetre at which pages are painted.
_PAINTED: Final = (5.0, 7.5, 7.5, 10.0)
#: Rows whose complexes cross, and pens that leave one pixel, in millimetres; the share of pages that have each.
_CROWDED_MM: Final = (9.0, 16.0)
_THIN_PEN_MM: Final = (0.1, 0.2)
_CROWDED, _THIN = 0.25, 0.15
#: A piece is damaged with this much around it, as a share of its width.
_AROUND: Final = 1.25

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Crops:
    """How a batch is cut: pages a batch, crops a page, a crop's width in pixels, shares of what happens to a page."""

    pages: int = 2
    crops: int = 5
    size: int = 256
    around_names: float = 0.55
    shaded: float = 0.4
    copied: float = 0.28
    written_on: float = 0.3
    folded: float = 0.12
    stained: float = 0.1
    coarse: float = 0.15
    turn_degrees: float = 1.5
    stretch: float = 0.04


class Batch(NamedTuple):
    """inks (b, 3, s, s) int8, see `segmenter.inks`; lines (b, 2, s, s) uint8, trace and pulse; words (b, s/4, s/4) int64 of `WORDS`."""

    inks: NDArray[np.int8]
    lines: Image
    words: NDArray[np.int64]


def batches(config: Crops, signals: NDArray[np.int16], steps: range, seed: int) -> Iterator[Batch]:
    """One batch a step; a step's batch depends on the seed and the step alone."""
    for step in steps:
        chance = np.random.default_rng((seed, step))
        pieces = [piece for _ in range(config.pages) for piece in _of_one_page(config, signals, chance)]
        yield Batch(*(np.stack(part) for part in zip(*pieces, strict=True)))


def painted_page(signals: NDArray[np.int16], chance: np.random.Generator) -> Page:
    """A page of any style from any of these records."""
    record = twelve_leads(signals[int(chance.integers(len(signals)))]) * np.float32(chance.uniform(0.8, 1.6))
    style = draw_style(chance)
    if chance.random() < _CROWDED:
        style = replace(style, pitch=float(chance.uniform(*_CROWDED_MM)))
    if chance.random() < _THIN:
        style = replace(style, ink_width=float(chance.uniform(*_THIN_PEN_MM)))
    return paint(record, FS_HZ, style, float(chance.choice(_PAINTED)), chance)


def _of_one_page(
    config: Crops, signals: NDArray[np.int16], chance: np.random.Generator
) -> Iterator[tuple[NDArray[np.int8], Image, NDArray[np.int64]]]:
    page = painted_page(signals, chance)
    names = [word for word in page.words if word.word != OTHER]
    for _ in range(config.crops):
        centre = chance.uniform(0, 1, 2) * (page.image.shape[1], page.image.shape[0])
        if names and chance.random() < config.around_names:
            box = names[int(chance.integers(len(names)))].box
            centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
            centre += chance.uniform(-0.4, 0.4, 2) * config.size / PX_MM * page.px_mm
        yield _piece(config, page, centre, chance)


def damaged(config: Crops, image: Image, px_mm: float, chance: np.random.Generator) -> Image:
    """A piece of a page as it may arrive: folded, written on, stained, shaded, copied, soft; each by chance."""
    image = image.copy()
    if chance.random() < config.folded:
        fold(image, chance)
    if chance.random() < config.stained:
        stain(image, chance)
    if chance.random() < config.written_on:
        handwriting(image, chance, px_mm)
    if chance.random() < config.shaded:
        image = shaded(image, chance)
    if chance.random() < config.copied:
        image = copied(image, chance)
    elif chance.random() < 0.5:
        image = tinted(image, chance)
    if chance.random() < config.coarse:
        image = coarsened(image, chance, px_mm)
    return softened(image, chance, px_mm)


def _piece(
    config: Crops, page: Page, centre: NDArray[np.float64], chance: np.random.Generator
) -> tuple[NDArray[np.int8], Image, NDArray[np.int64]]:
    scale = PX_MM / page.px_mm * (1 + config.stretch * chance.uniform(-1, 1))
    angle = np.radians(config.turn_degrees * chance.uniform(-1, 1))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn[0] *= 1 + 0.5 * config.stretch * chance.uniform(-1, 1)
    reach = _AROUND * config.size / PX_MM * page.px_mm / 2
    first = np.clip(np.floor(centre - reach), 0, np.array(page.trace.shape)[::-1] - 32).astype(int)
    last = np.ceil(centre + reach).astype(int)
    window = np.s_[first[1] : max(last[1], first[1] + 32), first[0] : max(last[0], first[0] + 32)]
    # From the page's pixels, and from the window's, to the piece's.
    on_page = np.concatenate([turn, (config.size / 2 - turn @ centre)[:, None]], axis=1)
    in_window = np.concatenate([turn, (config.size / 2 - turn @ (centre - first))[:, None]], axis=1)

    def warped(plane: Image, border: int) -> Image:
        return cv2.warpAffine(
            plane, in_window, (config.size, config.size), flags=cv2.INTER_LINEAR, borderValue=(border,) * 3
        ).astype(np.uint8)

    lines = warped(np.dstack((page.trace[window], page.pulse[window])), 0)
    image = warped(damaged(config, page.image[window], page.px_mm, chance), int(chance.integers(0, 256)))
    return inks(image), lines.transpose(2, 0, 1), _words(config, page, on_page)


def _words(config: Crops, page: Page, on_page: NDArray[np.float64]) -> NDArray[np.int64]:
    words = np.zeros((config.size // COARSE, config.size // COARSE), np.int64)
    # Other words first, so that a name's box stands above them.
    for word in sorted(page.words, key=lambda one: one.word != OTHER):
        x0, y0, x1, y1 = word.box
        corners = (on_page @ np.array([[x0, x1, x1, x0], [y0, y0, y1, y1], [1.0] * 4])).T / COARSE
        left, top = np.maximum(np.round(corners.min(axis=0)).astype(int), 0)
        right, bottom = np.maximum(np.round(corners.max(axis=0)).astype(int), 0)
        if right > 0 and bottom > 0:
            words[top : max(bottom, top + 1), left : max(right, left + 1)] = WORD[word.word]
    return words
