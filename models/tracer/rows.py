"""Painted rows of ink with the truth of whose each pixel is, and where each line went."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.crops import Crops, damaged
from calipers.models.segmenter.ink import pen_ink
from calipers.models.segmenter.painter import Drawn, paint, places, polyline, stroke
from calipers.models.segmenter.segmenter import PX_MM, segment
from calipers.models.segmenter.signals import FS_HZ, twelve_leads
from calipers.models.segmenter.styles import Style, draw_style
from calipers.models.tracer.windows import FINER, UNKNOWN, code_of

#: A row's own ink is what lies so many pixels about its drawn stroke.
_ABOUT_PX: Final = 2
#: Paper beyond the last row and the right ends.
_MARGIN_MM: Final = 10.0
_PAINTED_PX_MM: Final = 7.5

Byte = NDArray[np.uint8]


@dataclass(frozen=True)
class Rows:
    """Which pages are drawn.

    Attributes:
        crowded: share of pages whose rows stand `crowded_mm` apart, so that complexes cross.
        segmented: share of pages that are painted, damaged and segmented; others are drawn as ink.
        unknown: share of pages whose leads are not told.
        drift: rows rise by up to this from left to right, as a share.
        stretch: a page's scale may be wrong by up to this share.
        line_mm: a row's quiet line may be taken to stand so far from its own.
        amplitude: leads are drawn larger by factors between these.
        wide_mm: how much of a page's width is drawn.
    """

    crowded: float = 0.65
    crowded_mm: tuple[float, float] = (8.5, 18.0)
    segmented: float = 0.12
    unknown: float = 0.15
    drift: float = 0.003
    stretch: float = 0.04
    line_mm: float = 1.2
    amplitude: tuple[float, float] = (0.8, 1.7)
    wide_mm: float = 110.0
    damage: Crops = field(
        default_factory=lambda: Crops(shaded=0.2, copied=0.15, folded=0.05, stained=0.05, written_on=0.1, coarse=0.1)
    )


class Page(NamedTuple):
    """A page's ink, and the truth of it.

    Attributes:
        ink: (h, w) uint8, share of full ink.
        own: (rows, h, w) bool, where each row's pen passed.
        y_px: (rows, w * FINER) pixel row of each line's middle, NaN where there is none.
        lines_px: where each row's quiet line is taken to stand.
        leads: (rows, w) int64 numbers of leads; see `code_of`.
    """

    ink: Byte
    own: NDArray[np.bool_]
    y_px: NDArray[np.float64]
    lines_px: list[float]
    leads: NDArray[np.int64]


def drawn_page(config: Rows, signals: NDArray[np.int16], chance: np.random.Generator) -> Page:
    """A page of any style from any of these records.

    Args:
        config: which pages.
        signals: (r, 8, n) µV.
        chance: the draws.
    """

    record = twelve_leads(signals[int(chance.integers(len(signals)))]) * np.float32(chance.uniform(*config.amplitude))
    style = draw_style(chance)
    if chance.random() < config.crowded:
        style = replace(style, pitch=float(chance.uniform(*config.crowded_mm)))
    drawn = places(style)
    scale = PX_MM * (1 + config.stretch * chance.uniform(-1, 1, 2))
    right_mm = max(one.x_mm + (one.end_s - one.start_s) * style.speed_mm_s for one in drawn)
    left_mm = round(chance.uniform(0, max(right_mm + _MARGIN_MM - config.wide_mm, 0)) * _PAINTED_PX_MM) / _PAINTED_PX_MM
    part = _Part(record, style, scale, left_mm, config.drift * float(chance.uniform(-1, 1)))
    if chance.random() < config.segmented:
        part = part._replace(drift=0.0)
        ink = _segmented(config, part, chance)
    else:
        shape = (drawn[-1].baseline_mm + _MARGIN_MM, min(config.wide_mm, right_mm + _MARGIN_MM))
        ink = _drawn(drawn, part, (round(shape[0] * scale[1]), round(shape[1] * scale[0])), chance)
    own = _own(drawn, part, ink.shape)
    y_px = _middles(drawn, part, ink.shape[1])
    return Page(ink, own, y_px, *_told(config, drawn, part, own, chance))


class _Part(NamedTuple):
    """A part of a page: the record, how it is drawn, (2,) pixels a millimetre across and down, its left edge, the rows' slope."""

    record: NDArray[np.float32]
    style: Style
    scale: NDArray[np.float64]
    left_mm: float
    drift: float

    def line(self, one: Drawn) -> NDArray[np.float64]:
        """(n, 2) pixels of a stretch's line."""
        line = polyline(one, self.record, FS_HZ, self.style)
        line[:, 1] += self.drift * (line[:, 0] - line[:, 0].mean())
        return (line - (self.left_mm, 0.0)) * self.scale


