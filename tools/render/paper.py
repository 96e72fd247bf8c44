"""ECG paper and ink: draws a laid-out sheet with matplotlib, millimetre for millimetre."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D, Transform
from numpy.typing import NDArray
from PIL import Image

from calipers.ecg import Ecg
from calipers.evidence import Measurement
from calipers.tools.render.colours import CALIPERS, INK, PAPER, QUIET, THICK, THIN, WARNING
from calipers.tools.render.header import interval_fields, notices, patient_line, scale_line
from calipers.tools.render.layout import Box, Sheet, Strip
from calipers.tools.render.letters import MM_PER_INCH, POINTS_PER_INCH, Words, write
from calipers.tools.render.marks import Mark
from calipers.tools.render.png import png

POINTS_PER_MM: Final = POINTS_PER_INCH / MM_PER_INCH

Pixels = NDArray[np.uint8]

#: What fits left of the intervals.
_TITLE_SIGNS: Final = 28

_RC: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "svg.hashsalt": "calipers",
    "svg.fonttype": "path",
    "path.simplify": True,
    "path.simplify_threshold": 1 / 9,
    "agg.path.chunksize": 0,
}
#: Between two lines of one artist the pen is lifted.
_GAP: Final = np.full((1, 2), np.nan)
# rc_context changes matplotlib's process-wide settings while it is open; the server renders in threads.
_LOCK: Final = threading.Lock()


def draw(
    ecg: Ecg,
    sheet: Sheet,
    *,
    measurements: Mapping[str, Measurement],
    marks: Sequence[Mark],
    title: str | None,
    file_format: Literal["png", "png8", "svg"],
    dpi: int,
) -> bytes:
    """Draw a sheet and return the file's bytes; equal input gives equal bytes."""
    with _LOCK, mpl.rc_context(_RC):
        paper = _Paper(sheet, dpi)
        if ecg.synthetic:
            _watermark(paper)
        _traces(paper, ecg)
        for strip in sheet.strips:
            _names(paper, strip, ecg)
        for number, mark in enumerate(marks):
            _mark(paper, mark, CALIPERS[number % len(CALIPERS)])
        _words(paper, ecg, measurements, title)
        if file_format == "svg":
            return paper.svg()
        picture = Image.fromarray(paper.pixels()).convert("RGB")
        write(picture, paper.words, dpi)
    return png(picture, dpi, few_colours=file_format == "png8")


class _Paper:
    """A figure on which artists are placed in millimetres; without axes, which would take as long as the ink."""

    def __init__(self, sheet: Sheet, dpi: int) -> None:
        self.sheet = sheet
        self.words: list[Words] = []
        self._dpi = dpi
        self._figure = Figure(figsize=(sheet.width_mm / MM_PER_INCH, sheet.height_mm / MM_PER_INCH), dpi=dpi)
        upright = Affine2D().scale(1 / MM_PER_INCH, -1 / MM_PER_INCH).translate(0, sheet.height_mm / MM_PER_INCH)
        self._millimetres: Transform = upright + self._figure.dpi_scale_trans

    def svg(self) -> bytes:
        """The drawing as an SVG file."""
        _grid(self)
        for words in self.words:
            self.add(words.artist())
        out = io.BytesIO()
        self._figure.savefig(out, format="svg", dpi=self._dpi, metadata={"Date": None, "Creator": "Calipers"})
        return _in_millimetres(out.getvalue(), self.sheet)

    def pixels(self) -> Pixels:
        """(rows, columns, 4) the drawing without its words."""
        return self._drawn(_empty(self.sheet.width_mm, self.sheet.height_mm, self.sheet.grid, self._dpi))

    def grid_alone(self) -> Pixels:
        """(rows, columns, 4) the paper."""
        _grid(self)
        return self._drawn(None)

    def _drawn(self, below: Pixels | None) -> Pixels:
        canvas: Any = FigureCanvasAgg(self._figure)
        renderer = canvas.get_renderer()
        pixels: Pixels = np.asarray(renderer.buffer_rgba())
        pixels[:] = 255 if below is None else below
        self._figure.patch.set_visible(False)
        self._figure.draw(renderer)
        return pixels

    def add(self, artist: Artist) -> None:
        """Put an artist at its place."""
        artist.set_transform(self._millimetres)
        self._figure.add_artist(artist)

    def lines(self, pieces: Iterable[tuple[Any, Any]], *, clip: bool = False, **style: Any) -> None:
        """Several lines of one style as one artist; each piece is x and y."""
        parts: list[NDArray[np.float64]] = []
        for x, y in pieces:
            parts += [np.column_stack((x, y)).astype(float), _GAP]
        if not parts:
            return
        line = Line2D(*np.concatenate(parts[:-1]).T, solid_joinstyle="round", **style)
        self.add(line)
        if clip:
            grid = self.sheet.grid
            edge = Rectangle((grid.x0, grid.y0), grid.x1 - grid.x0, grid.y1 - grid.y0, transform=self._millimetres)
            line.set_clip_path(edge)


