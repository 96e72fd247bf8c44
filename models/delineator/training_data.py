"""Training windows: LUDB's marks as masks, PTB-XL's pseudo-labels, any leads, any rate, disturbed.

Every window is made from `(seed, step, row)` alone, so a resumed training sees what an unbroken one would.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.delineator.atrial import with_other_p_waves
from calipers.models.delineator.augmentation import AugmentationConfig, disturb
from calipers.models.delineator.consensus import Bounds, LeadWaves
from calipers.models.delineator.ludb import LudbRecord, load_record
from calipers.models.delineator.normalise import WORKING_HZ, normalise, to_working_rate

Mask = NDArray[np.float32]


class Window(NamedTuple):
    """A training window at 250 Hz.

    Attributes:
        signal: (leads, n), normalised.
        lead_target, lead_weight: (leads, 3, n), the probability to be learned and whether it counts.
        global_target, global_weight: (3, n).
    """

    signal: Mask
    lead_target: Mask
    lead_weight: Mask
    global_target: Mask
    global_weight: Mask


class WindowShape(NamedTuple):
    """Leads and samples of every window of one batch."""

    leads: int
    samples: int


@dataclass(frozen=True, eq=False)
class LudbSource:
    """A LUDB record ready for cropping: `signal` (12, n) at 250 Hz, unnormalised."""

    marks: LudbRecord
    signal: Mask

    @classmethod
    def load(cls, record: int) -> LudbSource:
        """Read one of the 159."""
        marks = load_record(record)
        return cls(marks, to_working_rate(marks.signal))

    def simulated(self, rng: np.random.Generator) -> LudbSource:
        """The record with other atrial activity."""
        return LudbSource(*with_other_p_waves(self.marks, self.signal, rng))

    def span_s(self) -> tuple[float, float]:
        """Where windows are worth taking: the marked part."""
        return self.marks.global_span_s

    def targets(self, times: WindowTimes, leads: NDArray[np.int64]) -> tuple[Mask, Mask, Mask, Mask]:
        """Lead targets and weights (leads, 3, n), global target and weight (3, n)."""
        rows = [self._lead(times, int(lead)) for lead in leads]
        global_weight = np.broadcast_to(times.within(*self.marks.global_span_s), (3, times.samples))
        return (
            np.stack([target for target, _ in rows]),
            np.stack([weight for _, weight in rows]),
            times.masks(self.marks.global_),
            global_weight.astype(np.float32),
        )

    def _lead(self, times: WindowTimes, lead: int) -> tuple[Mask, Mask]:
        waves = self.marks.leads[lead]
        weight = np.tile(times.within(*self.marks.lead_spans_s[lead]), (3, 1))
        for wave, bounds in enumerate(waves):
            for on, off in bounds[~np.isfinite(bounds).all(1)]:
                known = off if np.isnan(on) else on
                weight[wave] *= 1 - times.within(known - 0.25, known + 0.25)
        return times.masks(waves), weight


@dataclass(frozen=True, eq=False)
class PseudoSource:
    """A PTB-XL record with an ensemble's probabilities as its targets.

    Attributes:
        signal: (12, n) at 250 Hz, millivolts.
        lead_probability: (12, 3, n) uint8, 255 for certain.
        global_probability: (3, n) uint8.
    """

    signal: Mask
    lead_probability: NDArray[np.uint8]
    global_probability: NDArray[np.uint8]

    def span_s(self) -> tuple[float, float]:
        """The whole record but its first and last quarter second."""
        return 0.25, self.signal.shape[1] / WORKING_HZ - 0.25

    def targets(self, times: WindowTimes, leads: NDArray[np.int64]) -> tuple[Mask, Mask, Mask, Mask]:
        """Lead targets and weights (leads, 3, n), global target and weight (3, n)."""
        lead_target = times.sampled((self.lead_probability[leads] / np.float32(255)).astype(np.float32))
        global_target = times.sampled((self.global_probability / np.float32(255)).astype(np.float32))
        inside = times.within(*self.span_s())
        lead_weight = np.broadcast_to(inside, lead_target.shape).astype(np.float32)
        return lead_target, lead_weight, global_target, np.tile(inside, (3, 1))


@dataclass(frozen=True)
class WindowTimes:
    """The instants of a window's samples in its record: `start_s + k * rate_change / 250`."""

    start_s: float
    samples: int
    rate_change: float

    def positions(self, seconds: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Record time → fractional sample of the window."""
        return np.asarray((np.asarray(seconds) - self.start_s) * WORKING_HZ / self.rate_change)

    def sampled(self, x: Mask) -> Mask:
        """(..., n) of the whole record -> (..., samples) of the window, edges held."""
        at = self.start_s * WORKING_HZ + np.arange(self.samples) * self.rate_change
        low = np.clip(np.floor(at).astype(np.int64), 0, x.shape[-1] - 1)
        high = np.minimum(low + 1, x.shape[-1] - 1)
        share = np.clip(at - low, 0, 1).astype(np.float32)
        return np.asarray(x[..., low] * (1 - share) + x[..., high] * share, dtype=np.float32)

    def within(self, start_s: float, end_s: float) -> Mask:
        """(samples,) 1 inside the given part of the record, 0 outside."""
        first, last = self.positions(start_s), self.positions(end_s)
        index = np.arange(self.samples)
        return ((index >= first) & (index <= last)).astype(np.float32)

    def masks(self, waves: LeadWaves) -> Mask:
        """(3, samples): the share of each sample's 4 ms that P, QRS and T cover."""
        return np.stack([self._mask(bounds) for bounds in waves])

    def _mask(self, bounds: Bounds) -> Mask:
        mask = np.zeros(self.samples, dtype=np.float32)
        for on, off in self.positions(bounds[np.isfinite(bounds).all(1)]):
            first, last = max(int(np.floor(on)), 0), min(int(np.ceil(off)) + 1, self.samples)
            edges = np.arange(first, last + 1) - 0.5
            if last > first:
                covered = np.diff(np.clip(edges, on, off))
                mask[first:last] = np.maximum(mask[first:last], covered)
        return mask


Source = LudbSource | PseudoSource


def make_window(source: Source, shape: WindowShape, rng: np.random.Generator, config: AugmentationConfig) -> Window:
    """Crop, change the rate, choose leads, normalise, disturb."""
    if isinstance(source, LudbSource) and rng.random() < config.simulated_share:
        source = source.simulated(rng)
    rate_change = float(np.exp(rng.uniform(np.log(0.8), np.log(1.25)))) if rng.random() < 0.5 else 1.0
    length_s = shape.samples * rate_change / WORKING_HZ
    first_s, last_s = source.span_s()
    earliest, latest = first_s - 0.25 * length_s, last_s - 0.75 * length_s
    start_s = rng.uniform(min(earliest, latest), max(earliest, latest))
    limit_s = max(source.signal.shape[1] / WORKING_HZ - length_s, 0.0)
    start_s = round(float(np.clip(start_s, 0, limit_s)) * WORKING_HZ) / WORKING_HZ
    times = WindowTimes(start_s, shape.samples, rate_change)
    leads = np.arange(12) if shape.leads == 12 else np.sort(rng.permutation(12)[: shape.leads])
    signal = disturb(normalise(times.sampled(source.signal[leads])), rng, config)
    return Window(normalise(signal), *source.targets(times, leads))


def batch_shape(rng: np.random.Generator) -> WindowShape:
    """Half the batches see all twelve leads; the others any number, in longer windows when few."""
    draw = rng.random()
    if draw < 0.5:
        return WindowShape(12, 1280)
    if draw < 0.75:
        return WindowShape(int(rng.integers(6, 12)), 1280)
    return WindowShape(int(rng.integers(1, 6)), 2560)


def load_ludb(records: tuple[int, ...]) -> list[LudbSource]:
    """The sources of the given training records."""
    return [LudbSource.load(record) for record in records]


def load_pseudo(folder: Path) -> list[PseudoSource]:
    """The pseudo-labelled PTB-XL records that `pseudo_labels` wrote into `folder`."""
    sources: list[PseudoSource] = []
    for path in sorted(folder.glob("pseudo-*.npz")):
        with np.load(path) as packed:
            for signal, lead, whole in zip(packed["signal"], packed["lead"], packed["whole"], strict=True):
                sources.append(PseudoSource(signal.astype(np.float32), lead, whole))
    return sources
