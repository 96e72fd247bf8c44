"""The networks on a page's rows: onnxruntime, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from calipers.models.segmenter.inference import run
from calipers.models.tracer.drawn import drawn, passed
from calipers.models.tracer.windows import FINER, MULTIPLE, REACH_PX, Windows, window

WEIGHTS: Final = Path(__file__).parent / "weights" / "tracer.onnx"
SECOND_WEIGHTS: Final = WEIGHTS.with_name("second.onnx")
#: The line is the mean of what the network gives to places so near to the likeliest half's end, pixels.
_ABOUT_PX: Final = 6
#: A stroke that likely comes so near to the window's edge, pixels, is cut, and so is what lies beside it so near: its
#: tip, of which the network sees nothing.
_EDGE_PX: Final = 24
_LIKELY: Final = 0.5
_TIP_PX: Final = 4
#: It is followed, over so many pixels, on the page made so many times lower where rows stand so far apart: there a
#: complex may be taller than a window.
_COMPLEX_PX: Final = 61
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
        cut: (w, FINER) whether it went where the window ends, and so perhaps beyond.
    """

    y_px: Float64
    error_px: Float64
    on_ink: Float64
    cut: NDArray[np.bool_]


def row_lines(ink: Float32, lines_px: Sequence[float], leads: NDArray[np.int64], *, threads: int = 2) -> list[Line]:
    """The lines of a page's rows: each by itself, then each once more, knowing what all drew.

    Args:
        ink: (h, w) share of full ink.
        lines_px: each row's quiet line, from the top.
        leads: (rows, w) numbers of leads; see `windows.code_of`.
        threads: of the networks.

    Raises:
        MissingPart: weights are not there.
    """
    if not lines_px:
        return []
    byte, width = _bytes(ink), ink.shape[1]
    seen = [window(byte, row, lines_px, leads, 0, width + -width % MULTIPLE) for row in range(len(lines_px))]
    known = drawn([passed(chances(one, threads=threads)[0]) for one in seen], lines_px)
    found = []
    for row, (one, beside) in enumerate(zip(seen, known, strict=True)):
        (chance,) = run(SECOND_WEIGHTS, threads, **one._asdict(), drawn=beside)
        line = _line(one, chance, width, lines_px[row])
        if line.cut.any() and _may_be_lower(row, lines_px):
            near = maximum_filter1d(line.cut.any(axis=1), _COMPLEX_PX)[:, None]
            lower = _lower(ink, row, lines_px, leads, threads)
            line = Line(*(np.where(near, *values) for values in zip(lower, line, strict=True)))
        found.append(line)
    return found


def chances(seen: Windows, *, threads: int) -> Float32:
    """(b, h, w * FINER) how likely a row's line is at each height, as the first network says.

    Raises:
        MissingPart: the weights are not there.
    """
    (chance,) = run(WEIGHTS, threads, **seen._asdict())
    return chance


def _bytes(ink: Float32) -> NDArray[np.uint8]:
    return (255 * np.clip(ink, 0, 1)).astype(np.uint8)


def _may_be_lower(row: int, lines_px: Sequence[float]) -> bool:
    """Whether rows stand so far apart that a page made lower still shows them apart."""
    return all(abs(line - lines_px[row]) >= _APART_PX for other, line in enumerate(lines_px) if other != row)


def _lower(ink: Float32, row: int, lines_px: Sequence[float], leads: NDArray[np.int64], threads: int) -> Line:
    """A row's line by itself on the page made lower."""
    height, width = ink.shape
    low = cv2.resize(ink, (width, height // _SQUEEZED), interpolation=cv2.INTER_AREA).astype(np.float32)
    lines = [(line + 0.5) / _SQUEEZED - 0.5 for line in lines_px]
    seen = window(_bytes(low), row, lines, leads, 0, width + -width % MULTIPLE)
    found = _line(seen, chances(seen, threads=threads), width, lines[row])
    return found._replace(y_px=(found.y_px + 0.5) * _SQUEEZED - 0.5, error_px=found.error_px * _SQUEEZED)


def _line(seen: Windows, chance: Float32, width: int, line_px: float) -> Line:
    """What a network says of a row, on the page."""
    near = cv2.dilate(seen.ink[0, 0, :, :width], np.ones((_NEAR_PX, 1), np.uint8)) / np.float32(255)
    inked = chance[0, :, : width * FINER] * np.repeat(near, FINER, axis=1)
    on_ink = inked.sum(axis=0)
    y_px, error_px = _read_out(inked / np.maximum(on_ink, 1e-9))
    cut = (np.abs(y_px - REACH_PX) > REACH_PX - _EDGE_PX) & (on_ink > _LIKELY)
    cut = maximum_filter1d(cut, 2 * _TIP_PX * FINER + 1)
    found = (y_px + round(line_px) - REACH_PX, error_px, on_ink.astype(np.float64))
    y_px, error_px, on_ink = (values.reshape(width, FINER) for values in found)
    return Line(y_px, error_px, on_ink, cut.reshape(width, FINER))


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
