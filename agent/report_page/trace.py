"""The 12-lead trace as one light SVG in millimetres, with the geometry the page needs to light up a span."""

from __future__ import annotations

from html import escape
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.leads import INDEX, Lead

MM_PER_S: Final = 25.0
MM_PER_MV: Final = 10.0
_COLUMNS: Final[tuple[tuple[Lead, ...], ...]] = (
    ("I", "II", "III"),
    ("aVR", "aVL", "aVF"),
    ("V1", "V2", "V3"),
    ("V4", "V5", "V6"),
)
_COLUMN_S: Final = 2.5
_SHEET_S: Final = 10.0
_ROW_MM: Final = 30.0
_LEFT_MM: Final = 10.0
_TOP_MM: Final = 6.0


class Strip(NamedTuple):
    """Where one lead stands on the sheet: its stretch of time and its baseline, in seconds and millimetres."""

    lead: Lead
    start_s: float
    end_s: float
    x_mm: float
    baseline_mm: float
    rhythm: bool


def strips(ecg: Ecg) -> list[Strip]:
    """3×4 columns of 2.5 s that run on in time, above one rhythm strip: II, or the first lead recorded."""
    placed = [
        Strip(
            lead,
            column * _COLUMN_S,
            (column + 1) * _COLUMN_S,
            _LEFT_MM + column * _COLUMN_S * MM_PER_S,
            _TOP_MM + (row + 0.5) * _ROW_MM,
            False,
        )
        for column, leads in enumerate(_COLUMNS)
        for row, lead in enumerate(leads)
    ]
    rhythm: Lead = "II" if "II" not in ecg.missing_leads else ecg.present_leads[0]
    return [*placed, Strip(rhythm, 0.0, _SHEET_S, _LEFT_MM, _TOP_MM + 3.5 * _ROW_MM, True)]


def trace_svg(ecg: Ecg) -> str:
    """The sheet as SVG: 1 s is 25 mm, 1 mV is 10 mm; gaps are left open, absent leads are named."""
    width, height = _LEFT_MM + _SHEET_S * MM_PER_S + 4.0, _TOP_MM + 4 * _ROW_MM + 2.0
    body = [_grid(width, height)]
    for strip in strips(ecg):
        body.append(_strip(ecg, strip))
    if ecg.synthetic:
        body.append(f'<text class="synthetic" x="{width / 2}" y="{height / 2}">SYNTHETIC</text>')
    label = "12-lead ECG, 25 millimetres per second, 10 millimetres per millivolt"
    return (
        f'<svg id="trace" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{label}"'
        f' xmlns="http://www.w3.org/2000/svg">{"".join(body)}<g id="marks"></g></svg>'
    )


def geometry(ecg: Ecg) -> list[dict[str, Any]]:
    """The strips as plain values for the page's script."""
    return [strip._asdict() for strip in strips(ecg)]


def _grid(width: float, height: float) -> str:
    return (
        '<defs><pattern id="small" width="1" height="1" patternUnits="userSpaceOnUse">'
        '<path class="thin" d="M1 0H0V1"/></pattern>'
        '<pattern id="large" width="5" height="5" patternUnits="userSpaceOnUse">'
        '<rect width="5" height="5" fill="url(#small)"/><path class="thick" d="M5 0H0V5"/></pattern></defs>'
        f'<rect class="paper" width="{width:g}" height="{height:g}"/>'
        f'<rect width="{width:g}" height="{height:g}" fill="url(#large)"/>'
    )


def _strip(ecg: Ecg, strip: Strip) -> str:
    name = escape(strip.lead) + (" (derived)" if strip.lead in ecg.derived_leads else "")
    label = f'<text class="lead" x="{strip.x_mm + 1:g}" y="{strip.baseline_mm - 9:g}">{name}</text>'
    if strip.lead in ecg.missing_leads:
        return f'{label}<text class="absent" x="{strip.x_mm + 8:g}" y="{strip.baseline_mm:g}">not recorded</text>'
    pulse = ""
    if strip.x_mm == _LEFT_MM:
        pulse = f'<path class="pulse" d="M2 {strip.baseline_mm:g}h1v-10h5v10h1"/>'
    return f'{pulse}<path class="wave" d="{_path(ecg, strip)}"/>{label}'


def _path(ecg: Ecg, strip: Strip) -> str:
    """Relative moves in hundredths of a millimetre; at most four points a millimetre keep every extreme."""
    first, last = int(strip.start_s * ecg.fs_hz), int(min(strip.end_s, ecg.duration_s) * ecg.fs_hz)
    samples = ecg.signal_mv[INDEX[strip.lead], first:last].astype(np.float64)
    if not np.isfinite(samples).any():
        return ""
    x = strip.x_mm + (np.arange(first, last) / ecg.fs_hz - strip.start_s) * MM_PER_S
    level = float(np.nanmedian(ecg.lead(strip.lead)))
    y = strip.baseline_mm - (samples - level) * MM_PER_MV
    keep = _extremes(y, max(1, round(ecg.fs_hz / 250.0)))
    return _moves(x[keep], y[keep])


def _extremes(y: NDArray[np.float64], block: int) -> NDArray[np.int64]:
    """Indices of the lowest and highest sample of each block, so that thinning never blunts a peak."""
    if block <= 1:
        return np.arange(y.size)
    whole = y[: y.size // block * block].reshape(-1, block)
    filled = np.where(np.isnan(whole), 0.0, whole)
    base = np.arange(len(whole)) * block
    both = np.concatenate((base + filled.argmin(axis=1), base + filled.argmax(axis=1)))
    return np.unique(both)


def _moves(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    out: list[str] = []
    pen_up = True
    last_x = last_y = 0
    for a, b in zip(np.round(x * 100), np.round(np.nan_to_num(y, nan=1e9) * 100), strict=True):
        if b > 1e10:
            pen_up = True
            continue
        px, py = int(a), int(b)
        out.append(f"M{px} {py}" if pen_up else f"l{px - last_x} {py - last_y}")
        pen_up, last_x, last_y = False, px, py
    return "".join(out)
