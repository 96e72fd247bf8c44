"""The heart of one record: the patient's beat with its morphologies, and a shape for every kind of event."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calipers.models.simulator.bundle_branches import preexcited_beat, right_bundle_branch_block
from calipers.models.simulator.events import AtrialKind, VentricularImpulse
from calipers.models.simulator.lead_field import Chest
from calipers.models.simulator.patient import Patient, ectopic_p
from calipers.models.simulator.waves import BeatShape, Floats, PShape
from calipers.models.simulator.wide_beats import FOCI, paced_beat, ventricular_beat


@dataclass(frozen=True, eq=False)
class Heart:
    """What morphologies change.

    Attributes:
        patient: who; the chest's lead field.
        p, beat: the sinus P wave and the conducted beat.
        pr_s, qtc_s: conduction time and Fridericia's QTc of the conducted beat; None: as usual.
        axis_deg: range of the frontal axis that the morphology has; None: the beat keeps its own.
        statements: keys of what is truly there.
    """

    patient: Patient
    p: PShape
    beat: BeatShape
    pr_s: tuple[float, float] | None = None
    qtc_s: tuple[float, float] | None = None
    axis_deg: tuple[float, float] | None = None
    statements: frozenset[str] = frozenset()

    @property
    def chest(self) -> Chest:
        """The patient's lead field."""
        return self.patient.chest

    def saying(self, *keys: str) -> Heart:
        """The same heart with more statements true."""
        return replace(self, statements=self.statements | set(keys))


@dataclass(eq=False)
class Shapes:
    """The wave shapes of one record, each drawn when it is first needed and then kept."""

    heart: Heart
    rng: np.random.Generator

    def __post_init__(self) -> None:
        # Drawn in a fixed order, so that one more kind of beat leaves the others as they are.
        self._p: dict[AtrialKind, PShape] = {}
        self._beats: dict[tuple[str, bool, int], BeatShape] = {}
        self._seeds = self.rng.integers(0, 2**32, 64)
        self._foci = [FOCI[k] for k in self.rng.permutation(len(FOCI))]

    def p(self, kind: AtrialKind) -> PShape:
        """The P wave of a kind."""
        if kind not in self._p:
            rng = np.random.default_rng(self._seeds[0])
            if kind in ("sinus", "flutter", "fibrillation"):
                self._p[kind] = self.heart.p
            elif kind == "paced":
                self._p[kind] = replace(self.heart.p, duration_s=self.heart.p.duration_s + 0.012)
            else:
                self._p[kind] = ectopic_p(self.heart.chest, rng, low=kind == "retrograde" or bool(rng.random() < 0.5))
        return self._p[kind]

    def beat(self, impulse: VentricularImpulse) -> BeatShape:
        """The QRS, ST and T of a beat."""
        key = (impulse.kind, impulse.aberrant, impulse.shape)
        if key not in self._beats:
            self._beats[key] = self._drawn(impulse)
        return self._beats[key]

    def _drawn(self, impulse: VentricularImpulse) -> BeatShape:
        chest, heart = self.heart.chest, self.heart
        rng = np.random.default_rng(self._seeds[1 + impulse.shape])
        focus = self._foci[impulse.shape % len(self._foci)]
        match impulse.kind:
            case "pvc":
                return ventricular_beat(chest, rng, focus, (0.135, 0.175), 1.1)
            case "vt":
                return ventricular_beat(chest, rng, focus, (0.140, 0.190))
            case "escape_ventricular":
                return ventricular_beat(chest, rng, focus, (0.135, 0.180), 0.9)
            case "paced":
                return paced_beat(chest, rng, biventricular=impulse.shape == 1)
            case "fusion":
                return fused(heart.beat, ventricular_beat(chest, rng, focus, (0.140, 0.190)))
            case "preexcited":
                pathway = np.random.default_rng(self._seeds[1])  # the same for every degree
                return preexcited_beat(heart.beat, chest, pathway, 0.70 + 0.12 * impulse.shape)
            case _ if impulse.aberrant:
                return right_bundle_branch_block(heart.beat, chest, rng, 0.130)
            case _:
                return heart.beat


def fused(one: BeatShape, other: BeatShape) -> BeatShape:
    """Two activations that meet: half of each."""
    qrs = (*one.scaled(0.5).qrs, *other.scaled(0.5).qrs)
    after = (*one.scaled(0.5).repolarisation, *other.scaled(0.5).repolarisation)
    return BeatShape(0.5 * (one.qrs_s + other.qrs_s), qrs, after, sampled=one.scaled(0.5).sampled)


def axis_of(beat: BeatShape) -> float:
    """Frontal axis of the QRS by its net area, degrees: 0 is lead I, +90 the feet."""
    drawn = beat.at_phases(np.linspace(0.0, 1.0, 201))[:2]
    one, two = (drawn - drawn[:, :1]).mean(axis=1)
    return float(np.degrees(np.arctan2((2.0 * two - one) / np.sqrt(3.0), one)))


def with_axis(beat: BeatShape, axis_deg: float) -> BeatShape:
    """The same beat with its QRS turned in the frontal plane; the chest leads stay."""
    turn = np.radians(axis_deg - axis_of(beat))
    return replace(beat, qrs=tuple(replace(wave, mv=_turned(wave.mv, turn)) for wave in beat.qrs))


def _turned(mv: Floats, turn: float) -> Floats:
    """(8,) with leads I and II turned as a vector of Einthoven's triangle."""
    x, y = mv[0], (2.0 * mv[1] - mv[0]) / np.sqrt(3.0)
    left, down = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    turned = mv.copy()
    turned[0], turned[1] = left, 0.5 * (left + np.sqrt(3.0) * down)
    return turned
