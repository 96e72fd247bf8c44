"""The first page: ten seconds of twelve leads on true-scale paper, 25 mm/s and 10 mm/mV."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np

from calipers.agent.report_page.polyline import simplified
from calipers.agent.report_page.trace import window_start_s
from calipers.ecg import Ecg
from calipers.parameters import short_name
from calipers.printing import printed
from calipers.report import Report
from calipers.tools.render import Sheet, Strip, lay_out

FONT: Final = "DejaVuSans"
BOLD: Final = "DejaVuSans-Bold"
_THIN: Final = (0.97, 0.84, 0.83)
_THICK: Final = (0.90, 0.66, 0.65)
_HEADER: Final = ("hr", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "p_axis", "qrs_axis", "t_axis")
_TOLERANCE_MM: Final = 0.02


@cache
def register_fonts() -> None:
    """Make the fonts that matplotlib ships known to reportlab: they hold ±, ′, → and µ."""
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name in (FONT, BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf"))


def draw_trace(canvas: Any, report: Report, ecg: Ecg) -> None:
    """Draw the page on a reportlab canvas."""
    from reportlab.lib.units import mm

    register_fonts()
    start_s = window_start_s(report, ecg)
    rhythm = "II" if "II" not in ecg.missing_leads else ecg.present_leads[0]
    sheet = lay_out(ecg, "3x4+1", rhythm_leads=(rhythm,), start_s=start_s)
    canvas.saveState()
    # Millimetres from the top left corner, as the sheet counts; letters are turned back upright where they stand.
    canvas.translate(0, sheet.height_mm * mm)
    canvas.scale(mm, -mm)
    _paper(canvas, sheet)
    for row in range(sheet.rows):
        _line(canvas, np.array(sheet.pulse(row)), 0.25)
    for strip in sheet.strips:
        _strip(canvas, ecg, sheet, strip)
    _header(canvas, report, ecg)
    end_s = min(start_s + 10, ecg.duration_s)
    foot = f"25 mm/s   10 mm/mV   {ecg.fs_hz:g} Hz, no filter added   {start_s:.1f} to {end_s:.1f} s"
    _words(canvas, 6, sheet.height_mm - 4, f"{foot}   Research use, not a medical device.", 2.6)
    if ecg.synthetic:
        canvas.setFillColorRGB(0.64, 0.05, 0.14, alpha=0.15)
        _words(canvas, sheet.width_mm / 2 - 92, sheet.height_mm / 2 + 12, "SYNTHETIC", 34, BOLD)
    canvas.restoreState()


def _paper(canvas: Any, sheet: Sheet) -> None:
    grid = sheet.grid
    for step, colour, width in ((1, _THIN, 0.08), (5, _THICK, 0.18)):
        canvas.setStrokeColorRGB(*colour)
        canvas.setLineWidth(width)
        canvas.grid(
            [grid.x0 + at * step for at in range(round((grid.x1 - grid.x0) / step) + 1)],
            [grid.y0 + at * step for at in range(round((grid.y1 - grid.y0) / step) + 1)],
        )
    canvas.setStrokeColorRGB(0, 0, 0)
    canvas.setFillColorRGB(0, 0, 0)


def _strip(canvas: Any, ecg: Ecg, sheet: Sheet, strip: Strip) -> None:
    x, y = sheet.name_mm(strip)
    _words(canvas, x, y + 1.4, strip.lead, 3.6, BOLD)
    if strip.lead in ecg.missing_leads:
        _words(canvas, x + 12, y + 1.4, "not recorded", 2.8)
        return
    if strip.lead in ecg.derived_leads:
        _words(canvas, x + 3 * len(strip.lead) + 2, y + 1.4, "derived", 2.6)
    xs, ys = sheet.polyline(strip, ecg)
    recorded = np.isfinite(ys)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], recorded, [False])).astype(np.int8)))
    for first, stop in edges.reshape(-1, 2):
        keep = first + simplified(xs[first:stop], ys[first:stop], _TOLERANCE_MM)
        _line(canvas, np.column_stack([xs[keep], ys[keep]]), 0.25)


def _line(canvas: Any, points_mm: np.ndarray[Any, Any], width_mm: float) -> None:
    canvas.setLineWidth(width_mm)
    canvas.setLineJoin(1)
    path = canvas.beginPath()
    path.moveTo(*points_mm[0])
    for x, y in points_mm[1:]:
        path.lineTo(round(float(x), 3), round(float(y), 3))
    canvas.drawPath(path)


def _header(canvas: Any, report: Report, ecg: Ecg) -> None:
    age = "age unknown" if report.patient.age is None else f"{report.patient.age:g} years"
    when = ecg.recorded_at.isoformat(" ", "minutes") if ecg.recorded_at else "date unknown"
    _words(
        canvas,
        6,
        10,
        f"{report.urgency.replace('_', ' ').upper()}   {report.impression.splitlines()[0][:110]}",
        4.2,
        BOLD,
    )
    _words(
        canvas, 6, 16, f"{report.patient.sex or 'sex unknown'}, {age}   recorded {when}   record {report.record}", 3.2
    )
    items = {item.id: item for item in report.measurements}
    values = [f"{short_name(key)} {printed(items[key])}" for key in _HEADER if key in items]
    _words(canvas, 6, 22, "    ".join(values), 3.2)


def _words(canvas: Any, x_mm: float, y_mm: float, text: str, size_mm: float, font: str = FONT) -> None:
    canvas.saveState()
    canvas.translate(x_mm, y_mm)
    canvas.scale(1, -1)
    canvas.setFont(font, size_mm)
    canvas.drawString(0, 0, text)
    canvas.restoreState()
