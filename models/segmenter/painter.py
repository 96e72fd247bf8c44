"""Paint ECG pages of any style fast, with the truth of every pixel: OpenCV lines, no matplotlib."""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.leads import INDEX, Lead
from calipers.models.segmenter.classes import INVERTED_AVR
from calipers.models.segmenter.styles import Style
from calipers.models.segmenter.words import Word, write_words

#: Width of a trace in the truth, whatever the ink's: the network learns the line's middle.
TRUE_WIDTH_MM: Final = 0.4
_PULSE_S: Final = 0.2
_SHIFT: Final = 4

Image = NDArray[np.uint8]
Float32 = NDArray[np.float32]


class Drawn(NamedTuple):
    """One stretch of a lead on a page; `baseline_mm` is where the stretch's median stands."""

    lead: Lead
    strip: bool
    start_s: float
    end_s: float
    x_mm: float
    baseline_mm: float
    inverted: bool


class Page(NamedTuple):
    """A painted page.

    Attributes:
        image: (h, w, 3) uint8.
        trace, pulse: (h, w) uint8, 255 along the lines' middles, `TRUE_WIDTH_MM` wide.
        words: everything written, with its box in pixels.
        drawn: the stretches, in the order of drawing.
        px_mm: pixels per millimetre.
    """

    image: Image
    trace: Image
    pulse: Image
    words: tuple[Word, ...]
    drawn: tuple[Drawn, ...]
    px_mm: float


def paint(signal_mv: Float32, fs_hz: float, style: Style, px_mm: float, chance: np.random.Generator) -> Page:
    """Paint ten seconds of twelve leads.

    Args:
        signal_mv: (12, n) millivolts.
        fs_hz: samples per second.
        style: the look.
        px_mm: pixels per millimetre of the page.
        chance: for what a style leaves open.
    """
    drawn = places(style)
    right = max(one.x_mm + (one.end_s - one.start_s) * style.speed_mm_s for one in drawn)
    if style.pulse == "right":
        right += 14.0 + _PULSE_S * style.speed_mm_s
    rows = len(style.arrangement.rows) + len(style.strips)
    grid_height = rows * style.pitch + 12.0
    width_mm, height_mm = right + 6.0 + style.margin, style.header + grid_height + style.footer
    shape = (round(height_mm * px_mm), round(width_mm * px_mm))
    image = np.empty((*shape, 3), np.uint8)
    image[:] = style.paper
    box = (style.margin, style.header, width_mm - style.margin, style.header + grid_height)
    _grid(image, style, (0.0, 0.0, width_mm, height_mm) if style.grid_everywhere else box, px_mm)
    trace, pulse = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    ink = max(1, round(style.ink_width * px_mm))
    for one in drawn:
        line = polyline(one, signal_mv, fs_hz, style) * px_mm
        stroke(image, line, style.ink, ink)
        stroke(trace, line, 255, max(1, round(TRUE_WIDTH_MM * px_mm)))
    for line in _pulses(style, drawn, right):
        stroke(image, line * px_mm, style.ink, ink)
        stroke(pulse, line * px_mm, 255, max(1, round(TRUE_WIDTH_MM * px_mm)))
    if style.separators:
        for one in drawn:
            if one.x_mm > drawn[0].x_mm + 1:
                for y in (one.baseline_mm - 5.0, one.baseline_mm + 2.0):
                    bar = np.array([[one.x_mm, y], [one.x_mm, y + 3.0]])
                    stroke(image, bar * px_mm, style.ink, max(1, ink - 1))
    words = write_words(image, style, drawn, (width_mm, height_mm), px_mm, chance)
    return Page(image, trace, pulse, words, drawn, px_mm)


def name_of(one: Drawn) -> str:
    """What stands at a stretch's start."""
    return INVERTED_AVR if one.inverted else one.lead


