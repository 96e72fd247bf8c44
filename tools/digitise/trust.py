"""How far a reading may be trusted, by what it knows of itself: `P(correlation with the paper >= 0.9)`.

Leads that stand over one another on paper were recorded together: the six limb leads are two, and complexes fall at
one time. A strip repeats a lead of the columns. Ink that no row explains, and names that stand elsewhere, are left
over. A logistic of these, fitted on pages of PTB-XL's folds 7 and 8 in all layouts and damages
(`python -m calipers.evals.layouts.trust`), says when to doubt, and when to refuse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter1d

from calipers.digitisation import DOUBT, Segment
from calipers.errors import PictureNotDigitised
from calipers.leads import LIMB_FROM_I_AND_II, Lead
from calipers.tools.digitise.arrangement import Arranged
from calipers.tools.digitise.tracing import Track, stroke_ends
from calipers.tools.measure.digitised import TOO_FAR_MV

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Stretch = tuple[Lead, float, Float64]

FS_HZ: Final = 500.0
#: Below this a reading is refused; below the other it is given in doubt.
REFUSED: Final = 0.2
DOUBTED: Final = 0.9
#: Logistic: constant, then one weight for each of `Evidence`; the mean of two fits, on 184 and 128 pages, 11 and 6 of
#: them read wrongly.
CONSTANT: Final = 5.2
WEIGHTS: Final[tuple[float, ...]] = (-6.2, -3.6, -2.8, -5.1, -1.8, -1.2)
_LEAST_SAMPLES: Final = 250
_EDGE: Final = 20
#: What stands for a check that the page does not allow: its usual outcome.
_USUAL_RESIDUAL, _USUAL_STRIP, _USUAL_TOGETHER = 0.15, 0.95, 0.7
#: Complexes are compared as slopes smoothed by so many samples.
_TOGETHER_SAMPLES: Final = 6
_INK: Final = 0.5
#: On a part of a page strokes between columns are read as names: this says no more than so much.
_MOST_UNNAMED: Final = 0.7
#: What stands for the distance of rows where there is one.
_ALONE_PX: Final = 180.0
#: Ink within this of a track is explained by it.
_EXPLAINED_PX: Final = 5


class Evidence(NamedTuple):
    """What a reading knows of itself, each 0 at best and about 1 at worst.

    Attributes:
        residual: of simultaneous limb leads from a plane, as a share of them.
        strip: one less the correlation of strips with their leads' columns.
        apart: one less how far complexes of a column fall together.
        unexplained: share of the trace's ink that no row explains.
        unnamed: stretches whose names were not read, and contradicting names twice, as a share of twelve.
        doubt: one less the network's mean confidence.
    """

    residual: float
    strip: float
    apart: float
    unexplained: float
    unnamed: float
    doubt: float


def evidence(
    segments: Sequence[Segment],
    stretches: Sequence[Stretch],
    arranged: Arranged,
    trace: Float32,
    tracks: Sequence[Track],
) -> Evidence:
    """Of a page that was read.

    Args:
        segments: its stretches.
        stretches: lead, start in seconds and millivolts of each.
        arranged: the page's order.
        trace: (h, w) probability.
        tracks: of the rows.
    """
    right, wrong = arranged.named
    shown = sum(not cell.strip for cell in arranged.cells)
    confidence = float(np.mean([one.confidence for one in segments])) if segments else 0.0
    return Evidence(
        residual=_residual([one for one, part in zip(stretches, segments, strict=True) if not part.strip]),
        strip=1.0 - _strip_agreement(stretches),
        apart=1.0 - _together(stretches),
        unexplained=_unexplained(trace, tracks),
        unnamed=min(max(shown - right, 0) / 12 + 2 * wrong / 12, _MOST_UNNAMED),
        doubt=1.0 - confidence,
    )


def trust(found: Evidence) -> float:
    """Probability that the leads agree with the paper."""
    return 1.0 / (1.0 + math.exp(-(CONSTANT + float(np.dot(WEIGHTS, found)))))


def doubts(found: Evidence, scale_found: str, segments: Sequence[Segment] = ()) -> tuple[str, ...]:
    """What a reader must be told, a line each; none where the reading is to be trusted.

    Args:
        found: what the reading knows of itself.
        scale_found: what the paper's scale rests on; of one that was assumed nothing else would tell that it is wrong.
        segments: its stretches; what may be too far off to be measured is named.

    Raises:
        PictureNotDigitised: the leads contradict one another.
    """
    chance = trust(found)
    if chance < REFUSED:
        raise PictureNotDigitised(
            f"found an ECG whose leads do not fit one another as read ({_worst(found)}); needed a clearer picture",
            "leads",
        )
    told = []
    if chance < DOUBTED:
        told.append(f"{DOUBT}leads may be read wrongly ({_worst(found)})")
    far = dict.fromkeys(one.lead for one in segments if one.error_mv >= TOO_FAR_MV)
    if far:
        told.append(f"{DOUBT}{', '.join(far)} may be off by {TOO_FAR_MV:g} mV and more, and are not measured")
    if "assumed" in scale_found:
        told.append(f"{DOUBT}the paper's speed or gain was not read but assumed")
    return tuple(told)


_WORDS: Final[dict[str, str]] = {
    "residual": "limb leads disagree",
    "strip": "a rhythm strip disagrees with its lead",
    "apart": "complexes do not fall together",
    "unexplained": "ink is left that no lead explains",
    "unnamed": "names of leads were not read",
    "doubt": "the trace is faint",
}


def _worst(found: Evidence) -> str:
    costs = dict(zip(Evidence._fields, np.multiply(WEIGHTS, found), strict=True))
    return _WORDS[min(costs, key=lambda name: costs[name])]


def _columns(stretches: Sequence[Stretch]) -> list[list[Stretch]]:
    """Stretches that begin at one time, those of a column or of all rows."""
    starts = sorted({round(start, 2) for _, start, _ in stretches})
    return [[one for one in stretches if round(one[1], 2) == start] for start in starts]


def _residual(stretches: Sequence[Stretch]) -> float:
    found = []
    for column in _columns(stretches):
        limb = {lead: samples for lead, _, samples in column if lead in LIMB_FROM_I_AND_II}
        if len(limb) < 3:
            continue
        size = min(samples.size for samples in limb.values())
        signals = np.array([_zeroed(samples[:size]) for samples in limb.values()])[:, _EDGE : size - _EDGE]
        signals = signals[:, np.isfinite(signals).all(axis=0)]
        if signals.shape[1] < _LEAST_SAMPLES or not signals.any():
            continue
        plane = np.array([LIMB_FROM_I_AND_II[lead] for lead in limb])
        left = signals - plane @ np.linalg.lstsq(plane, signals, rcond=None)[0]
        found.append(float(np.sqrt((left**2).mean() / (signals**2).mean())))
    return min(max(found, default=_USUAL_RESIDUAL), 1.0)


def _strip_agreement(stretches: Sequence[Stretch]) -> float:
    """The least correlation of a lead's two stretches where they show the same time."""
    alike = (agreement(one, other) for one, other in combinations(stretches, 2) if one[0] == other[0])
    return max(min((found for found in alike if found is not None), default=_USUAL_STRIP), 0.0)


