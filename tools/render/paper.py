"""ECG paper and ink: draws a laid-out sheet with matplotlib, millimetre for millimetre."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.patches import Rectangle

from calipers.ecg import Ecg
from calipers.evidence import Measurement
from calipers.tools.render.header import interval_fields, notices, patient_line, scale_line
from calipers.tools.render.layout import Sheet, Strip
from calipers.tools.render.marks import Mark

MM_PER_INCH: Final = 25.4
POINTS_PER_MM: Final = 72 / MM_PER_INCH

_PAPER: Final = "#fffafa"
_THIN: Final = "#f6cfcf"
_THICK: Final = "#e59a9a"
_INK: Final = "#101418"
_QUIET: Final = "#4a4f55"
_WARNING: Final = "#a30000"
#: Dark enough for 7:1 on the paper, apart in lightness and hue also for red-green colour blindness.
_CALIPERS: Final = ("#0b3d91", "#00574b", "#6a1b7a", "#7a3b00")

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
# rc_context changes matplotlib's process-wide settings while it is open; the server renders in threads.
_LOCK: Final = threading.Lock()


def draw(
    ecg: Ecg,
    sheet: Sheet,
    *,
    measurements: Mapping[str, Measurement],
    marks: Sequence[Mark],
    title: str | None,
    file_format: Literal["png", "svg"],
    dpi: int,
) -> bytes:
    """Draw a sheet and return the file's bytes; equal input gives equal bytes."""
    with _LOCK, mpl.rc_context(_RC):
        figure = Figure(figsize=(sheet.width_mm / MM_PER_INCH, sheet.height_mm / MM_PER_INCH), dpi=dpi)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, sheet.width_mm)
        axes.set_ylim(sheet.height_mm, 0)
        _grid(axes, sheet)
        if ecg.synthetic:
            _watermark(axes, sheet)
        for row in range(sheet.rows):
            corners = sheet.pulse(row)
            _line(axes, [x for x, _ in corners], [y for _, y in corners], sheet)
        for strip in sheet.strips:
            _strip(axes, sheet, strip, ecg)
        for number, mark in enumerate(marks):
            _mark(axes, sheet, mark, _CALIPERS[number % len(_CALIPERS)])
        _words(axes, ecg, sheet, measurements, title)
        out = io.BytesIO()
        if file_format == "svg":
            figure.savefig(out, format="svg", dpi=dpi, metadata={"Date": None, "Creator": "Calipers"})
            return _in_millimetres(out.getvalue(), sheet)
        # Level 4 takes half the time of zlib's default for a tenth more bytes.
        compression = {"compress_level": 4}
        figure.savefig(out, format="png", dpi=dpi, metadata={"Software": "Calipers"}, pil_kwargs=compression)
        return out.getvalue()


def _grid(axes: Axes, sheet: Sheet) -> None:
    grid = sheet.grid
    axes.add_patch(
        Rectangle((grid.x0, grid.y0), grid.x1 - grid.x0, grid.y1 - grid.y0, facecolor=_PAPER, edgecolor="none")
    )
    columns = range(round(grid.x1 - grid.x0) + 1)
    rows = range(round(grid.y1 - grid.y0) + 1)
    for thick, colour, width_mm in ((False, _THIN, 0.1), (True, _THICK, 0.18)):
        lines = [((grid.x0 + k, grid.y0), (grid.x0 + k, grid.y1)) for k in columns if bool(k % 5) is not thick] + [
            ((grid.x0, grid.y0 + k), (grid.x1, grid.y0 + k)) for k in rows if bool(k % 5) is not thick
        ]
        axes.add_collection(
            LineCollection(lines, colors=colour, linewidths=width_mm * POINTS_PER_MM, snap=True, zorder=1),
            autolim=False,
        )


def _line(axes: Axes, x: Any, y: Any, sheet: Sheet) -> None:
    (line,) = axes.plot(
        x, y, color=_INK, linewidth=0.28 * POINTS_PER_MM, solid_joinstyle="round", solid_capstyle="round", zorder=3
    )
    grid = sheet.grid
    line.set_clip_path(Rectangle((grid.x0, grid.y0), grid.x1 - grid.x0, grid.y1 - grid.y0, transform=axes.transData))


def _strip(axes: Axes, sheet: Sheet, strip: Strip, ecg: Ecg) -> None:
    left, right = strip.x_mm, sheet.x_mm(strip, strip.end_s)
    name_x, name_y = sheet.name_mm(strip)
    if left > sheet.strips[0].x_mm:
        for y in (name_y - 1.5, strip.baseline_mm + 4):
            axes.plot([left, left], [y, y + 3], color=_INK, linewidth=0.25 * POINTS_PER_MM, zorder=3)
    name = axes.text(name_x, name_y, strip.lead, fontsize=9, fontweight="bold", color=_INK, zorder=5, va="center")
    name.set_bbox({"facecolor": _PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.6})
    if strip.lead in ecg.derived_leads:
        axes.text(
            name_x + 1.5 + 2.2 * len(strip.lead),
            name_y,
            "derived",
            fontsize=6.5,
            style="italic",
            color=_QUIET,
            zorder=5,
            va="center",
        )
    if strip.lead in ecg.missing_leads:
        axes.text(
            (left + right) / 2,
            strip.baseline_mm,
            "not recorded",
            fontsize=9,
            style="italic",
            color=_QUIET,
            ha="center",
            va="center",
            zorder=5,
        )
        return
    _line(axes, *sheet.polyline(strip, ecg), sheet)


