"""Both ECGs' typical beats on one axis, lead by lead: a change of shape is seen before it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.agent.report_page.markup import Html, join, tag
from calipers.agent.report_page.polyline import svg_path
from calipers.ecg import Ecg
from calipers.evidence import Measurements
from calipers.leads import LEADS, Lead
from calipers.tools.measure import measure

Wave = NDArray[np.float64]

#: Seconds before and after the onset of the QRS.
BEFORE_S: Final = 0.26
_AFTER_S: Final = 0.50
#: 50 mm/s and 10 mm/mV; a panel shows what lies within.
_MM_PER_S, _MM_PER_MV = 50.0, 10.0
_WIDTH_MM: Final = 40.0
_HEIGHT_MM: Final = 26.0
_COLUMNS: Final = 4
RATE_HZ: Final = 500.0
_MOST_BEATS: Final = 30


def superimposed(ecg: Ecg, prior: Ecg) -> Html:
    """Twelve panels with this ECG's median beat over the prior's, both from their QRS onset."""
    now, then = typical_beats(ecg), typical_beats(prior)
    if now is None or then is None:
        return Html("")
    rows = -(-len(LEADS) // _COLUMNS)
    panels = [_panel(number, lead, now[number], then[number]) for number, lead in enumerate(LEADS)]
    drawing = tag(
        "svg",
        *panels,
        class_="superimposed",
        viewBox=f"0 0 {_COLUMNS * _WIDTH_MM:g} {rows * _HEIGHT_MM:g}",
        role="img",
        aria_label="Median beats of both ECGs superimposed, lead by lead",
    )
    words = "Median beats from QRS onset, 50 mm/s, 10 mm/mV: this ECG in the ink of the trace, the earlier one dashed."
    return tag("div", drawing, tag("p", words, class_="note"))


def typical_beats(ecg: Ecg) -> Wave | None:
    """(12, n) millivolts at 500 Hz around QRS onset, the level before it subtracted; None without beats."""
    return beats_at(ecg, onsets_s(measure(ecg)))


def beats_at(ecg: Ecg, starts_s: Sequence[float]) -> Wave | None:
    """`typical_beats` around QRS onsets that are known already."""
    at_s = np.arange(-BEFORE_S, _AFTER_S, 1.0 / RATE_HZ)
    inside = [start for start in starts_s if start >= BEFORE_S and start + _AFTER_S < ecg.duration_s]
    if not inside:
        return None
    clock_s = np.arange(ecg.signal_mv.shape[1]) / ecg.fs_hz
    level = slice(int((BEFORE_S - 0.03) * RATE_HZ), int((BEFORE_S - 0.01) * RATE_HZ))
    beats = np.empty((len(LEADS), len(at_s)))
    for row, samples in enumerate(ecg.signal_mv):
        windows = np.array([np.interp(at_s + start, clock_s, samples) for start in inside[:_MOST_BEATS]])
        windows -= np.median(windows[:, level], axis=1, keepdims=True)
        beats[row] = np.median(windows, axis=0)
    return beats


def onsets_s(measurements: Measurements) -> list[float]:
    """The QRS onsets of the beats that the QRS duration rests on."""
    spans = [item.spans[0] for item in measurements.held if item.name == "qrs" and item.spans]
    return sorted({span.start_s for span in spans})


def _panel(number: int, lead: Lead, now: Wave, then: Wave) -> Html:
    x_mm = np.arange(now.size) / RATE_HZ * _MM_PER_S
    left, top = (number % _COLUMNS) * _WIDTH_MM, (number // _COLUMNS) * _HEIGHT_MM
    both = np.concatenate([now[np.isfinite(now)], then[np.isfinite(then)]])
    middle = 0.0 if both.size == 0 else _MM_PER_MV * float(both.max() + both.min()) / 2.0
    lines = [
        tag("path", class_=name, d=svg_path(x_mm, middle - _MM_PER_MV * wave))
        for name, wave in (("then", then), ("wave", now))
        if np.isfinite(wave).any()
    ]
    words = tag("text", lead, class_="lead", x=0.5, y=-_HEIGHT_MM / 2 + 4)
    return tag("g", join(*lines, words), transform=f"translate({left + 1:g} {top + _HEIGHT_MM / 2:g})")