def agreement(one: Stretch, other: Stretch) -> float | None:
    """Correlation of two stretches where both show the same time; None where they hardly do."""
    first = max(one[1], other[1])
    count = round((min(at + samples.size / FS_HZ for _, at, samples in (one, other)) - first) * FS_HZ)
    if count < _LEAST_SAMPLES + 2 * _EDGE:
        return None
    a, b = (samples[round((first - at) * FS_HZ) :][_EDGE : count - _EDGE] for _, at, samples in (one, other))
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < _LEAST_SAMPLES or not a[both].std() or not b[both].std():
        return None
    return float(np.corrcoef(a[both], b[both])[0, 1])


def _together(stretches: Sequence[Stretch]) -> float:
    """How far the slopes of a column's leads rise at the same moments: the least column's mean correlation."""
    found = []
    for column in _columns(stretches):
        size = min(samples.size for _, _, samples in column)
        if len(column) < 2 or size < _LEAST_SAMPLES:
            continue
        slopes = np.array([steepness(samples[:size]) for _, _, samples in column])
        slopes = slopes[slopes.std(axis=1) > 0]
        if len(slopes) > 1:
            each = np.corrcoef(slopes)
            found.append(float(np.median((each.sum(axis=0) - 1) / (len(slopes) - 1))))
    return max(min(found, default=_USUAL_TOGETHER), 0.0)


def steepness(samples: Float64) -> Float64:
    """How steep a lead is at each sample, over a complex's strokes."""
    steep: Float64 = gaussian_filter1d(np.abs(np.gradient(np.nan_to_num(_zeroed(samples)))), _TOGETHER_SAMPLES)
    return steep


def _unexplained(trace: Float32, tracks: Sequence[Track]) -> float:
    """Share of the ink between the rows' ends, a row's distance above and below them included, away from every track."""
    ink = trace > _INK
    heights = np.sort([np.nanmedian(track.y_px) for track in tracks if np.isfinite(track.y_px).any()])
    apart = float(np.median(np.diff(heights))) if heights.size > 1 else _ALONE_PX
    top, bottom = (heights[0] - apart, heights[-1] + apart) if heights.size else (0, 0)
    explained = np.zeros(trace.shape, np.bool_)
    shown = np.zeros(trace.shape[1], np.bool_)
    for track in tracks:
        known = np.flatnonzero(np.isfinite(track.y_px))
        if known.size < 2:
            continue
        shown[known] = True
        y = np.interp(np.arange(known[0], known[-1] + 1), known, track.y_px[known])
        upper, lower = stroke_ends(y)
        ends = zip(np.floor(upper).astype(int), np.ceil(lower).astype(int), strict=True)
        for x, (low, high) in enumerate(ends, known[0]):
            explained[max(0, low) : high + 1, x] = True
    explained = binary_dilation(explained, np.ones((2 * _EXPLAINED_PX + 1, 3), np.bool_))
    ink &= shown
    ink[: max(0, round(top))], ink[max(0, round(bottom)) :] = False, False
    return float((ink & ~explained).sum() / max(int(ink.sum()), 1))


def _zeroed(samples: Float64) -> Float64:
    return samples - np.nanmedian(samples) if np.isfinite(samples).any() else samples
