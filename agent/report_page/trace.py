"""The trace as inline SVG, one unit a millimetre, in two views: 3x4 with a rhythm strip, and 12 full rows."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from calipers.agent.report_page.markup import Html, join, tag
from calipers.agent.report_page.polyline import svg_path
from calipers.ecg import Ecg
from calipers.leads import Lead
from calipers.report import Report
from calipers.tools.render import Sheet, Strip, lay_out

View = Literal["3x4", "12x1"]

SPEED_MM_S: Final = 25.0
GAIN_MM_MV: Final = 10.0
SHEET_S: Final = 10.0
_PITCH_MM: Final[dict[View, float]] = {"3x4": 30.0, "12x1": 20.0}


def sheets(ecg: Ecg, start_s: float = 0.0) -> dict[View, Sheet]:
    """Both views of the same ten seconds. The rhythm strip is II, or the first lead there is."""
    preferred: tuple[Lead, ...] = ("II", *ecg.present_leads)
    rhythm: Lead = next((lead for lead in preferred if lead in ecg.present_leads), "II")
    return {
        "3x4": lay_out(
            ecg,
            "3x4+1",
            rhythm_leads=(rhythm,),
            start_s=start_s,
            header_mm=0,
            footer_mm=0,
            pitch_mm=_PITCH_MM["3x4"],
        ),
        "12x1": lay_out(ecg, "12x1", start_s=start_s, header_mm=0, footer_mm=0, pitch_mm=_PITCH_MM["12x1"]),
    }


def window_start_s(report: Report, ecg: Ecg) -> float:
    """Where the ten seconds shown begin: in a longer record, where most of what the claims cite lies."""
    if ecg.duration_s <= SHEET_S * 1.05:
        return 0.0
    items = {item.id: item for item in report.measurements}
    cited = [items[key] for claim in report.claims for key in claim.evidence if key in items]
    spans = [item.spans[0] for item in cited if item.spans]
    best_s, most = 0.0, -1
    for begin_s in sorted({0.0, *(max(0.0, span.start_s - 1.0) for span in spans)}):
        start_s = min(begin_s, ecg.duration_s - SHEET_S)
        inside = sum(start_s <= span.start_s and span.end_s <= start_s + SHEET_S for span in spans)
        if inside > most:
            best_s, most = start_s, inside
    return best_s


def trace_svg(ecg: Ecg, views: dict[View, Sheet]) -> Html:
    """Grid, calibration pulses, leads; every lead's path is written once and used in both views."""
    drawn = [_view(ecg, name, sheet) for name, sheet in views.items()]
    return join(_definitions(ecg, views), *drawn)


def _definitions(ecg: Ecg, views: dict[View, Sheet]) -> Html:
    """Paths, grid patterns and column windows, in an svg of their own that is never hidden."""
    paths = []
    for strip in views["12x1"].strips:
        x, y = views["12x1"].polyline(strip, ecg)
        if np.isfinite(y).any():
            d = svg_path(x - strip.x_mm, y - strip.baseline_mm)
            paths.append(tag("path", id=f"lead-{strip.lead}", class_="wave", d=d))
    fine = tag("path", class_="thin", d="M1 0H0V1")
    large = join(tag("rect", width="5", height="5", fill="url(#mm)"), tag("path", class_="thick", d="M5 0H0V5"))
    grids = join(
        tag("pattern", fine, id="mm", width="1", height="1", patternUnits="userSpaceOnUse"),
        tag("pattern", large, id="square", width="5", height="5", patternUnits="userSpaceOnUse"),
    )
    windows = [
        tag(
            "clipPath",
            tag("rect", x=strip.x_mm, y="-50", width=(strip.end_s - strip.start_s) * SPEED_MM_S, height="999"),
            id=f"window-{strip.lead}",
        )
        for strip in views["3x4"].strips
        if not strip.rhythm
    ]
    return tag("svg", tag("defs", grids, *paths, *windows), class_="defs", aria_hidden="true", width="0", height="0")


def _view(ecg: Ecg, name: View, sheet: Sheet) -> Html:
    size = {"width": sheet.width_mm, "height": sheet.height_mm}
    pulses = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in sheet.pulse(row)) for row in range(sheet.rows))
    stamp = ""
    if ecg.synthetic:
        stamp = tag("text", "SYNTHETIC", class_="synthetic", x=sheet.width_mm / 2, y=sheet.height_mm / 2)
    return tag(
        "svg",
        tag("rect", class_="paper", **size),
        tag("rect", fill="url(#square)", **size),
        stamp,
        tag("path", class_="pulse", d=pulses),
        *(_strip(ecg, name, sheet, strip) for strip in sheet.strips),
        tag("g", class_="marks"),
        class_="trace",
        id=f"trace-{name}",
        data_view=name,
        data_mm_per_s=SPEED_MM_S,
        data_mm_per_mv=GAIN_MM_MV,
        viewBox=f"0 0 {sheet.width_mm:g} {sheet.height_mm:g}",
        role="img",
        aria_label=f"{len(ecg.present_leads)}-lead ECG, 25 millimetres a second, 10 millimetres a millivolt",
        hidden=name != "3x4",
    )


def _strip(ecg: Ecg, view: View, sheet: Sheet, strip: Strip) -> Html:
    x, y = sheet.name_mm(strip)
    words = tag("text", strip.lead, class_="lead", x=x, y=y + 1.4)
    if strip.lead in ecg.derived_leads:
        words = join(words, tag("text", "derived", class_="remark", x=x + 2.6 * len(strip.lead) + 1.5, y=y + 1.4))
    if strip.lead in ecg.missing_leads:
        middle = strip.x_mm + (strip.end_s - strip.start_s) * SPEED_MM_S / 2
        ink = tag("text", "not recorded", class_="remark gone", x=middle, y=strip.baseline_mm)
    else:
        # The path starts at the sheet's first second; a column shows its own stretch of it.
        shift = strip.x_mm - (strip.start_s - sheet.start_s) * SPEED_MM_S
        use = tag("use", href=f"#lead-{strip.lead}", transform=f"translate({shift:g} {strip.baseline_mm:g})")
        column = view == "3x4" and not strip.rhythm
        ink = tag("g", use, clip_path=f"url(#window-{strip.lead})") if column else use
    separator = ""
    if strip.x_mm > sheet.strips[0].x_mm:
        separator = tag("path", class_="pulse", d=f"M{strip.x_mm:g} {y - 2:g}v3.5m0 13v3.5")
    return tag(
        "g",
        ink,
        separator,
        words,
        data_lead=strip.lead,
        data_start_s=strip.start_s,
        data_end_s=strip.end_s,
        data_x_mm=strip.x_mm,
        data_baseline_mm=strip.baseline_mm,
    )