@lru_cache(maxsize=1)
def _empty(width_mm: float, height_mm: float, grid: Box, dpi: int) -> Pixels:
    """The paper before anything is drawn: the same for one ECG after the other."""
    blank = Sheet("12x1", width_mm, height_mm, grid, 0.0, 0.0, 0.0, 0.0, (), simultaneous=False)
    return _Paper(blank, dpi).grid_alone().copy()


def _grid(paper: _Paper) -> None:
    grid = paper.sheet.grid
    paper.add(Rectangle((grid.x0, grid.y0), grid.x1 - grid.x0, grid.y1 - grid.y0, facecolor=PAPER, edgecolor="none"))
    columns = range(round(grid.x1 - grid.x0) + 1)
    rows = range(round(grid.y1 - grid.y0) + 1)
    for thick, colour, width_mm in ((False, THIN, 0.1), (True, THICK, 0.18)):
        lines = [((grid.x0 + k, grid.y0), (grid.x0 + k, grid.y1)) for k in columns if bool(k % 5) is not thick] + [
            ((grid.x0, grid.y0 + k), (grid.x1, grid.y0 + k)) for k in rows if bool(k % 5) is not thick
        ]
        paper.add(LineCollection(lines, colors=colour, linewidths=width_mm * POINTS_PER_MM, snap=True, zorder=1))


def _traces(paper: _Paper, ecg: Ecg) -> None:
    """Calibration pulses and leads."""
    sheet = paper.sheet
    pulses = [np.array(sheet.pulse(row)) for row in range(sheet.rows)]
    pieces: list[tuple[Any, Any]] = [(pulse[:, 0], pulse[:, 1]) for pulse in pulses]
    pieces += [sheet.polyline(strip, ecg) for strip in sheet.strips if strip.lead not in ecg.missing_leads]
    paper.lines(pieces, clip=True, color=INK, linewidth=0.28 * POINTS_PER_MM, solid_capstyle="round", zorder=3)


def strip_name(sheet: Sheet, strip: Strip) -> Words:
    """The name of a strip's lead as it stands on the sheet."""
    return Words(*sheet.name_mm(strip), strip.lead, 9, INK, "bold")


def _names(paper: _Paper, strip: Strip, ecg: Ecg) -> None:
    sheet = paper.sheet
    left, right = strip.x_mm, sheet.x_mm(strip, strip.end_s)
    name_x, name_y = sheet.name_mm(strip)
    if left > sheet.strips[0].x_mm:
        ends = [(y, y + 3) for y in (name_y - 1.5, strip.baseline_mm + 4)]
        paper.lines([([left, left], y) for y in ends], color=INK, linewidth=0.25 * POINTS_PER_MM, zorder=3)
    name = strip_name(sheet, strip)
    behind = (name_x - 0.2, name_y - 1.7), name.width_mm() + 0.4, 3.4
    paper.add(Rectangle(*behind, facecolor=PAPER, edgecolor="none", alpha=0.75, zorder=5))
    paper.words.append(name)
    if strip.lead in ecg.derived_leads:
        paper.words.append(Words(name_x + 1.5 + 2.2 * len(strip.lead), name_y, "derived", 6.5, QUIET, "italic"))
    if strip.lead in ecg.missing_leads:
        middle = ((left + right) / 2, strip.baseline_mm)
        paper.words.append(Words(*middle, "not recorded", 9, QUIET, "italic", "center"))


