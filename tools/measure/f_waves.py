"""Fibrillatory waves: how much V1 and II go on moving between T wave and QRS."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from scipy import signal as dsp

from calipers.leads import LEADS
from calipers.tools.measure.analysis import ANALYSIS_HZ, AnalysisSignal, Mask, Signal
from calipers.tools.measure.beats import Beats
from calipers.tools.measure.sheet import Sheet

_BAND_HZ: Final = (3.0, 15.0)
#: After the T wave and before the next QRS.
_FROM_S, _TO_S = 0.56, 0.09
_WINDOW_S: Final = 0.20
_STEP_S: Final = 0.10
_LEAST_WINDOWS: Final = 10
#: A P wave is in less than three of four stretches of 200 ms, a fibrillatory wave in each.
_QUARTILE: Final = 25.0
_ROWS: Final = (LEADS.index("V1"), LEADS.index("II"))


def write_f_waves(sheet: Sheet, signal: AnalysisSignal, beats: Beats, usable: Mask) -> None:
    """`f_wave_amp`: the movement that three of four stretches of 200 ms between T wave and QRS reach.

    On simulated records: above 0.04 mV in 29 of 30 with fibrillating atria and complete block, at most 0.02 mV in
    junctional and idioventricular rhythms and sinus bradycardia. Real noise reaches 0.04 mV: by itself it tells nothing.
    """
    rows = [row for row in _ROWS if usable[row]]
    starts = _starts(beats)
    if not rows or len(starts) < _LEAST_WINDOWS:
        what = "neither V1 nor II is readable" if not rows else "too little time between T waves and QRS complexes"
        sheet.missing("f_wave_amp", "mV", what)
        return
    waves = dsp.sosfiltfilt(_band(), signal.level_mv[rows], axis=1, padlen=min(300, signal.n - 1))
    width = int(_WINDOW_S * ANALYSIS_HZ)
    # One row a stretch, one column a lead.
    moves = np.stack([np.ptp(waves[:, start : start + width], axis=1) for start in starts])
    size = np.percentile(moves, _QUARTILE, axis=0)
    best = int(np.argmax(size))
    error = (
        1.96 * 1.36 * float(np.std(np.minimum(moves[:, best], np.median(moves[:, best])))) / np.sqrt(len(starts) / 2)
    )
    sheet.value(
        "f_wave_amp",
        float(size[best]),
        "mV",
        uncertainty=max(error, 0.004),
        spans=[(LEADS[rows[best]], float(start), float(start + width)) for start in starts[::2]],
        how=f"lower quartile of the peak-to-peak movement in {len(starts)} stretches of 200 ms between T wave and QRS",
    )


def _starts(beats: Beats) -> list[int]:
    """First samples of the stretches, every 100 ms."""
    width, step = int(_WINDOW_S * ANALYSIS_HZ), int(_STEP_S * ANALYSIS_HZ)
    first, last = int(_FROM_S * ANALYSIS_HZ), int(_TO_S * ANALYSIS_HZ)
    return [
        start
        for peak, after in zip(beats.peaks[:-1], beats.peaks[1:], strict=True)
        for start in range(int(peak) + first, int(after) - last - width, step)
    ]


@cache
def _band() -> Signal:
    sos: Signal = dsp.butter(2, _BAND_HZ, "bandpass", fs=ANALYSIS_HZ, output="sos")
    return sos
