"""Ventricular conduction: bundle-branch and fascicular blocks, delay, pre-excitation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calipers.models.simulator.bundle_branches import (
    left_bundle_branch_block,
    preexcited_beat,
    right_bundle_branch_block,
    squeezed,
)
from calipers.models.simulator.heart import Heart
from calipers.models.simulator.patient import lobe

Rng = np.random.Generator


def lbbb(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Complete left bundle branch block: no septal q, broad notched R in I, aVL, V5, V6, rS or QS in V1 to V3."""
    size, qrs_s = float(np.exp(rng.normal(0.0, 0.1))), 0.128 + 0.04 * float(rng.random())
    beat = left_bundle_branch_block(heart.chest, rng, size, qrs_s)
    return replace(heart, beat=beat, axis_deg=(-30.0, 55.0)).saying("lbbb")


def incomplete_lbbb(heart: Heart, rng: Rng, severity: float) -> Heart:
    """The same order of activation, 110 to 118 ms."""
    beat = left_bundle_branch_block(heart.chest, rng, 0.85, 0.111 + 0.007 * float(rng.random()))
    softened = replace(beat, repolarisation=tuple(replace(w, mv=0.6 * w.mv) for w in beat.repolarisation))
    return replace(heart, beat=softened, axis_deg=(-20.0, 50.0)).saying("incomplete_lbbb")


def rbbb(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Complete right bundle branch block: rsR′ in V1, broad S in I and V6; T against the last part."""
    qrs_s = 0.124 + 0.03 * float(rng.random())
    return replace(heart, beat=right_bundle_branch_block(heart.beat, heart.chest, rng, qrs_s)).saying("rbbb")


def incomplete_rbbb(heart: Heart, rng: Rng, severity: float) -> Heart:
    """A small r′ in V1, 101 to 109 ms."""
    qrs_s = 0.101 + 0.008 * float(rng.random())
    beat = right_bundle_branch_block(heart.beat, heart.chest, rng, qrs_s, size=0.5)
    return replace(heart, beat=beat).saying("incomplete_rbbb")


def lafb(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Left anterior fascicular block: qR in aVL, rS in II, III, aVF, axis beyond -45°."""
    return _fascicular(heart, rng, (-0.16, 0.32), (0.80, -0.62), (0.70, -0.70), (-72.0, -48.0)).saying("lafb")


def lpfb(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Left posterior fascicular block: rS in I and aVL, qR in III and aVF, axis right."""
    return _fascicular(heart, rng, (0.26, -0.22), (-0.10, 1.10), (-0.30, 0.95), (98.0, 125.0)).saying("lpfb")


def _fascicular(
    heart: Heart,
    rng: Rng,
    first: tuple[float, float],
    main: tuple[float, float],
    late: tuple[float, float],
    axis_deg: tuple[float, float],
) -> Heart:
    """Only the frontal plane changes much: the limb leads get lobes of their own, the chest leads a deeper S."""
    qrs_s = max(heart.beat.qrs_s, 0.094 + 0.010 * float(rng.random()))
    frontal = (((0.0, 0.20, 0.42), first), ((0.16, 0.48, 0.80), main), ((0.36, 0.66, 1.0), late))
    limb = [lobe(heart.chest, phases, (left, down, 0.0), 0.60) for phases, (left, down) in frontal]
    for_limb = tuple(replace(wave, mv=np.where(np.arange(8) < 2, wave.mv, 0.0)) for wave in limb)
    for_chest = tuple(replace(wave, mv=np.where(np.arange(8) < 2, 0.0, wave.mv)) for wave in heart.beat.qrs)
    terminal = lobe(heart.chest, (0.50, 0.78, 1.0), (-0.10, -0.35, 0.10), 1.0)
    terminal = replace(terminal, mv=np.where(np.arange(8) < 2, 0.0, terminal.mv))
    beat = replace(heart.beat, qrs_s=qrs_s, qrs=(*for_limb, *for_chest, terminal))
    return replace(heart, beat=beat, axis_deg=axis_deg)


def ivcd(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Nonspecific delay: the patient's own QRS drawn out to 123 to 145 ms, with a slurred, notched end."""
    qrs_s = 0.123 + 0.022 * float(rng.random())
    notch = lobe(heart.chest, (0.58, 0.78, 1.0), (0.22, 0.12, 0.25), 1.0)
    own = tuple(squeezed(wave, 0.86) for wave in heart.beat.qrs)
    beat = replace(heart.beat, qrs_s=qrs_s, qrs=(*own, notch)).scaled(0.95)
    return replace(heart, beat=beat).saying("ivcd")


def preexcitation(heart: Heart, rng: Rng, severity: float) -> Heart:
    """Wolff-Parkinson-White: a short PR, a delta wave, a wide QRS, T against the delta wave."""
    beat = preexcited_beat(heart.beat, heart.chest, rng, 0.40 + 0.25 * float(rng.random()))
    return replace(heart, beat=beat, pr_s=(0.085, 0.115)).saying("pre_excitation", "short_pr")