def _mark(paper: _Paper, mark: Mark, colour: str) -> None:
    width = 0.3 * POINTS_PER_MM
    style: dict[str, Any] = {"color": colour, "zorder": 6}
    x0, x1 = mark.x0_mm, mark.x1_mm
    if mark.kind == "interval":
        ends = [([x, x], [mark.y0_mm, mark.y1_mm]) for x, cut in ((x0, mark.cut_left), (x1, mark.cut_right)) if not cut]
        ends += [
            ([left, left, right, right], [mark.y1_mm, mark.bar_mm, mark.bar_mm, mark.y1_mm])
            for left, right in mark.repeats
        ]
        paper.lines(ends, linewidth=width, **style)
        paper.lines([([x0, x1], [mark.bar_mm] * 2)], linewidth=1.6 * width, **style)
        echoes = [([x, x], [echo.y0_mm, echo.y1_mm]) for echo in mark.echoes for x in (echo.x0_mm, echo.x1_mm)]
        light: dict[str, Any] = {"color": colour, "alpha": 0.45, "zorder": 2}
        paper.lines(echoes, linewidth=0.7 * width, linestyle=(0, (3, 3)), **light)
    else:
        stem = ([x0, x0], [mark.y0_mm, mark.y1_mm])
        foot = ([x0 - 1.2, x0 + 1.2], [mark.y1_mm] * 2)
        paper.lines([stem, foot], linewidth=width, **style)
        paper.lines([([x0], [mark.y0_mm])], marker="o", markersize=3, **style)
        near_x = min(max(x0, mark.text.x0), mark.text.x1)
        near_y = min(max(mark.y0_mm, mark.text.y0), mark.text.y1)
        paper.lines([([x0, near_x], [mark.y0_mm, near_y])], linewidth=0.6 * width, **style)
    box = mark.text
    size = (box.x1 - box.x0, box.y1 - box.y0)
    paper.add(Rectangle((box.x0, box.y0), *size, facecolor=PAPER, edgecolor="none", alpha=0.85, zorder=6.5))
    middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
    paper.words.append(Words(*middle, mark.label, 7.5, colour, "bold", "center", "capitals"))


def _watermark(paper: _Paper) -> None:
    """Large and faint across the grid, so that a cropped picture still says it."""
    grid = paper.sheet.grid
    for row in range(2):
        y = grid.y0 + (0.27 + 0.48 * row) * (grid.y1 - grid.y0)
        mark = Words((grid.x0 + grid.x1) / 2, y, "SYNTHETIC", 96, WARNING, "bold", "center").artist()
        mark.set(alpha=0.07, zorder=2)
        paper.add(mark)


def _words(paper: _Paper, ecg: Ecg, measurements: Mapping[str, Measurement], title: str | None) -> None:
    sheet, add = paper.sheet, paper.words.append
    left, right = sheet.grid.x0, sheet.grid.x1
    add(Words(left, 8, _drawable(title or "12-lead ECG"), 11, INK, "bold"))
    add(Words(left, 14.5, patient_line(ecg), 9, INK))
    add(Words(left, 20, f"record {ecg.record}", 7, QUIET))
    x = left + 74
    for field in interval_fields(measurements):
        add(Words(x, 8, field.name, 7, QUIET))
        add(Words(x, 14.5, field.value, 11, INK, "bold"))
        x += max(24.0, 1.0 + 2.9 * len(field.value))
    add(Words(right, 22, "   ".join(notices(ecg)), 10, WARNING, "bold", "right"))
    foot = (sheet.grid.y1 + sheet.height_mm) / 2
    add(Words(left, foot, scale_line(ecg, sheet), 8, INK))
    add(Words(right, foot, "Calipers. Research use, not a medical device.", 7, QUIET, align="right"))


def _drawable(title: str) -> str:
    """A heading on one line, `?` for what the font cannot draw; it is the only text that a user writes."""
    glyphs = get_font(findfont("DejaVu Sans:bold")).get_charmap()
    return "".join(sign if ord(sign) in glyphs else "?" for sign in " ".join(title.split()))[:_TITLE_SIGNS]


def _in_millimetres(svg: bytes, sheet: Sheet) -> bytes:
    """State the size in millimetres: matplotlib writes points, which some viewers take for pixels."""
    size = f'width="{sheet.width_mm:g}mm" height="{sheet.height_mm:g}mm"'.encode()
    return re.sub(rb'width="[\d.]+pt" height="[\d.]+pt"', size, svg, count=1)
