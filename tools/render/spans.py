"""Which stretch of which strip shows a measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from calipers.ecg import Ecg
from calipers.errors import UnknownEvidence
from calipers.evidence import Measurement, Span
from calipers.leads import Lead
from calipers.tools.render.layout import Sheet, Strip

#: Onsets and window edges are sample times: half a sample at 250 Hz is the same instant.
_SAME_INSTANT_S = 0.002


class Place(NamedTuple):
    """A span on a strip, and where the same measurement shows again on it (each PVC of a count)."""

    strip: Strip
    span: Span
    repeats: tuple[Span, ...] = ()


def require_measurements(ids: Sequence[str], measurements: Mapping[str, Measurement], ecg: Ecg) -> list[Measurement]:
    """The measurements of these ids, each once, in order.

    Raises:
        UnknownEvidence: an id that is not there, or that was measured on another ECG.
    """
    found = []
    for key in dict.fromkeys(ids):
        if key not in measurements:
            raise UnknownEvidence(f"found id `{key}`; needed the id of a measurement of record {ecg.record}")
        if measurements[key].record != ecg.record:
            raise UnknownEvidence(
                f"found `{key}` of record {measurements[key].record}; needed evidence of record {ecg.record}"
            )
        found.append(measurements[key])
    return found


def find_place(
    measurement: Measurement, measurements: Mapping[str, Measurement], sheet: Sheet, ecg: Ecg
) -> Place | str:
    """Where to draw a measurement, or in words why it cannot be drawn on this sheet.

    Its own spans come first, then those of its beat-level siblings (`V3.st_j#2` for `V3.st_j`), since a
    lead shows 2.5 s of ten on a 3x4 sheet. A span longer than the sheet is drawn cut.
    """
    if measurement.status == "not_measurable":
        return f"not measurable: {measurement.reason or 'no reason given'}"
    own = measurement.spans
    # The first span of a global measurement is the global one; lead by lead spans explain it further.
    if measurement.lead is None and own:
        own = tuple(span for span in own if span.lead is None) or own
    if not own:
        return "no stretch of the trace belongs to it"
    strips = _strips_for(measurement.lead or own[0].lead, sheet, ecg)
    for strip in strips:
        for span in own:
            if _shown(span, strip):
                return Place(strip, span, tuple(s for s in own if s != span and _shown(s, strip)))
    siblings = beat_spans(measurement, measurements)
    for strip in strips:
        for span in siblings:
            if _shown(span, strip):
                return Place(strip, span)
    for span in own:
        for strip in _strips_for(measurement.lead or span.lead, sheet, ecg):
            seen = min(span.end_s, strip.end_s) - max(span.start_s, strip.start_s)
            if seen > 0 and seen >= 0.5 * min(strip.end_s - strip.start_s, span.end_s - span.start_s):
                return Place(strip, span)
    lead = measurement.lead or own[0].lead
    if lead is not None and lead in ecg.missing_leads:
        return f"{lead} is not recorded"
    shown = f"{sheet.start_s:g} to {sheet.start_s + 10:g} s" if lead is None else f"{lead}'s window"
    return f"{own[0].start_s:.2f} s lies outside {shown} on this sheet"


def _shown(span: Span, strip: Strip) -> bool:
    return strip.shows(span.start_s + _SAME_INSTANT_S, span.end_s - _SAME_INSTANT_S)


def beat_spans(measurement: Measurement, measurements: Mapping[str, Measurement]) -> list[Span]:
    """The first spans of the beats that show this value, nearest value first.

    An ectopic beat measures otherwise and must not carry the dominant beat's label. A report holds only
    the beats that its claims cite, so the beat numbers may have gaps.
    """
    value, stem = measurement.number, f"{measurement.id}#"
    if value is None or measurement.beat is not None:
        return []
    agreeing = []
    for key in measurements:
        if not key.startswith(stem) or (beat := measurements[key]).number is None or not beat.spans:
            continue
        apart = abs(beat.number - value)
        if apart <= (measurement.uncertainty or 0.0) + (beat.uncertainty or 0.0):
            agreeing.append((apart, beat.beat or 0, beat.spans[0]))
    return [span for _, _, span in sorted(agreeing)]


def _strips_for(lead: Lead | None, sheet: Sheet, ecg: Ecg) -> list[Strip]:
    """Strips in order of preference: a lead's own column before the rhythm strip of the same lead.

    What belongs to all leads goes on a rhythm strip, else on II, else on whatever is recorded.
    """
    recorded = [strip for strip in sheet.strips if strip.lead not in ecg.missing_leads]
    if lead is not None:
        return sorted((strip for strip in recorded if strip.lead == lead), key=lambda strip: strip.rhythm)
    return sorted(recorded, key=lambda strip: (not strip.rhythm, strip.lead != "II"))
