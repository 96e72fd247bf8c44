"""From a probability track to waves with onset and offset in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Wave = Literal["P", "QRS", "T"]
WAVES: Final[tuple[Wave, ...]] = ("P", "QRS", "T")


class Segment(NamedTuple):
    """One wave. `confidence` is the mean probability between onset and offset, 0.5-1."""

    onset_s: float
    offset_s: float
    confidence: float


@dataclass(frozen=True)
class WaveRule:
    """What counts as one wave: shorter ones are noise, nearer ones are the same wave."""

    shortest_ms: float
    close_gap_ms: float
    least_peak: float


#: Set before any scoring; 99 % of the waves that LUDB's cardiologists mark are longer (48, 62, 92 ms).
RULES: Final[dict[Wave, WaveRule]] = {
    "P": WaveRule(shortest_ms=40, close_gap_ms=24, least_peak=0.6),
    "QRS": WaveRule(shortest_ms=40, close_gap_ms=32, least_peak=0.6),
    "T": WaveRule(shortest_ms=60, close_gap_ms=60, least_peak=0.6),
}


def segments(probability: NDArray[np.float32], fs_hz: float, wave: Wave, *, threshold: float = 0.5) -> list[Segment]:
    """The waves of one track, onset and offset interpolated where the probability crosses the threshold.

    Gaps shorter than the wave's `close_gap_ms` are closed first, then waves shorter than `shortest_ms` or
    never above `least_peak` are dropped.

    Args:
        probability: (n,) of one wave in one lead, or of the global track.
        fs_hz: its sampling rate.
        wave: whose rule to apply.
        threshold: the crossing that is taken as the bound.

    Returns:
        The waves in time; a wave cut off by the record's edge begins or ends there.
    """
    rule = RULES[wave]
    n = len(probability)
    above = np.concatenate([[False], probability >= threshold, [False]])
    edges = np.diff(above.astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)  # above at [start, end)
    spans: list[tuple[float, float, int, int]] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        onset, offset = float(start), float(end - 1)
        if start > 0:
            onset -= _share(probability[start], probability[start - 1], threshold)
        if end < n:
            offset += _share(probability[end - 1], probability[end], threshold)
        if spans and onset - spans[-1][1] < rule.close_gap_ms * fs_hz / 1000:
            onset, start = spans[-1][0], spans[-1][2]
            spans.pop()
        spans.append((onset, offset, start, end))
    return [
        Segment(onset / fs_hz, offset / fs_hz, float(probability[start:end].mean()))
        for onset, offset, start, end in spans
        if (offset - onset) * 1000 / fs_hz >= rule.shortest_ms
        and float(probability[start:end].max()) >= rule.least_peak
    ]


def _share(inside: np.float32, outside: np.float32, threshold: float) -> float:
    """How far, in samples, the threshold lies from the last sample inside towards the first outside."""
    fall = float(inside) - float(outside)
    return (float(inside) - threshold) / fall if fall > 0 else 0.0
