"""Drawn pages of known signals as batches of strips: what the page reader sees, and what it should say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.signal import resample_poly

from calipers.leads import INDEX
from calipers.models.mllm.corpus import Corpus
from calipers.models.mllm.page import (
    LAYOUTS,
    MM_PER_MV,
    PIXELS_PER_MM_X,
    PIXELS_PER_MM_Y,
    PIXELS_PER_MV,
    STRIP_MARGIN,
    STRIP_WIDTH,
    TRACE_X_MM,
    PageLayout,
    strips_of,
    thumbnail,
)
from calipers.models.mllm.page_augmentation import PageAugmentation, SeenPage, roughened

#: Finer than the pages' columns, so that a height between two samples is not flattened.
_FINE: Final = 4


@dataclass(frozen=True)
class StripBatches:
    """How a batch is drawn: pages, strips cut from each, and their width in pixels (a multiple of 16)."""

    pages: int = 3
    crops: int = 8
    crop_width: int = 320
    augmentation: PageAugmentation = field(default_factory=PageAugmentation)


class DrawnPage(NamedTuple):
    """A page's file, `<ecg_id>_<layout>[_<lost leads>].png`."""

    path: Path
    ecg_id: int
    layout: PageLayout
    lost: tuple[str, ...]


class Truth(NamedTuple):
    """mv: (rows, STRIP_WIDTH) about each strip's middle; shown: whether a trace stands in the column."""

    mv: NDArray[np.float32]
    shown: NDArray[np.bool_]


def drawn_pages(folder: Path) -> list[DrawnPage]:
    """The pages of a folder, by name."""
    found = []
    for path in sorted(folder.glob("*.png")):
        ecg_id, layout, *lost = path.stem.split("_")
        found.append(DrawnPage(path, int(ecg_id), next(name for name in LAYOUTS if name == layout), tuple(lost)))
    return found


def truth_of(page: SeenPage, drawn: DrawnPage, fine_mv: NDArray[np.float32]) -> Truth:
    """What the reader should say of each strip of a page.

    Args:
        page: as it is seen.
        drawn: which page it is.
        fine_mv: (12, 4000) the record at four times the page's rate.
    """
    rows = LAYOUTS[drawn.layout]
    columns = TRACE_X_MM * PIXELS_PER_MM_X - STRIP_MARGIN + np.arange(STRIP_WIDTH) + 0.5
    sample = (page.x_mm[0] + page.x_mm[1] * columns - TRACE_X_MM) * PIXELS_PER_MM_X
    mv = np.zeros((len(rows.segments), STRIP_WIDTH), np.float32)
    shown = np.zeros(mv.shape, np.bool_)
    for row, (baseline_mm, segments) in enumerate(zip(rows.baselines_mm, rows.segments, strict=True)):
        for lead, first, stop in segments:
            inside = (sample >= first) & (sample < stop)
            trace = np.interp(sample[inside] * _FINE, np.arange(fine_mv.shape[1]), fine_mv[INDEX[lead]])
            pixel = (baseline_mm - MM_PER_MV * trace - page.y_mm[0]) / page.y_mm[1]
            mv[row, inside] = (round(baseline_mm * PIXELS_PER_MM_Y) - pixel) / PIXELS_PER_MV
            shown[row, inside] = lead not in drawn.lost
    return Truth(mv, shown)


class StripBatch(NamedTuple):
    """strips: (b, 192, w, 3) uint8; mv, shown: (b, w); thumbnails: (pages, h, w, 3); layouts: (pages,)."""

    strips: NDArray[np.uint8]
    mv: NDArray[np.float32]
    shown: NDArray[np.bool_]
    thumbnails: NDArray[np.uint8]
    layouts: NDArray[np.int64]


def strip_batches(
    config: StripBatches, pages: list[DrawnPage], corpus: Corpus, steps: range, seed: int
) -> Iterator[StripBatch]:
    """Each step draws from its own chance, so that a resumed training sees what it would have seen."""
    place = {int(ecg_id): row for row, ecg_id in enumerate(corpus.ecg_id)}
    names = list(LAYOUTS)
    for step in steps:
        chance = np.random.default_rng((seed, step))
        strips, mv, shown, thumbnails, layouts = [], [], [], [], []
        for drawn in (pages[number] for number in chance.choice(len(pages), config.pages)):
            image = Image.open(drawn.path)
            seen = roughened(image, LAYOUTS[drawn.layout].height, config.augmentation, chance)
            signal = corpus.signal_mv[place[drawn.ecg_id]].astype(np.float64)
            truth = truth_of(seen, drawn, resample_poly(signal, _FINE, 1, axis=1).astype(np.float32))
            whole = strips_of(seen.pixels, drawn.layout)
            for _ in range(config.crops):
                row = int(chance.integers(len(whole)))
                left = int(chance.integers(STRIP_WIDTH - config.crop_width + 1))
                part = slice(left, left + config.crop_width)
                strips.append(whole[row, :, part])
                mv.append(truth.mv[row, part])
                shown.append(truth.shown[row, part])
            thumbnails.append(thumbnail(seen.pixels))
            layouts.append(names.index(drawn.layout))
        yield StripBatch(np.stack(strips), np.stack(mv), np.stack(shown), np.stack(thumbnails), np.array(layouts))
