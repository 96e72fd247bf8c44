"""An ECG taken apart: one usual beat, one P wave, perhaps an ectopic beat, flutter wave and spike, and the rest.

The shapes are fitted together by least squares, so that a P wave on a T wave, or flutter under a QRS, is shared
out rather than counted twice. What the shapes leave over is the texture: drift, noise, fibrillation, and the
differences between beats. Shapes laid down at the marks, plus the texture, are the ECG again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.interpolate import CubicSpline, PchipInterpolator

from calipers.models.generator import shapes
from calipers.models.generator.marks import EIGHT, Floats, Marks

#: Shrinks a shape towards nothing where few samples speak for it; in units of one beat's weight.
_RIDGE: Final = 0.05
_ROUNDS: Final = 2
_FURTHEST_SHIFT: Final = 4.0
#: A usual T wave is over by then at the latest; the next beat may begin.
_LONGEST_BEAT: Final = 330


@dataclass(frozen=True, eq=False)
class Anatomy:
    """The parts of one ECG, leads I II V1-V6, millivolts. None for a part it does not have.

    Attributes:
        marks: where each part lies; beats are moved to where they fit best.
        beat: (8, BEAT_POINTS) the usual beat.
        ectopic: (8, BEAT_POINTS) the other beat.
        p: (8, ATRIAL_POINTS).
        flutter: (8, FLUTTER_POINTS) one flutter wave.
        spike: (8, SPIKE_POINTS) the usual spike.
    """

    marks: Marks
    beat: Floats | None
    ectopic: Floats | None
    p: Floats | None
    flutter: Floats | None
    spike: Floats | None

    def drawn(self, n: int) -> Floats:
        """(8, n) the parts laid down at their marks, without texture."""
        marks = self.marks
        out = np.zeros((len(EIGHT), n))
        for kind, points in ((False, self.beat), (True, self.ectopic)):
            of = marks.ectopic == kind
            if points is not None and of.any():
                out += shapes.placed(n, marks.qrs_on[of], _axis_of(marks, kind), points)
        if self.p is not None and marks.p_on.size:
            out += shapes.placed(n, marks.p_on, shapes.atrial_axis(float(np.median(marks.p_off - marks.p_on))), self.p)
        if self.flutter is not None and marks.flutter_period:
            out += shapes.cycled(n, marks.flutter_period, 0.0, self.flutter)
        if self.spike is not None:
            reach = np.arange(-shapes.SPIKE_REACH, shapes.SPIKE_REACH + 1.0)
            out += shapes.placed(n, marks.spikes.astype(np.float64), reach, self.spike)
        return out


def take_apart(eight_mv: Floats, marks: Marks) -> Anatomy:
    """Fit the parts of an ECG.

    Args:
        eight_mv: (8, n) leads I II V1-V6 at 500 Hz, millivolts, no gaps.
        marks: where its waves are.
    """
    spike = _mean_spike(eight_mv, marks)
    level = eight_mv - baseline(eight_mv, marks.qrs_on)
    if spike is not None:
        reach = np.arange(-shapes.SPIKE_REACH, shapes.SPIKE_REACH + 1.0)
        level = level - shapes.placed(level.shape[1], marks.spikes.astype(np.float64), reach, spike)
    fit = _Fit(level, marks)
    for _ in range(_ROUNDS):
        fit = fit.moved()
    return fit.anatomy(spike)


def baseline(eight_mv: Floats, qrs_on: Floats) -> Floats:
    """(8, n) the drift: through the mean of the 20 ms before each QRS, where the heart is at rest."""
    n = eight_mv.shape[1]
    knots = [(start - 8.0, start) for start in np.round(qrs_on) if start >= 14 and start < n]
    if len(knots) < 2:
        return np.repeat(np.median(eight_mv, axis=1, keepdims=True), n, axis=1)
    at = np.array([time for time, _ in knots])
    values = np.stack([eight_mv[:, int(start) - 13 : int(start) - 3].mean(axis=1) for _, start in knots], axis=1)
    at, first = np.unique(at, return_index=True)
    curve = PchipInterpolator(at, values[:, first], axis=1)
    drift: Floats = curve(np.clip(np.arange(n), at[0], at[-1]))
    return drift


def _axis_of(marks: Marks, ectopic: bool) -> Floats:
    of = marks.ectopic == ectopic
    qrs = float(np.median((marks.qrs_off - marks.qrs_on)[of]))
    return shapes.beat_axis(qrs, float(np.median((marks.t_off - marks.qrs_off)[of])))


def _mean_spike(eight_mv: Floats, marks: Marks) -> Floats | None:
    """The usual spike above the line between its feet; None without spikes."""
    reach, n = shapes.SPIKE_REACH, eight_mv.shape[1]
    inside = [int(tip) for tip in marks.spikes if reach <= tip < n - reach]
    if not inside:
        return None
    cut = np.stack([eight_mv[:, tip - reach : tip + reach + 1] for tip in inside])
    ramp = np.linspace(0.0, 1.0, 2 * reach + 1)
    feet = cut[..., :1] * (1.0 - ramp) + cut[..., -1:] * ramp
    return np.asarray(np.median(cut - feet, axis=0))


class _Fit:
    """Least squares of the parts on one record, every part on the 500 Hz grid of its own."""

    def __init__(self, level_mv: Floats, marks: Marks) -> None:
        self.level, self.marks = level_mv, marks
        self.parts = _columns(marks)
        weights = sparse.hstack([_weights(level_mv.shape[1], part) for part in self.parts], format="csr")
        normal = (weights.T @ weights).toarray()
        normal[np.diag_indices_from(normal)] += _RIDGE
        self.solution: Floats = np.linalg.solve(normal, weights.T @ level_mv.T).T
        self.left: Floats = level_mv - (weights @ self.solution.T).T

    def moved(self) -> _Fit:
        """The fit after each beat went where its own samples fit best."""
        marks, at = self.marks, self.marks.qrs_on.copy()
        for kind in self._kinds():
            starts, first, last, _ = self.parts[kind]
            shape = self._part(kind)
            slope = np.gradient(shape, axis=1)
            reach = np.arange(max(first, -10), min(last, 70))
            for beat, start in zip(np.flatnonzero(marks.ectopic == bool(kind)), starts, strict=True):
                where = np.round(start).astype(int) + reach
                ok = (where >= 0) & (where < self.level.shape[1])
                if ok.sum() < 20:
                    continue
                steep, error = slope[:, reach[ok] - first], self.left[:, where[ok]]
                shift = -float((steep * error).sum() / max((steep**2).sum(), 1e-6))
                at[beat] += np.clip(shift, -_FURTHEST_SHIFT, _FURTHEST_SHIFT)
        step = at - marks.qrs_on
        return _Fit(self.level, replace(marks, qrs_on=at, qrs_off=marks.qrs_off + step, t_off=marks.t_off + step))

    def _kinds(self) -> list[int]:
        return [0, 1] if self.marks.ectopic.any() else [0]

    def _part(self, number: int) -> Floats:
        start = sum(part.points for part in self.parts[:number])
        return self.solution[:, start : start + self.parts[number].points]

    def anatomy(self, spike: Floats | None) -> Anatomy:
        """The parts on their own axes."""
        marks = self.marks
        beats: list[Floats | None] = [None, None]
        for kind in self._kinds():
            grid = self.parts[kind].grid
            axis = _axis_of(marks, bool(kind))
            points = CubicSpline(grid, self._part(kind), axis=1)(np.clip(axis, grid[0], grid[-1]))
            beats[kind] = shapes.tapered(points * (axis <= grid[-1]), 8, 16)
        number, p, flutter = len(self._kinds()), None, None
        if marks.p_on.size:
            grid = self.parts[number].grid
            axis = shapes.atrial_axis(float(np.median(marks.p_off - marks.p_on)))
            points = CubicSpline(grid, self._part(number), axis=1)(np.clip(axis, grid[0], grid[-1]))
            p = shapes.tapered(points, 6, 6)
        if marks.flutter_period:
            flutter = self._part(len(self.parts) - 1)
        return Anatomy(marks, beats[0], beats[1], p, flutter, spike)


class _Part(NamedTuple):
    """Where one part begins each time and its reach in samples; of flutter, the period instead of starts."""

    starts: Floats
    first: int
    last: int
    period: float = 0.0

    @property
    def points(self) -> int:
        return self.last - self.first

    @property
    def grid(self) -> Floats:
        return np.arange(self.first, self.last, dtype=np.float64)


def _columns(marks: Marks) -> list[_Part]:
    parts = []
    for kind in (False, True):
        of = marks.ectopic == kind
        if of.any():
            length = int(np.ceil(_axis_of(marks, kind)[-1])) + 1
            parts.append(_Part(marks.qrs_on[of], -shapes.BEFORE_QRS, min(length, _LONGEST_BEAT)))
    if marks.p_on.size:
        length = int(np.ceil(float(np.median(marks.p_off - marks.p_on)))) + shapes.AROUND_P + 1
        parts.append(_Part(marks.p_on, -shapes.AROUND_P, length))
    if marks.flutter_period:
        parts.append(_Part(np.empty(0), 0, shapes.FLUTTER_POINTS, marks.flutter_period))
    return parts


def _weights(n: int, part: _Part) -> sparse.csr_array:
    """(n, points) how much each point of a part counts in each sample: cubic between the points."""
    if part.period:
        place = (np.arange(n) / part.period % 1.0) * part.points
        return _between(np.arange(n), place, (n, part.points), wraps=True)
    rows = [
        np.arange(max(int(np.ceil(start + part.first)), 0), min(int(np.floor(start + part.last - 1)), n - 1) + 1)
        for start in part.starts
    ]
    places = [row - start - part.first for row, start in zip(rows, part.starts, strict=True)]
    return _between(np.concatenate(rows), np.concatenate(places), (n, part.points), wraps=False)


def _between(rows: NDArray[np.int64], place: Floats, shape: tuple[int, int], *, wraps: bool) -> sparse.csr_array:
    low = np.floor(place).astype(int)
    columns = low[:, None] + np.arange(-1, 3)
    columns = columns % shape[1] if wraps else np.clip(columns, 0, shape[1] - 1)
    weights = np.stack(_cubic(place - low), axis=1)
    return sparse.csr_array((weights.ravel(), (np.repeat(rows, 4), columns.ravel())), shape=shape)


def _cubic(x: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Catmull-Rom weights of the four points around a place between two of them."""
    return (
        0.5 * (-x + 2 * x**2 - x**3),
        0.5 * (2 - 5 * x**2 + 3 * x**3),
        0.5 * (x + 4 * x**2 - 3 * x**3),
        0.5 * (-(x**2) + x**3),
    )