def _mark(axes: Axes, sheet: Sheet, mark: Mark, colour: str) -> None:
    width = 0.3 * POINTS_PER_MM
    if mark.kind == "interval":
        ends = [(mark.x0_mm, mark.cut_left), (mark.x1_mm, mark.cut_right)]
        for x, cut in ends:
            if not cut:
                axes.plot([x, x], [mark.y0_mm, mark.y1_mm], color=colour, linewidth=width, zorder=6)
        axes.plot([mark.x0_mm, mark.x1_mm], [mark.bar_mm] * 2, color=colour, linewidth=1.6 * width, zorder=6)
        for left, right in mark.repeats:
            axes.plot(
                [left, left, right, right],
                [mark.y1_mm, mark.bar_mm, mark.bar_mm, mark.y1_mm],
                color=colour,
                linewidth=width,
                zorder=6,
            )
        for echo in mark.echoes:
            for x in (echo.x0_mm, echo.x1_mm):
                axes.plot(
                    [x, x],
                    [echo.y0_mm, echo.y1_mm],
                    color=colour,
                    alpha=0.45,
                    linewidth=0.7 * width,
                    linestyle=(0, (3, 3)),
                    zorder=2,
                )
    else:
        axes.plot([mark.x0_mm] * 2, [mark.y0_mm, mark.y1_mm], color=colour, linewidth=width, zorder=6)
        axes.plot([mark.x0_mm - 1.2, mark.x0_mm + 1.2], [mark.y1_mm] * 2, color=colour, linewidth=width, zorder=6)
        axes.plot([mark.x0_mm], [mark.y0_mm], marker="o", markersize=3, color=colour, zorder=6)
        near_x = min(max(mark.x0_mm, mark.text.x0), mark.text.x1)
        near_y = min(max(mark.y0_mm, mark.text.y0), mark.text.y1)
        axes.plot([mark.x0_mm, near_x], [mark.y0_mm, near_y], color=colour, linewidth=0.6 * width, zorder=6)
    box = mark.text
    axes.add_patch(
        Rectangle(
            (box.x0, box.y0),
            box.x1 - box.x0,
            box.y1 - box.y0,
            facecolor=_PAPER,
            edgecolor="none",
            alpha=0.85,
            zorder=6.5,
        )
    )
    axes.text(
        (box.x0 + box.x1) / 2,
        (box.y0 + box.y1) / 2,
        mark.label,
        fontsize=7.5,
        fontweight="bold",
        color=colour,
        ha="center",
        va="center_baseline",
        zorder=7,
    )


def _watermark(axes: Axes, sheet: Sheet) -> None:
    """Large and faint across the grid, so that a cropped picture still says it."""
    for row in range(2):
        axes.text(
            (sheet.grid.x0 + sheet.grid.x1) / 2,
            sheet.grid.y0 + (0.27 + 0.48 * row) * (sheet.grid.y1 - sheet.grid.y0),
            "SYNTHETIC",
            fontsize=96,
            fontweight="bold",
            color=_WARNING,
            alpha=0.07,
            ha="center",
            va="center",
            zorder=2,
        )


def _words(axes: Axes, ecg: Ecg, sheet: Sheet, measurements: Mapping[str, Measurement], title: str | None) -> None:
    left, right = sheet.grid.x0, sheet.grid.x1
    heading = _drawable(title or "12-lead ECG")
    axes.text(left, 8, heading, fontsize=11, fontweight="bold", color=_INK, va="center", parse_math=False)
    axes.text(left, 14.5, patient_line(ecg), fontsize=9, color=_INK, va="center")
    axes.text(left, 20, f"record {ecg.record}", fontsize=7, color=_QUIET, va="center")
    x = left + 74
    for field in interval_fields(measurements):
        axes.text(x, 8, field.name, fontsize=7, color=_QUIET, va="center")
        value = axes.text(x, 14.5, field.value, fontsize=11, fontweight="bold", color=_INK, va="center")
        x += max(24.0, 1.0 + 2.9 * len(value.get_text()))
    warning = "   ".join(notices(ecg))
    axes.text(right, 22, warning, fontsize=10, fontweight="bold", color=_WARNING, ha="right", va="center")
    foot = (sheet.grid.y1 + sheet.height_mm) / 2
    axes.text(left, foot, scale_line(ecg, sheet), fontsize=8, color=_INK, va="center")
    axes.text(
        right, foot, "Calipers. Research use, not a medical device.", fontsize=7, color=_QUIET, ha="right", va="center"
    )


def _drawable(title: str) -> str:
    """A heading on one line, `?` for what the font cannot draw; it is the only text that a user writes."""
    glyphs = get_font(findfont("DejaVu Sans:bold")).get_charmap()
    return "".join(sign if ord(sign) in glyphs else "?" for sign in " ".join(title.split()))[:_TITLE_SIGNS]


def _in_millimetres(svg: bytes, sheet: Sheet) -> bytes:
    """State the size in millimetres: matplotlib writes points, which some viewers take for pixels."""
    size = f'width="{sheet.width_mm:g}mm" height="{sheet.height_mm:g}mm"'.encode()
    return re.sub(rb'width="[\d.]+pt" height="[\d.]+pt"', size, svg, count=1)
