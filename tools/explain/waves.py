"""Where the waves of single beats lie on the trace."""

from __future__ import annotations

from collections.abc import Mapping

from calipers.evidence import Measurement, Span
from calipers.knowledge import Wave
from calipers.leads import LEADS

_NAMES = {"P": "p_dur", "QRS": "qrs", "RR": "rr"}


def wave_span(measurements: Mapping[str, Measurement], beat: int, wave: Wave) -> Span | None:
    """From onset to offset of one beat's wave over all leads; None where it was not found."""
    if wave == "T":
        return _t_span(measurements, beat)
    id_ = f"{_NAMES[wave]}#{beat}"
    spans = measurements[id_].spans if id_ in measurements else ()
    return spans[0] if spans else None


def _t_span(measurements: Mapping[str, Measurement], beat: int) -> Span | None:
    """T is marked lead by lead: the earliest start and the latest end."""
    ids = (f"{lead}.t_amp#{beat}" for lead in LEADS)
    found = [span for id_ in ids if id_ in measurements for span in measurements[id_].spans[:1]]
    if not found:
        return None
    return Span(None, min(span.start_s for span in found), max(span.end_s for span in found))
