"""The page that the image encoder reads: which lead stands where, and the fixed size it is brought to.

Pages are drawn by `calipers.tools.render` on true-scale paper (25 mm/s, 10 mm/mV, 297 mm wide); a test holds
these positions against the renderer's own. Across, one column of pixels is one sample at 100 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calipers.leads import INDEX, LEADS, Lead

Float32 = NDArray[np.float32]
PageLayout = Literal["3x4+1", "6x2", "12x1"]

PAGE_HZ: Final = 100
SAMPLES: Final = 10 * PAGE_HZ
WIDTH_MM: Final = 297.0
PIXELS_PER_MM_X: Final = 4.0
PIXELS_PER_MM_Y: Final = 3.0
WIDTH: Final = round(WIDTH_MM * PIXELS_PER_MM_X)
#: Where the first sample of a row stands.
TRACE_X_MM: Final = 21.0
MM_PER_MV: Final = 10.0
PIXELS_PER_MV: Final = MM_PER_MV * PIXELS_PER_MM_Y

#: A row is read in a strip of this many pixels about its baseline, ± 3.2 mV, with a margin on both sides.
STRIP_HEIGHT: Final = 192
STRIP_MARGIN: Final = 36
STRIP_WIDTH: Final = SAMPLES + 2 * STRIP_MARGIN
#: The layout is told from every sixth pixel's surroundings, on a canvas as high as the highest page.
_THUMBNAIL_STEP: Final = 6


class Segment(NamedTuple):
    """One lead on one row, from sample `first` up to `stop` of the page's ten seconds."""

    lead: Lead
    first: int
    stop: int


@dataclass(frozen=True)
class PageRows:
    """The rows of a layout.

    Attributes:
        height_mm: of the page.
        baselines_mm: (rows,) from the page's top.
        segments: of each row, in time.
    """

    height_mm: float
    baselines_mm: tuple[float, ...]
    segments: tuple[tuple[Segment, ...], ...]

    @property
    def height(self) -> int:
        """Pixels of the page at its fixed size."""
        return round(self.height_mm * PIXELS_PER_MM_Y)


def _rows(height_mm: float, first_mm: float, pitch_mm: float, leads: tuple[tuple[Lead, ...], ...]) -> PageRows:
    """`leads`: those of each row from left to right, in equal shares of the time."""
    segments = tuple(
        tuple(
            Segment(lead, SAMPLES * place // len(row), SAMPLES * (place + 1) // len(row))
            for place, lead in enumerate(row)
        )
        for row in leads
    )
    return PageRows(height_mm, tuple(first_mm + pitch_mm * row for row in range(len(leads))), segments)


LAYOUTS: Final[dict[PageLayout, PageRows]] = {
    "3x4+1": _rows(210.0, 60.0, 40.0, (*((*LEADS[row::3],) for row in range(3)), ("II",))),
    "6x2": _rows(210.0, 55.0, 25.0, tuple((LEADS[row], LEADS[row + 6]) for row in range(6))),
    "12x1": _rows(290.0, 45.0, 20.0, tuple((lead,) for lead in LEADS)),
}


def fixed_size(image: Image.Image, height: int) -> NDArray[np.uint8]:
    """A page as the reader wants it: (height, WIDTH, channels)."""
    return np.asarray(image.resize((WIDTH, height), Image.Resampling.BILINEAR))


def strips_of(page: NDArray[np.uint8], layout: PageLayout) -> NDArray[np.uint8]:
    """Cut the rows out of a page at its fixed size.

    Args:
        page: (height, WIDTH, 3).
        layout: whose rows.

    Returns:
        (rows, STRIP_HEIGHT, STRIP_WIDTH, 3); white beyond the page's edge.
    """
    padded = np.pad(page, ((STRIP_HEIGHT, STRIP_HEIGHT), (0, 0), (0, 0)), constant_values=255)
    left = round(TRACE_X_MM * PIXELS_PER_MM_X) - STRIP_MARGIN
    tops = [round(mm * PIXELS_PER_MM_Y) + STRIP_HEIGHT // 2 for mm in LAYOUTS[layout].baselines_mm]
    return np.stack([padded[top : top + STRIP_HEIGHT, left : left + STRIP_WIDTH] for top in tops])


THUMBNAIL_SHAPE: Final = (max(rows.height for rows in LAYOUTS.values()) // _THUMBNAIL_STEP, WIDTH // _THUMBNAIL_STEP)


def thumbnail(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A page at its fixed size shrunken sixfold, white below: (*THUMBNAIL_SHAPE, 3)."""
    height, width = (size * _THUMBNAIL_STEP for size in THUMBNAIL_SHAPE)
    canvas = np.full((height, width, 3), 255, np.uint8)
    canvas[: min(len(page), height)] = page[:height, :width]
    cells = canvas.reshape(height // _THUMBNAIL_STEP, _THUMBNAIL_STEP, width // _THUMBNAIL_STEP, _THUMBNAIL_STEP, 3)
    return np.asarray(cells.mean(axis=(1, 3)), np.uint8)


class Traces(NamedTuple):
    """signal_mv: (12, 1000) at 100 Hz, zero where nothing was read; present: (12, 1000) where something was."""

    signal_mv: Float32
    present: NDArray[np.bool_]


def traces_of(rows_mv: Float32, confidence: Float32, layout: PageLayout, *, surest: float = 0.5) -> Traces:
    """Put what was read on each row to its lead and time.

    A lead that stands on the page twice (the rhythm strip) is taken from the row that shows more of it, whole;
    each stretch keeps the page's baseline, and each lead's median is removed as the encoder expects.

    Args:
        rows_mv: (rows, 1000) read amplitudes about each row's baseline.
        confidence: (rows, 1000) that there is a trace.
        layout: of the page.
        surest: samples of less confidence count as missing.
    """
    signal = np.zeros((len(LEADS), SAMPLES), np.float32)
    present = np.zeros((len(LEADS), SAMPLES), np.bool_)
    for row, segments in enumerate(LAYOUTS[layout].segments):
        for lead, first, stop in segments:
            place = INDEX[lead]
            if present[place].sum() >= stop - first:
                continue
            present[place] = False
            present[place, first:stop] = confidence[row, first:stop] >= surest
            signal[place, first:stop] = rows_mv[row, first:stop]
    for trace, shown in zip(signal, present, strict=True):
        if shown.any():
            trace -= np.median(trace[shown])
    return Traces(np.where(present, signal, np.float32(0.0)), present)
