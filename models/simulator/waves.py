"""Waves with exact starts and ends: closed-form lobes over eight leads, and beats made of them.

A wave rises from its start to the beginning of its top, stays, and falls to its end; outside it is exactly zero.
Its times are phases of the beat, so that one shape serves every QT: 0 is the QRS onset, 1 the J point, 2 the end
of T, -1 one QRS duration before its onset. A P wave's phases are 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.leads import LEADS, LIMB_FROM_I_AND_II, Lead

#: The leads that an electrocardiograph records; the other limb leads follow from I and II.
RECORDED: Final[tuple[Lead, ...]] = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
ROW: Final[dict[Lead, int]] = {lead: row for row, lead in enumerate(RECORDED)}
#: (12, 8): all leads from the recorded ones; Einthoven and Goldberger exact.
TWELVE_FROM_EIGHT: Final = np.array(
    [[*LIMB_FROM_I_AND_II[lead], *[0.0] * 6] if lead in LIMB_FROM_I_AND_II else np.eye(8)[ROW[lead]] for lead in LEADS]
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Wave:
    """One lobe.

    Attributes:
        start, top, top_end, stop: phases.
        mv: (8,) its height in the recorded leads.
        rise, fall: exponents of the quarter sines of its flanks: 1 leaves a corner at the foot, 2 is smooth.
    """

    start: float
    top: float
    top_end: float
    stop: float
    mv: Floats
    rise: float = 1.4
    fall: float = 1.4


@dataclass(frozen=True, eq=False)
class Sampled:
    """A real wave: `mv` (8, m) at `phases` (m,), rising; zero outside them."""

    phases: Floats
    mv: Floats

    def at(self, phases: Floats) -> Floats:
        """(8, n) read at other phases."""
        return np.stack([np.interp(phases, self.phases, row, left=0.0, right=0.0) for row in self.mv])


@dataclass(frozen=True, eq=False)
class PShape:
    """A P wave: its duration and lobes (phases 0 to 1), or a recorded one."""

    duration_s: float
    waves: tuple[Wave, ...]
    sampled: Sampled | None = None

    def scaled(self, gain: float) -> PShape:
        """The same P wave, larger or smaller."""
        sampled = None if self.sampled is None else replace(self.sampled, mv=gain * self.sampled.mv)
        return replace(self, waves=scaled(self.waves, gain), sampled=sampled)


@dataclass(frozen=True, eq=False)
class BeatShape:
    """A QRS and what follows it.

    Attributes:
        qrs_s: QRS duration.
        qrs: lobes of the depolarisation, phases 0 to 1.
        repolarisation: ST level, T and U, phases from within the QRS to 2 (U: beyond), and a PR segment off the line.
        qt_gain: QT of this shape relative to what the heart rate gives the patient's narrow beat.
        qt_extra_s: added to QT: a wide QRS lengthens QT by nearly its own excess.
        sampled: a recorded beat, to which the lobes are added.
    """

    qrs_s: float
    qrs: tuple[Wave, ...]
    repolarisation: tuple[Wave, ...]
    qt_gain: float = 1.0
    qt_extra_s: float = 0.0
    sampled: Sampled | None = None

    def scaled(self, gain: float) -> BeatShape:
        """The same beat, every wave larger or smaller."""
        sampled = None if self.sampled is None else replace(self.sampled, mv=gain * self.sampled.mv)
        return replace(
            self, qrs=scaled(self.qrs, gain), repolarisation=scaled(self.repolarisation, gain), sampled=sampled
        )

    def at_phases(self, phases: Floats) -> Floats:
        """(8, n) the beat's levels at phases."""
        straight = np.array([-1.0, 3.0])
        drawn = drawn_waves((*self.qrs, *self.repolarisation), phases, (straight, straight))
        return drawn if self.sampled is None else drawn + self.sampled.at(phases)

    def qrs_alone(self) -> Floats:
        """(8, 201) the QRS evenly over its phases, without ST and T where these are lobes of their own."""
        phases = np.linspace(0.0, 1.0, 201)
        return replace(self, repolarisation=()).at_phases(phases)

    def t_onset_phase(self) -> float:
        """Where the largest lobe that ends at the end of T starts to rise."""
        ends = [wave for wave in self.repolarisation if 1.9 <= wave.stop <= 2.0 and wave.start >= 1.0]
        return max(ends, key=lambda wave: float(np.abs(wave.mv).max())).start if ends else 1.3


def scaled(waves: tuple[Wave, ...], gain: float) -> tuple[Wave, ...]:
    """Waves of the same form, larger or smaller."""
    return tuple(replace(wave, mv=gain * wave.mv) for wave in waves)


def lobes(time_s: Floats, corners_s: Floats, flanks: Floats) -> Floats:
    """(k, n) unit lobes at `time_s` (n,); `corners_s` (k, 4) start, top, top end, stop; `flanks` (k, 2) exponents."""
    start, top, top_end, stop = (corners_s[:, column, None] for column in range(4))
    up = np.clip((time_s - start) / np.maximum(top - start, 1e-6), 0.0, 1.0)
    down = np.clip((stop - time_s) / np.maximum(stop - top_end, 1e-6), 0.0, 1.0)
    quarter = 0.5 * np.pi
    height: Floats = np.sin(quarter * up) ** flanks[:, :1] * np.sin(quarter * down) ** flanks[:, 1:]
    return height


def drawn_waves(waves: tuple[Wave, ...], time_s: Floats, phase_to_s: tuple[Floats, Floats]) -> Floats:
    """(8, n) the sum of waves; `phase_to_s` are phases and their times, joined by straight lines."""
    if not waves:
        return np.zeros((8, time_s.size))
    phases = np.array([(wave.start, wave.top, wave.top_end, wave.stop) for wave in waves])
    corners_s = np.interp(phases, *phase_to_s)
    flanks = np.array([(wave.rise, wave.fall) for wave in waves])
    heights = np.stack([wave.mv for wave in waves], axis=1)  # (8, k)
    return np.asarray(heights @ lobes(time_s, corners_s, flanks))


def draw_p(shape: PShape, time_s: Floats) -> Floats:
    """(8, n) a P wave; `time_s` since its onset."""
    drawn = drawn_waves(shape.waves, time_s, (np.array([0.0, 1.0]), np.array([0.0, shape.duration_s])))
    return drawn if shape.sampled is None else drawn + shape.sampled.at(time_s / shape.duration_s)


def draw_beat(shape: BeatShape, qt_s: float, time_s: Floats) -> Floats:
    """(8, n) the PR segment, QRS, ST, T and U; `time_s` since the QRS onset."""
    after_t_s = qt_s + (qt_s - shape.qrs_s)
    knots = np.array([-1.0, 0.0, 1.0, 2.0, 3.0]), np.array([-shape.qrs_s, 0.0, shape.qrs_s, qt_s, after_t_s])
    drawn = drawn_waves((*shape.qrs, *shape.repolarisation), time_s, knots)
    if shape.sampled is None:
        return drawn
    return drawn + shape.sampled.at(np.interp(time_s, knots[1], knots[0], left=-2.0, right=4.0))
