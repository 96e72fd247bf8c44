"""A page that was read as a picture, read again by the lines of its PDF where they are its traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.digitisation import Digitisation, Segment
from calipers.leads import INDEX
from calipers.tools.digitise.trust import FS_HZ

if TYPE_CHECKING:
    from calipers.tools.digitise.digitise import Digitised

Float64 = NDArray[np.float64]

#: How far a line's quiet level may stand from where the picture's reading has it, and how alike both must be.
_LEVEL_MM: Final = 1.2
_LIKE: Final = 0.75
#: A stretch begins with its line where they begin this near each other.
_START_MM: Final = 4.0
_COLUMN_MM: Final = 1.5
_COVERED: Final = 0.9
_EDGE_SAMPLES: Final = 20
#: Stated for what was read by lines: coordinates in a PDF are rounded to a hundredth of a millimetre or so.
_ERROR_MV: Final = 0.003
_TIMING_MS: Final = 0.5


class _Read(NamedTuple):
    """One stretch read by a line: the stretch as it then stands, and its samples in millivolts."""

    segment: Segment
    samples_mv: Float64


def read_by_lines(found: Digitised, lines_px: Sequence[Float64]) -> Digitised:
    """The same page with the exact coordinates of its lines; `found` itself where none of them is a trace.

    Which line is which lead's is the picture's reading: a line belongs to a stretch whose place and shape it has.

    Args:
        found: the reading of the page's picture.
        lines_px: (n, 2) each, pixels of that picture; see `trace_lines`.
    """
    lines = [_upright(line, found.digitisation) for line in lines_px]
    lines = [line for line in lines if line.size and np.ptp(line[:, 0]) > _START_MM]
    segments = found.digitisation.segments
    chosen = [_line_of(segment, found, lines) for segment in segments]
    if not lines or all(one is None for one in chosen):
        return found
    firsts = [
        min((s.start_s for s, one in zip(segments, chosen, strict=True) if one == number), default=0.0)
        for number in range(len(lines))
    ]
    read = [
        _as_read(segment, found) if one is None else _by(segment, lines[one], firsts[one], found)
        for segment, one in zip(segments, chosen, strict=True)
    ]
    return _joined(found, _strips_placed(read, found.digitisation), every=all(one is not None for one in chosen))


def _upright(line_px: Float64, stated: Digitisation) -> Float64:
    """(n, 2) millimetres of the flat page, from left to right."""
    back = np.linalg.inv(np.reshape(stated.to_picture, (3, 3)))
    mapped = np.concatenate([line_px, np.ones((len(line_px), 1))], axis=1) @ back.T
    line = mapped[:, :2] / mapped[:, 2:]
    if stated.bend is not None:
        line = line - np.array([stated.bend.at(x, y) for x, y in line])
    if line[-1, 0] < line[0, 0]:
        line = line[::-1]
    # A line that runs down the page is none that was traced along it.
    return np.asarray(line if np.mean(np.diff(line[:, 0]) < -1e-3) < 0.02 else line[:0], np.float64)


def _line_of(segment: Segment, found: Digitised, lines: Sequence[Float64]) -> int | None:
    """The number of the line that runs where this stretch was read."""
    speed = found.digitisation.speed_mm_s
    first, last = segment.x_mm, segment.x_mm + (segment.end_s - segment.start_s) * speed
    row = found.signal_mv[INDEX[segment.lead]]
    start = round(segment.start_s * FS_HZ)
    samples = row[start : round(segment.end_s * FS_HZ)].astype(np.float64)
    at_mm = first + np.arange(samples.size) / FS_HZ * speed
    best: tuple[float, int] | None = None
    for number, line in enumerate(lines):
        if min(line[-1, 0], last) - max(line[0, 0], first) < _COVERED * (last - first):
            continue
        heights = np.interp(at_mm, line[:, 0], line[:, 1])
        # What stands at a column's edge may be its neighbour's.
        known = np.isfinite(samples)
        known[:_EDGE_SAMPLES] = known[samples.size - _EDGE_SAMPLES :] = False
        away = abs(float(np.median(heights)) - segment.baseline_mm)
        if away > _LEVEL_MM or known.sum() < FS_HZ / 2:
            continue
        if abs(_correlation(-heights[known], samples[known])) > _LIKE and (best is None or away < best[0]):
            best = away, number
    return None if best is None else best[1]


def _correlation(a: Float64, b: Float64) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


def _by(segment: Segment, line: Float64, first_s: float, found: Digitised) -> _Read:
    """A stretch's samples where its line has them."""
    stated = found.digitisation
    begins = float(line[0, 0]) + (segment.start_s - first_s) * stated.speed_mm_s
    near = _START_MM if segment.start_s == first_s else _COLUMN_MM
    x_mm = begins if abs(begins - segment.x_mm) <= near else segment.x_mm
    count = round((segment.end_s - segment.start_s) * FS_HZ)
    at_mm = x_mm + np.arange(count) / FS_HZ * stated.speed_mm_s
    heights = np.interp(at_mm, line[:, 0], line[:, 1])
    heights[(at_mm < line[0, 0] - 0.1) | (at_mm > line[-1, 0] + 0.1)] = np.nan
    baseline = float(np.nanmedian(heights))
    before = _as_read(segment, found).samples_mv
    known = np.isfinite(before) & np.isfinite(heights)
    # Cabrera's aVR is drawn upside down: the picture's reading knows.
    sign = 1.0 if _correlation(baseline - heights[known], before[known]) >= 0 else -1.0
    placed = segment.model_copy(
        update={"x_mm": round(x_mm, 3), "baseline_mm": round(baseline, 3), "error_mv": _ERROR_MV, "confidence": 1.0}
    )
    return _Read(placed, sign * (baseline - heights) / stated.gain_mm_mv)


