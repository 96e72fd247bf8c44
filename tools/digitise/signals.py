"""From tracks on a flat page to leads in millivolts at 500 Hz, placed in time, each with its estimated error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from calipers.digitisation import Segment
from calipers.leads import INDEX, Lead
from calipers.models.segmenter.segmenter import PX_MM
from calipers.models.tracer.windows import FINER
from calipers.tools.digitise.arrangement import Arranged, Cell
from calipers.tools.digitise.columns import usual_s
from calipers.tools.digitise.scale import Scale
from calipers.tools.digitise.tracing import Track
from calipers.tools.digitise.trust import FS_HZ, Stretch

#: A hole without ink up to this long is bridged.
_BRIDGED_MM: Final = 1.0
_LEAST_KNOWN: Final = 0.3
#: Error of a well-read sample in pixels, and what doubt adds in millimetres.
_PIXEL_ERROR: Final = 0.45
_DOUBT_MM: Final = 1.2

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


class Leads(NamedTuple):
    """(12, n) millivolts at 500 Hz, NaN where unseen; (12, n) confidence; the stretches, and lead, start and samples of each."""

    signal_mv: Float32
    confidence: Float32
    segments: tuple[Segment, ...]
    stretches: tuple[Stretch, ...]


class _Stretch(NamedTuple):
    cell: Cell
    start_s: float
    x_mm: float
    samples_mv: Float64
    chance: Float64
    line_mv: float
    baseline_mm: float


def leads_of(arranged: Arranged, tracks: Sequence[Track], scale: Scale, placing_mm: float = 0.0) -> Leads:
    """Every stretch sampled, placed and joined.

    Columns follow one another in time, as most pages print them; a strip covers them all.

    Args:
        arranged: the page's order.
        tracks: of the rows.
        scale: of the paper.
        placing_mm: how far a moment may stand from its place along the page.
    """
    starts = _starts_s(arranged, scale)
    stretches = [
        made for cell in arranged.cells if (made := _stretch(cell, tracks[cell.row], starts[cell], scale)) is not None
    ]
    ends = [one.start_s + one.samples_mv.size / FS_HZ for one in stretches]
    signal = np.full((12, round(max(ends, default=0.0) * FS_HZ)), np.nan, np.float32)
    confidence = np.zeros(signal.shape, np.float32)
    # Strips last, so that they stand above columns; a column fills a strip's holes.
    for one in sorted(stretches, key=lambda made: (made.cell.strip, float(made.chance.mean()))):
        first = round(one.start_s * FS_HZ)
        row, known = INDEX[one.cell.lead], np.isfinite(one.samples_mv)
        places = first + np.flatnonzero(known)
        signal[row, places] = one.samples_mv[known]
        confidence[row, places] = one.chance[known]
    residual_mv = _limb_residual(stretches)
    return Leads(
        signal,
        confidence,
        tuple(_segment(one, scale, residual_mv, placing_mm) for one in stretches),
        tuple((one.cell.lead, one.start_s, one.samples_mv) for one in stretches),
    )


def _starts_s(arranged: Arranged, scale: Scale) -> dict[Cell, float]:
    """When each stretch begins: columns one after the other, strips with the first."""
    columns = sorted({cell.column for cell in arranged.cells if not cell.strip})
    starts: dict[Cell, float] = {}
    at, column_start = 0.0, {}
    for column in columns:
        cells = [cell for cell in arranged.cells if cell.column == column and not cell.strip]
        column_start[column] = at
        at += usual_s(float(np.median([cell.right_mm - cell.left_mm for cell in cells])) / scale.speed_mm_s)
    first = (
        min((cell.left_mm for cell in arranged.cells if not cell.strip and cell.column == columns[0]), default=0.0)
        if columns
        else 0.0
    )
    for cell in arranged.cells:
        starts[cell] = (
            max(0.0, (cell.left_mm - first) / scale.speed_mm_s)
            if cell.strip and columns
            else column_start.get(cell.column, 0.0)
        )
    return starts


def _stretch(cell: Cell, track: Track, start_s: float, scale: Scale) -> _Stretch | None:
    first, last = max(0, int(cell.left_mm * PX_MM)), min(round(cell.right_mm * PX_MM) + 1, track.y_px.size)
    y, chance = track.fine_px[first:last].ravel(), track.chance[first:last]
    known = np.isfinite(y)
    if not known.size or known.mean() < _LEAST_KNOWN or known.sum() < 2:
        return None
    columns_mm = (np.arange(first, last) + 0.5) / PX_MM
    at_mm = (first + (np.flatnonzero(known) + 0.5) / FINER) / PX_MM
    y_mm = (y[known] + 0.5) / PX_MM
    count = round(usual_s((cell.right_mm - cell.left_mm) / scale.speed_mm_s) * FS_HZ)
    wanted_mm = cell.left_mm + np.arange(count) / FS_HZ * scale.speed_mm_s
    heights = PchipInterpolator(at_mm, y_mm)(np.clip(wanted_mm, at_mm[0], at_mm[-1]))
    nearest = np.abs(at_mm[_nearest(at_mm, wanted_mm)] - wanted_mm)
    heights[nearest > _BRIDGED_MM] = np.nan
    baseline = float(np.nanmedian(heights))
    sign = -1.0 if cell.inverted else 1.0
    samples = sign * (baseline - heights) / scale.gain_mm_mv
    sure = np.interp(wanted_mm, columns_mm, chance) * (nearest <= 0.5)
    line_mv = float(np.sqrt(np.mean(track.error_px[first:last] ** 2))) / PX_MM / scale.gain_mm_mv
    return _Stretch(cell, start_s, cell.left_mm, samples, sure, line_mv, baseline)


def _nearest(known: NDArray[np.floating], wanted: NDArray[np.floating]) -> NDArray[np.int64]:
    right = np.clip(np.searchsorted(known, wanted), 1, max(known.size - 1, 1))
    left = right - 1
    right = np.minimum(right, known.size - 1)
    return np.where(wanted - known[left] <= known[right] - wanted, left, right)


def _limb_residual(stretches: Sequence[_Stretch]) -> float:
    """RMS of I + III - II and of aVR + aVL + aVF where they stand in one column, per lead; 0 where they do not."""
    by_lead: dict[Lead, _Stretch] = {one.cell.lead: one for one in stretches if not one.cell.strip}
    found = []
    for leads, signs in ((("I", "III", "II"), (1, 1, -1)), (("aVR", "aVL", "aVF"), (1, 1, 1))):
        three = [by_lead[lead] for lead in leads if lead in by_lead]
        if len(three) < 3 or len({one.cell.column for one in three}) > 1:
            continue
        size = min(one.samples_mv.size for one in three)
        summed = np.sum([sign * one.samples_mv[:size] for sign, one in zip(signs, three, strict=True)], axis=0)
        summed = summed[np.isfinite(summed)]
        if summed.size:
            found.append(float(np.sqrt(np.mean((summed - np.median(summed)) ** 2) / 3)))
    return max(found, default=0.0)


def _segment(one: _Stretch, scale: Scale, residual_mv: float, placing_mm: float) -> Segment:
    known = np.isfinite(one.samples_mv)
    # Steep parts suffer from a wrong place in time.
    slopes = np.diff(one.samples_mv)
    slope = float(np.sqrt(np.nanmean(slopes**2))) * FS_HZ if np.isfinite(slopes).any() else 0.0
    placing_mv = slope * placing_mm / scale.speed_mm_s
    confidence = float(np.clip(one.chance.mean(), 0.0, 1.0))
    own = np.hypot(_PIXEL_ERROR / PX_MM, _DOUBT_MM * (1 - confidence)) / scale.gain_mm_mv
    return Segment(
        lead=one.cell.lead,
        start_s=round(one.start_s, 4),
        end_s=round(one.start_s + one.samples_mv.size / FS_HZ, 4),
        strip=one.cell.strip,
        error_mv=round(float(max(np.hypot(own, placing_mv), residual_mv, one.line_mv)) if known.any() else 1.0, 4),
        confidence=round(confidence, 4),
        x_mm=round(one.x_mm, 3),
        baseline_mm=round(one.baseline_mm, 3),
    )