def places(style: Style) -> tuple[Drawn, ...]:
    """Where each stretch of a page stands, rows from the top, strips last."""
    rows = style.arrangement.rows
    column_s = style.page_s / style.arrangement.columns
    left = style.margin + style.lead_in
    found: list[Drawn] = []
    for row, leads in enumerate((*rows, *((lead,) for lead in style.strips))):
        baseline = style.header + 6.0 + (row + 0.6) * style.pitch
        strip = row >= len(rows)
        for column, lead in enumerate(leads):
            start = 0.0 if style.simultaneous or strip else column * column_s
            end = style.page_s if strip else start + column_s
            x = left + column * (column_s * style.speed_mm_s + style.column_gap)
            inverted = style.arrangement.cabrera and lead == "aVR" and not strip
            found.append(Drawn(lead, strip, start, end, x, baseline, inverted))
    return tuple(found)


def polyline(one: Drawn, signal_mv: Float32, fs_hz: float, style: Style) -> NDArray[np.float64]:
    """(n, 2) millimetres x, y of a stretch's line on the page."""
    first, stop = round(one.start_s * fs_hz), round(one.end_s * fs_hz)
    samples = signal_mv[INDEX[one.lead], first:stop].astype(np.float64)
    samples = (samples - np.median(samples)) * (-1.0 if one.inverted else 1.0)
    x = one.x_mm + (np.arange(first, first + samples.size) / fs_hz - one.start_s) * style.speed_mm_s
    return np.stack((x, one.baseline_mm - samples * style.gain_mm_mv), axis=1)


def _pulses(style: Style, drawn: tuple[Drawn, ...], right: float) -> list[NDArray[np.float64]]:
    """1 mV for 0.2 s in every row, before or after the traces."""
    if style.pulse == "none":
        return []
    wide, high = _PULSE_S * style.speed_mm_s, style.gain_mm_mv
    lines = []
    for baseline in sorted({one.baseline_mm for one in drawn}):
        x = drawn[0].x_mm - wide - 6.0 if style.pulse == "left" else right - wide - 10.0
        corners = [(0, 0), (2.5, 0), (2.5, -high), (2.5 + wide, -high), (2.5 + wide, 0), (4.5 + wide, 0)]
        lines.append(np.add(corners, (x, baseline)))
    return lines


def stroke(canvas: Image, line_px: NDArray[np.float64], colour: int | tuple[int, int, int], width: int) -> None:
    """Draw a line, (n, 2) pixels x, y, as wide as so many pixels."""
    fixed = np.round((line_px - 0.5) * (1 << _SHIFT)).astype(np.int32)[:, None]
    cv2.polylines(canvas, [fixed], isClosed=False, color=colour, thickness=width, lineType=cv2.LINE_AA, shift=_SHIFT)


def _grid(image: Image, style: Style, box: tuple[float, float, float, float], px_mm: float) -> None:
    if style.grid == "none":
        return
    x0, y0, x1, y1 = box
    across, down = np.arange(np.ceil(x1 - x0)), np.arange(np.ceil(y1 - y0))
    if style.grid == "dots":
        radius = max(1, round(style.thin_width * px_mm / 2))
        xs, ys = np.meshgrid(np.round((x0 + across) * px_mm), np.round((y0 + down) * px_mm))
        for dx in range(radius):
            for dy in range(radius):
                inside = (xs + dx < image.shape[1]) & (ys + dy < image.shape[0])
                image[(ys[inside] + dy).astype(int), (xs[inside] + dx).astype(int)] = style.thick
    for every, colour, width in ((1, style.thin, style.thin_width), (5, style.thick, style.thick_width)):
        if every == 1 and style.grid != "lines":
            continue
        thick = max(1, round(width * px_mm))
        lines = [((x0 + k, y0), (x0 + k, y1)) for k in across[::every]]
        lines += [((x0, y0 + k), (x1, y0 + k)) for k in down[::every]]
        fixed = np.round((np.array(lines) * px_mm - 0.5) * (1 << _SHIFT)).astype(np.int32)
        cv2.polylines(
            image, list(fixed), isClosed=False, color=colour, thickness=thick, lineType=cv2.LINE_AA, shift=_SHIFT
        )