def _as_read(segment: Segment, found: Digitised) -> _Read:
    """A stretch as the picture had it."""
    first = round(segment.start_s * FS_HZ)
    count = round((segment.end_s - segment.start_s) * FS_HZ)
    samples = np.full(count, np.nan)
    row = found.signal_mv[INDEX[segment.lead], first : first + count]
    samples[: row.size] = row
    return _Read(segment, samples)


def _strips_placed(read: Sequence[_Read], stated: Digitisation) -> list[_Read]:
    """Strips begin with the first column as far as they stand from it."""
    columns = [one.segment for one in read if not one.segment.strip]
    if not columns:
        return list(read)
    first = min(columns, key=lambda segment: segment.start_s)
    placed = []
    for one in read:
        segment = one.segment
        if segment.strip and segment.error_mv == _ERROR_MV:
            start_s = max(0.0, round(first.start_s + (segment.x_mm - first.x_mm) / stated.speed_mm_s, 4))
            length_s = one.samples_mv.size / FS_HZ
            segment = segment.model_copy(update={"start_s": start_s, "end_s": round(start_s + length_s, 4)})
        placed.append(_Read(segment, one.samples_mv))
    return placed


def _joined(found: Digitised, read: Sequence[_Read], *, every: bool) -> Digitised:
    ends = [round(one.segment.start_s * FS_HZ) + one.samples_mv.size for one in read]
    signal = np.full((12, max(ends)), np.nan, np.float32)
    confidence = np.zeros(signal.shape, np.float32)
    for one in sorted(read, key=lambda made: made.segment.strip):
        known = np.isfinite(one.samples_mv)
        places = round(one.segment.start_s * FS_HZ) + np.flatnonzero(known)
        signal[INDEX[one.segment.lead], places] = one.samples_mv[known]
        confidence[INDEX[one.segment.lead], places] = one.segment.confidence
    said = found.digitisation.notes if every else (*found.digitisation.notes, "some leads were read by pixels")
    stated = found.digitisation.model_copy(
        update={
            "segments": tuple(one.segment for one in read),
            "vector": every,
            "timing_error_ms": _TIMING_MS if every else found.digitisation.timing_error_ms,
            "notes": said,
        }
    )
    return found._replace(signal_mv=signal, confidence=confidence, digitisation=stated)
