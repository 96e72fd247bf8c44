"""A recovered signal against the record that was drawn."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.digitisation import Digitisation
from calipers.ecg import Ecg
from calipers.evals.digitisation.pages import Drawn
from calipers.leads import LEADS
from calipers.tools.measure import measure

FS_HZ: Final = 500.0
#: Where on a page time begins is the printer's choice: one shift of up to this is allowed for a whole page.
_MOST_SHIFT: Final = 60
#: Left out at both ends of a stretch: what stands at a column's edge may belong to the neighbour.
_EDGE: Final = 20
_LEAST_SAMPLES: Final = 250

Float64 = NDArray[np.float64]


class Scored(NamedTuple):
    """One page; NaN where a measurement is not to be had in both.

    Attributes:
        correlation: mean over leads of Pearson's r; least_correlation: of the worst lead.
        error_mv: root mean square, each lead's median removed.
        snr_db: of the record's power to the error's.
        hr, qrs_ms, st_mv: absolute differences from measuring the same stretches of the record; ST the mean over leads.
        st_within: share of leads within 0.05 mV.
        height: how much higher complexes were read than they are, median over the leads, as a share.
        stated_mv: the error that the digitiser stated.
    """

    correlation: float
    least_correlation: float
    error_mv: float
    snr_db: float
    hr: float
    qrs_ms: float
    st_mv: float
    st_within: float
    height: float
    stated_mv: float


def score(signal_mv: NDArray[np.float32], stated: Digitisation, true: Ecg) -> Scored:
    """Compare (12, n) recovered millivolts at 500 Hz with the record."""
    aligned = _aligned(signal_mv, true.signal_mv.astype(np.float64))
    correlations, errors, powers, heights = [], [], [], []
    for row, reference in zip(signal_mv.astype(np.float64), aligned, strict=True):
        known = _inside(row) & np.isfinite(reference)
        if known.sum() < _LEAST_SAMPLES:
            continue
        a, b = row[known] - np.median(row[known]), reference[known] - np.median(reference[known])
        correlations.append(float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0)
        errors.append(float(np.mean((a - b) ** 2)))
        powers.append(float(np.mean(b**2)))
        heights.append(float(np.ptp(a) / max(float(np.ptp(b)), 1e-3) - 1))
    if not correlations:
        return Scored(0.0, 0.0, *[float("nan")] * 8)
    # The same stretches of the record itself: what the layout hides is not the digitiser's error.
    reference_mv = np.where(np.isfinite(signal_mv), aligned, np.nan)
    hr, qrs, st = _measured_apart(signal_mv, reference_mv)
    return Scored(
        correlation=float(np.mean(correlations)),
        least_correlation=min(correlations),
        error_mv=float(np.sqrt(np.mean(errors))),
        snr_db=float(10 * np.log10(np.mean(powers) / max(float(np.mean(errors)), 1e-12))),
        hr=hr,
        qrs_ms=qrs,
        st_mv=float(np.mean(st)) if st.size else float("nan"),
        st_within=float(np.mean(st <= 0.05)) if st.size else float("nan"),
        height=float(np.median(heights)),
        stated_mv=float(np.median([segment.error_mv for segment in stated.segments])),
    )


def misplaced_mm(stated: Digitisation, page: Drawn) -> float:
    """How far places of the page were found from where they are, median over the page, its whole shift left out."""
    width, height = (size / page.px_mm for size in page.size_px)
    across, down = np.meshgrid(*(np.linspace(0.1, 0.9, 17) * size for size in (width, height)))
    true_mm = np.stack((across.ravel(), down.ravel()), axis=1)
    picture = page.damaged.place(true_mm * page.px_mm - 0.5) + 0.5
    mapped = (
        np.concatenate([picture, np.ones((len(picture), 1))], axis=1)
        @ np.linalg.inv(np.reshape(stated.to_picture, (3, 3))).T
    )
    plane = mapped[:, :2] / mapped[:, 2:]
    found = plane
    if stated.bend is not None:
        for _ in range(10):  # the bend is known at the place that is looked for
            found = plane - np.array([stated.bend.at(x, y) for x, y in found])
    away = found - true_mm
    return float(np.median(np.hypot(*(away - np.median(away, axis=0)).T)))


def _aligned(signal_mv: NDArray[np.float32], true_mv: Float64) -> Float64:
    """(12, n) the record shifted as a whole to where it correlates best."""
    count = signal_mv.shape[1]
    padded = np.full((12, count + 2 * _MOST_SHIFT), np.nan)
    part = true_mv[:, : count + _MOST_SHIFT]
    padded[:, _MOST_SHIFT : _MOST_SHIFT + part.shape[1]] = part
    known = np.stack([_inside(row) for row in signal_mv])
    values = np.where(known, signal_mv - np.nanmedian(np.where(known, signal_mv, np.nan), axis=1, keepdims=True), 0.0)
    values = np.nan_to_num(values)

    # Each lead counts alike, as it does in the score.
    slopes = np.gradient(values, axis=1)
    slopes /= np.maximum(np.sqrt((slopes**2).sum(axis=1, keepdims=True)), 1e-9)

    def agreement(shift: int) -> float:
        window = np.nan_to_num(padded[:, _MOST_SHIFT - shift : _MOST_SHIFT - shift + count])
        there = np.gradient(window, axis=1)
        size = np.sqrt(((there * known) ** 2).sum(axis=1))
        return float(np.sum((slopes * there).sum(axis=1) / np.maximum(size, 1e-9)))

    best = max(range(-_MOST_SHIFT, _MOST_SHIFT + 1), key=agreement)
    shifted: Float64 = padded[:, _MOST_SHIFT - best : _MOST_SHIFT - best + count]
    return shifted


def _inside(row: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Where a lead was read, its stretches' ends left out."""
    known = np.isfinite(row)
    edges = np.flatnonzero(np.diff(known.astype(np.int8), prepend=0, append=0))
    inner: NDArray[np.bool_] = known.copy()
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        inner[first : first + _EDGE] = False
        inner[max(first, last - _EDGE) : last] = False
    return inner


def _measured_apart(signal_mv: NDArray[np.float32], reference_mv: Float64) -> tuple[float, float, Float64]:
    read, true = (measure(Ecg.from_array(rows, FS_HZ, LEADS)) for rows in (signal_mv, reference_mv))

    def apart(name: str) -> float:
        both = [found[name].number if name in found else None for found in (read, true)]
        return float("nan") if None in both else abs(both[0] - both[1])  # type: ignore[operator]

    st = np.array([apart(f"{lead}.st_j") for lead in LEADS])
    return apart("hr"), apart("qrs"), st[np.isfinite(st)]
