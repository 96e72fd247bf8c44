"""An ECG as if a perfect digitiser had read it from the page that `render` draws of it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image

from calipers import Ecg
from calipers.digitisation import Digitisation, Segment
from calipers.ecg import Source
from calipers.leads import INDEX, LEADS
from calipers.tools.digitise.kept_page import kept_page
from calipers.tools.render import Layout, render

DPI: Final = 100


def read_back(ecg: Ecg, layout: Layout = "3x4+1", *, error_mv: float = 0.02, confidence: float = 0.95) -> Ecg:
    """The same record cut to what its page shows, with the page and where everything stands on it.

    Args:
        ecg: ten seconds.
        layout: of the page.
        error_mv: what the digitiser says of its trace.
        confidence: what it says of its reading.
    """
    drawn = render(ecg, layout=layout, dpi=DPI)
    page = np.asarray(Image.open(BytesIO(drawn.data)).convert("RGB"))
    sheet, px_per_mm = drawn.sheet, DPI / 25.4
    signal = np.full_like(ecg.signal_mv, np.nan)
    for strip in sheet.strips:
        first, stop = (round(time_s * ecg.fs_hz) for time_s in (strip.start_s, strip.end_s))
        signal[INDEX[strip.lead], first:stop] = ecg.signal_mv[INDEX[strip.lead], first:stop] - strip.offset_mv
    how = Digitisation(
        layout=layout,
        speed_mm_s=sheet.speed_mm_s,
        gain_mm_mv=sheet.gain_mm_mv,
        scale_found="grid and calibration pulse",
        segments=tuple(
            Segment(
                lead=strip.lead,
                start_s=strip.start_s,
                end_s=strip.end_s,
                strip=strip.rhythm,
                error_mv=error_mv,
                confidence=confidence,
                x_mm=strip.x_mm,
                baseline_mm=strip.baseline_mm,
            )
            for strip in sheet.strips
        ),
        strips=tuple(strip.lead for strip in sheet.strips if strip.rhythm),
        timing_error_ms=2.0,
        width_px=page.shape[1],
        height_px=page.shape[0],
        to_picture=(px_per_mm, 0.0, 0.0, 0.0, px_per_mm, 0.0, 0.0, 0.0, 1.0),
    )
    source = Source(format="PNG", digitised=True, digitisation=how, picture=kept_page(page), sha256="0" * 64)
    read = Ecg.from_array(signal, ecg.fs_hz, LEADS, age=ecg.patient.age, sex=ecg.patient.sex)
    return replace(read, source=source)
