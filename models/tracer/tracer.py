"""The network on a page's rows: onnxruntime, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.inference import run
from calipers.models.tracer.windows import FINER, MULTIPLE, REACH_PX, Windows, window

WEIGHTS: Final = Path(__file__).parent / "weights" / "tracer.onnx"
SECOND_WEIGHTS: Final = WEIGHTS.with_name("second.onnx")
#: The line is the mean of what the network gives to places so near to the likeliest half's end, pixels.
_ABOUT_PX: Final = 6
#: A line that likely comes so near to the window's edge, pixels, is followed on the page made so many times lower where
#: rows stand so far apart: there a complex may be taller than a window.
_EDGE_PX: Final = 9
_LIKELY: Final = 0.5
_SQUEEZED: Final = 2
_APART_PX: Final = 130
#: A line lies on ink, or so near, pixels.
_NEAR_PX: Final = 5

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


class Line(NamedTuple):
    """Where a row's line went, `FINER` heights a pixel column.

    Attributes:
        y_px: (w, FINER) pixel rows.
        error_px: (w, FINER) standard deviation.
        on_ink: (w, FINER) how likely it is that there is ink where the line went; it is taken to lie there.
    """

    y_px: Float64
    error_px: Float64
    on_ink: Float64


def row_line(ink: Float32, row: int, lines_px: Sequence[float], leads: NDArray[np.int64], *, threads: int = 2) -> Line:
    """The line of one of a page's rows.

    Args:
        ink: (h, w) share of full ink.
        row: its number from the top.
        lines_px: each row's quiet line.
        leads: (rows, w) numbers of leads; see `windows.code_of`.
        threads: of the network.

    Raises:
        MissingPart: the weights are not there.
    """
    found = _line(ink, row, lines_px, leads, 1, threads)
    far = np.abs(found.y_px - lines_px[row]) > REACH_PX - _EDGE_PX
    apart = min((abs(line - lines_px[row]) for other, line in enumerate(lines_px) if other != row), default=REACH_PX)
    if apart >= _APART_PX and (far & (found.on_ink > _LIKELY)).any():
        return _line(ink, row, lines_px, leads, _SQUEEZED, threads)
    return found


def chances(seen: Windows, *, threads: int) -> Float32:
    """(b, h, w * FINER) how likely a row's line is at each height, as the first network says.

    Raises:
        MissingPart: the weights are not there.
    """
    (chance,) = run(WEIGHTS, threads, **seen._asdict())
    return chance


def _line(
    ink: Float32, row: int, lines_px: Sequence[float], leads: NDArray[np.int64], squeezed: int, threads: int
) -> Line:
    """The line as the network sees it on a page made so many times lower."""
    height, width = ink.shape
    seen = (255 * np.clip(ink, 0, 1)).astype(np.uint8)
    if squeezed > 1:
        seen = cv2.resize(seen, (width, height // squeezed), interpolation=cv2.INTER_AREA).astype(np.uint8)
    lines = [(line + 0.5) / squeezed - 0.5 for line in lines_px]
    part = window(seen, row, lines, leads, 0, width + -width % MULTIPLE)
    chance = chances(part, threads=threads)
    near = cv2.dilate(part.ink[0, 0, :, :width], np.ones((_NEAR_PX, 1), np.uint8)) / np.float32(255)
    inked = chance[0, :, : width * FINER] * np.repeat(near, FINER, axis=1)
    on_ink = inked.sum(axis=0)
    y_px, error_px = _read_out(inked / np.maximum(on_ink, 1e-9))
    y_px = (y_px + round(lines[row]) - REACH_PX + 0.5) * squeezed - 0.5
    found = (y_px, error_px * squeezed, on_ink.astype(np.float64))
    return Line(*(values.reshape(width, FINER) for values in found))


def _read_out(chance: Float32) -> tuple[Float64, Float64]:
    """(n,) places and standard deviations of (h, n) chances: the mean of what lies about the median."""
    places = np.arange(chance.shape[0], dtype=np.float32)
    mean = places @ chance
    spread = np.sqrt(np.maximum(places**2 @ chance - mean**2, 0.0))
    middle = (np.cumsum(chance, axis=0) < 0.5).sum(axis=0)
    at = np.clip(middle + np.arange(-_ABOUT_PX, _ABOUT_PX + 1)[:, None], 0, places.size - 1)
    near = np.take_along_axis(chance, at, axis=0)
    y_px = (near * at).sum(axis=0) / np.maximum(near.sum(axis=0), 1e-9)
    return y_px.astype(np.float64), spread.astype(np.float64)
