"""The beats of a record as the measurements name them: which there are, where, and which are premature."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Final

from calipers.evidence import Measurement, Span
from calipers.knowledge.quantities import unmeasured

#: Single beats are shown, not surveyed: this many fill five minutes at a usual rate.
_MOST_BEATS: Final = 400
#: Counts whose spans mark premature beats.
_PREMATURE: Final = ("pvc_count", "pac_count")


def all_beats(measurements: Mapping[str, Measurement]) -> tuple[int, ...]:
    """The numbers of the beats, in time; of a very long record those at its beginning."""
    return tuple(takewhile(lambda beat: f"qrs#{beat}" in measurements, range(_MOST_BEATS)))


def premature_beats(measurements: Mapping[str, Measurement]) -> tuple[int, ...]:
    """The beats that the counts of premature beats mark."""
    marked = [span for name in _PREMATURE if name in measurements for span in measurements[name].spans]
    return tuple(
        beat
        for beat in all_beats(measurements)
        if any(overlap_s(measurements[f"qrs#{beat}"].spans[:1], span) > 0.0 for span in marked)
    )


def unmeasured_counts(measurements: Mapping[str, Measurement]) -> tuple[str, ...]:
    """The counts of premature beats, if none of them could be made."""
    return () if any(not unmeasured(measurements, name) for name in _PREMATURE) else _PREMATURE


def overlap_s(spans: tuple[Span, ...], other: Span) -> float:
    """How long the spans and another overlap, in seconds."""
    return sum(max(0.0, min(span.end_s, other.end_s) - max(span.start_s, other.start_s)) for span in spans)
