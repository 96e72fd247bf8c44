"""The lines that a PDF draws, as they were written: no pixels, no pen's width."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from calipers.tools.digitise.picture_file import PDF_DPI, open_pdf

if TYPE_CHECKING:
    import pypdfium2

Float64 = NDArray[np.float64]

#: A page of more points is a map or a drawing.
_MOST_POINTS: Final = 400_000
#: Ends this near are one line's, in points of 1/72 inch.
_JOINED: Final = 0.02
#: A trace has at least so many points, and turns back in no more than this share of its steps.
_LEAST_POINTS: Final = 25
_MOST_BACK: Final = 0.01
_FINE: Final = 1000.0


def trace_lines(path: Path, page: int) -> list[Float64]:
    """(n, 2) pixels x, y of `picture(path, page)`, (0, 0) its corner: every line of a page that may be a trace.

    Args:
        path: a PDF.
        page: from 0.

    Raises:
        UnreadableInput: as of `open_pdf`.
    """
    document = open_pdf(path)
    try:
        sheet = document[page]
        to_pixels = _to_pixels(sheet)
        lines: list[Float64] = []
        points = 0
        for line in _joined(_stroked(sheet)):
            points += len(line)
            if points > _MOST_POINTS:
                return []
            if len(line) >= _LEAST_POINTS:
                lines.append(line @ to_pixels[:, :2].T + to_pixels[:, 2])
        return [line for line in lines if _runs_across(line)]
    finally:
        document.close()


def _runs_across(line: Float64) -> bool:
    """Along one of the page's sides, as time does on paper; circles, frames and letters do not."""
    return any(
        min(float((steps > 0).mean()), float((steps < 0).mean())) <= _MOST_BACK and abs(float(steps.sum())) > 0
        for steps in np.diff(line, axis=0).T
    )


def _stroked(sheet: pypdfium2.PdfPage) -> Iterator[Float64]:
    """(n, 2) points of the page, in its own coordinates: each stroked line from one lifting of the pen to the next."""
    from pypdfium2 import raw

    for thing in sheet.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH]):
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        if not raw.FPDFPath_GetDrawMode(thing, fill, stroke) or not stroke.value:
            continue
        matrix = np.reshape(thing.get_matrix().get(), (3, 2))
        form = thing.container
        while form is not None:
            outer = np.reshape(form.get_matrix().get(), (3, 2))
            matrix = np.concatenate([matrix[:2] @ outer[:2], matrix[2:] @ outer[:2] + outer[2:]])
            form = form.container
        for line in _lines(thing):
            yield line @ matrix[:2] + matrix[2]


def _lines(thing: pypdfium2.PdfObject) -> Iterator[Float64]:
    from pypdfium2 import raw

    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[float, float]] = []
    for number in range(raw.FPDFPath_CountSegments(thing)):
        segment = raw.FPDFPath_GetPathSegment(thing, number)
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_MOVETO and points:
            yield np.array(points)
            points = []
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        points.append((x.value, y.value))
    if points:
        yield np.array(points)


def _joined(lines: Iterator[Float64]) -> Iterator[Float64]:
    """A line that begins where the last one ended goes on with it: some programs lift the pen at every sample."""
    going: list[Float64] = []
    for line in lines:
        if going and np.abs(going[-1][-1] - line[0]).max() > _JOINED:
            yield _whole(going)
            going = []
        going.append(line)
    if going:
        yield _whole(going)


def _whole(parts: Sequence[Float64]) -> Float64:
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def _to_pixels(sheet: pypdfium2.PdfPage) -> Float64:
    """(2, 3) from the page's coordinates to its picture's pixels, whatever its rotation and crop."""
    from pypdfium2 import raw

    scale = PDF_DPI / 72
    width, height = (int(np.ceil(size * scale)) for size in sheet.get_size())
    far = 100.0
    seen = []
    for x, y in ((0.0, 0.0), (far, 0.0), (0.0, far)):
        across, down = ctypes.c_int(), ctypes.c_int()
        fine_width, fine_height = int(width * _FINE), int(height * _FINE)
        raw.FPDF_PageToDevice(sheet, 0, 0, fine_width, fine_height, 0, x, y, across, down)
        seen.append((across.value / _FINE, down.value / _FINE))
    first, right, up = np.array(seen)
    return np.stack([(right - first) / far, (up - first) / far, first], axis=1)
