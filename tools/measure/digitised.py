"""What reading from a picture costs in certainty: wider intervals, lower quality, and the word of it in each method.

A digitised signal differs from the recorded one by the error of its trace, in mV, and of its place in time, in ms;
the digitiser states both for each stretch. `AMPLITUDE`, `TIME` and the rest say how much of these errors arrives in
each kind of measurement, as 95 % half-widths.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from calipers.digitisation import Digitisation
from calipers.ecg import Ecg
from calipers.evidence import Measurement, Measurements
from calipers.leads import LEADS
from calipers.tools.measure.examination import Examination
from calipers.tools.measure.quality import LeadQualities
from calipers.tools.measure.sheet import DIGITS

#: Multiples of a lead's trace error, by measurement; fitted on pages of fold 7 that were read to their scale and held
#: against fold 8's (`python -m calipers.evals.layouts.uncertainty`). A lead taken for another is beyond any width.
AMPLITUDE: Final[dict[str, float]] = {
    "r_amp": 5.0,
    "s_amp": 4.5,
    "q_amp": 1.0,
    "t_amp": 2.0,
    "p_amp": 1.0,
    **dict.fromkeys(("st_j", "st_60", "st_80"), 0.5),
}
OTHER_AMPLITUDE: Final = 2.0
#: Multiples of the timing error.
INTERVAL: Final[dict[str, float]] = {
    "p_dur": 2.0,
    "pr": 2.0,
    "qrs": 1.5,
    "qt": 1.0,
    **dict.fromkeys(("q_dur", "r_dur", "s_dur"), 7.0),
}
OTHER_INTERVAL: Final = 6.0
#: Share of a value that the scale of the paper may be off by.
SCALE: Final = 0.01
#: Multiples of the angle by which the trace error turns a vector of one millivolt.
AXIS: Final[dict[str, float]] = {"qrs_axis": 5.0, "p_axis": 6.0, "t_axis": 4.0}
#: Counts and words are not numbers of the scale.
_UNSCALED: Final = frozenset(
    ("quality", "qrs_count", "pvc_count", "pac_count", "paced_count", "dropped_count", "qrs_notch")
)
#: Below this mean confidence a stretch loses quality.
_CONFIDENT: Final = 0.8
#: A trace that may be this far off is not measured.
TOO_FAR_MV: Final = 0.2
_WORD: Final = "read from a picture"


def read_from_picture(leads: LeadQualities, digitisation: Digitisation | None) -> LeadQualities:
    """The qualities with what the digitiser was unsure of taken off; unchanged for what was recorded."""
    if digitisation is None:
        return leads
    score, reasons = leads.score.copy(), list(leads.reasons)
    for row, lead in enumerate(LEADS):
        stretches = digitisation.segments_of(lead)
        if not stretches:
            continue
        sure, error_mv = stretches[0].confidence, stretches[0].error_mv
        if error_mv >= TOO_FAR_MV:
            score[row] = 0.0
            reasons[row] = (*reasons[row], f"the trace may be off by {error_mv:.2f} mV")
        elif sure < _CONFIDENT:
            score[row] = round(float(score[row]) * max(sure / _CONFIDENT, 0.0), 3)
            reasons[row] = (*reasons[row], f"the trace was read with a confidence of {sure:.2f}")
    return LeadQualities(score, tuple(reasons))


def with_digitising_error(found: Examination, ecg: Ecg) -> Examination:
    """The same measurements with the digitiser's error in every interval, and its word in every method."""
    how, unread = ecg.source.digitisation, ecg.source.unread
    if unread is not None:
        reasons = (f"the picture could not be read: {unread}", *found.quality.reasons)
        return replace(found, quality=found.quality.model_copy(update={"reasons": reasons}))
    if how is None:
        return found
    items = [_widened(item, how) for item in found.measurements.values()]
    quality = found.quality.model_copy(update={"reasons": (*found.quality.reasons, *remarks(how))})
    return replace(found, measurements=Measurements(items), quality=quality)


def remarks(how: Digitisation) -> tuple[str, ...]:
    """What a reader must know of the reading, a line each."""
    page = f", page {how.page + 1} of {how.pages}" if how.pages > 1 else ""
    worst = max((one.error_mv for one in how.segments), default=0.0)
    return (
        f"{_WORD}{page}: {how.layout}, {how.speed_mm_s:g} mm/s and {how.gain_mm_mv:g} mm/mV; scale: {how.scale_found}",
        f"read to within {worst:.2f} mV and {how.timing_error_ms:.0f} ms; every uncertainty includes it",
        *how.notes,
    )


def _widened(item: Measurement, how: Digitisation) -> Measurement:
    if item.status != "measured":
        return item
    method = f"{item.method}; {_WORD}"
    number = item.number
    if number is None or item.name in _UNSCALED:
        return item.model_copy(update={"method": method})
    half_width = math.hypot(item.uncertainty or 0.0, _error(item, number, how))
    return item.model_copy(update={"method": method, "uncertainty": round(half_width, DIGITS[item.unit])})


def _error(item: Measurement, number: float, how: Digitisation) -> float:
    """95 % half-width of what digitising adds to one measurement."""
    times = {"mV": (AMPLITUDE, OTHER_AMPLITUDE), "ms": (INTERVAL, OTHER_INTERVAL), "deg": (AXIS, 0.0)}.get(item.unit)
    arriving = times[0].get(item.name, times[1]) * stated_error(item, how) if times is not None else 0.0
    scaled = SCALE * number if item.unit in ("mV", "ms", "/min") else 0.0
    return math.hypot(arriving, scaled)


def stated_error(item: Measurement, how: Digitisation) -> float:
    """The digitiser's own error in the unit of a measurement: mV of its lead, ms, or degrees of a millivolt's QRS."""
    if item.unit == "ms":
        return how.timing_error_ms
    if item.unit in ("mV", "deg"):
        stretches = how.segments_of(item.lead) if item.lead is not None else how.segments
        error_mv = float(np.median([one.error_mv for one in stretches])) if stretches else 0.0
        return error_mv if item.unit == "mV" else math.degrees(math.atan(error_mv))
    return 0.0