def _number(one: Drawn, drawn: tuple[Drawn, ...]) -> int:
    """Which row a stretch stands in."""
    return sorted({other.baseline_mm for other in drawn}).index(one.baseline_mm)


def _own(drawn: tuple[Drawn, ...], part: _Part, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    own = np.zeros((len({one.baseline_mm for one in drawn}), *shape), np.uint8)
    wide = max(1, round(part.style.ink_width * PX_MM)) + 2 * _ABOUT_PX
    for one in drawn:
        stroke(own[_number(one, drawn)], part.line(one), 255, wide)
    return own > 127


def _middles(drawn: tuple[Drawn, ...], part: _Part, width: int) -> NDArray[np.float64]:
    """(rows, width * FINER) see `Page`."""
    y_px = np.full((len({one.baseline_mm for one in drawn}), width * FINER), np.nan)
    columns = (np.arange(width * FINER) + 0.5) / FINER
    for one in drawn:
        line = part.line(one)
        inside = (columns >= line[0, 0]) & (columns <= line[-1, 0])
        y_px[_number(one, drawn), inside] = np.interp(columns[inside], line[:, 0], line[:, 1]) - 0.5
    return y_px


def _told(
    config: Rows, drawn: tuple[Drawn, ...], part: _Part, own: NDArray[np.bool_], chance: np.random.Generator
) -> tuple[list[float], NDArray[np.int64]]:
    """The rows' lines and leads as the digitiser may take them."""
    lines = np.array(sorted({one.baseline_mm for one in drawn})) * part.scale[1]
    lines += config.line_mm * PX_MM * chance.uniform(-1, 1, lines.size)
    leads = np.full((own.shape[0], own.shape[2]), UNKNOWN, np.int64)
    if chance.random() >= config.unknown:
        for one in drawn:
            first = round((one.x_mm - part.left_mm) * part.scale[0])
            leads[_number(one, drawn), max(first, 0) :] = code_of(one.lead, inverted=one.inverted)
    return [float(line) for line in lines], leads


def _segmented(config: Rows, part: _Part, chance: np.random.Generator) -> Byte:
    """Ink of a painted page as the segmenter and the picture show it."""
    image = paint(part.record, FS_HZ, part.style, _PAINTED_PX_MM, chance).image
    left = round(part.left_mm * _PAINTED_PX_MM)
    image = np.ascontiguousarray(image[:, left : left + round(config.wide_mm * _PAINTED_PX_MM)])
    image = damaged(config.damage, image, _PAINTED_PX_MM, chance)
    down, across = (round(side / _PAINTED_PX_MM * k) for side, k in zip(image.shape, part.scale[::-1], strict=False))
    image = cv2.resize(image, (across, down), interpolation=cv2.INTER_AREA).astype(np.uint8)
    ink = pen_ink(image, segment(image, threads=1).trace)
    return (255 * ink).astype(np.uint8)


def _drawn(drawn: tuple[Drawn, ...], part: _Part, shape: tuple[int, int], chance: np.random.Generator) -> Byte:
    """Strokes at twice the scale, made smaller, soft, with what a segmenter loses and leaves."""
    fine = np.zeros((2 * shape[0], 2 * shape[1]), np.uint8)
    wide = max(1, round(2 * part.style.ink_width * PX_MM))
    for one in drawn:
        stroke(fine, 2 * part.line(one), 255, wide)
    ink = cv2.resize(fine, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32)
    ink = cv2.GaussianBlur(ink, (0, 0), float(chance.uniform(0.3, 1.0)))
    ink = np.clip((ink - 30) * float(chance.uniform(1.1, 2.2)), 0, 255)
    # Names, separators and handwriting that were taken for trace, and trace that was not.
    for _ in range(int(chance.integers(0, 14))):
        at = chance.uniform(0, 1, 2) * shape[::-1]
        bends = at + np.cumsum(chance.normal(0, chance.uniform(4, 14), (int(chance.integers(2, 5)), 2)), axis=0)
        left = np.zeros(shape, np.uint8)
        stroke(left, bends, int(chance.integers(60, 256)), int(chance.integers(1, 4)))
        ink = np.maximum(ink, left)
    faint = cv2.resize(chance.random((max(2, shape[0] // 12), max(2, shape[1] // 8))).astype(np.float32), shape[::-1])
    ink *= np.clip((faint - float(chance.uniform(-0.3, 0.12))) * 12, float(chance.uniform(0, 0.6)), 1)
    return ink.astype(np.uint8)
