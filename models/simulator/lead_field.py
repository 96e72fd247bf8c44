"""From the heart's dipole to the leads: Dower's transform, and how one chest differs from the next.

Axes as Frank's: x to the patient's left, y to the feet, z to the back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from calipers.models.simulator.waves import Floats

#: (8, 3) recorded leads from x, y, z: Dower, Machado and Osborne 1980.
DOWER: Final = np.array(
    [
        [0.632, -0.235, 0.059],  # I
        [0.235, 1.066, -0.132],  # II
        [-0.515, 0.157, -0.917],  # V1
        [0.044, 0.164, -1.387],  # V2
        [0.882, 0.098, -1.277],  # V3
        [1.213, 0.127, -0.601],  # V4
        [1.125, 0.127, -0.086],  # V5
        [0.831, 0.076, 0.230],  # V6
    ]
)


@dataclass(frozen=True, eq=False)
class Chest:
    """One patient's lead field: (8, 3)."""

    field: Floats

    def project(self, left: float, down: float, back: float) -> Floats:
        """(8,) millivolts in the recorded leads of a dipole."""
        seen: Floats = self.field @ np.array([left, down, back])
        return seen

    def turned(self, frontal_deg: float, horizontal_deg: float) -> Chest:
        """The same chest with the heart turned: clockwise in the frontal plane, and towards the back."""
        return Chest(self.field @ rotation(frontal_deg, horizontal_deg))


def drawn_chest(rng: np.random.Generator) -> Chest:
    """A patient: electrodes a little off, the chest wall thicker or thinner in front of each."""
    gains = np.exp(rng.normal(0.0, [0.06, 0.06, 0.16, 0.14, 0.12, 0.10, 0.10, 0.10]))
    tilt = rng.normal(0.0, 0.04, (8, 3))
    return Chest(gains[:, None] * (DOWER + tilt) * float(np.exp(rng.normal(0.0, 0.18))))


def rotation(frontal_deg: float, horizontal_deg: float) -> Floats:
    """(3, 3): turn x towards y (the axis grows), then x towards z (the transition moves to the left)."""
    f, h = np.deg2rad(frontal_deg), np.deg2rad(horizontal_deg)
    frontal = np.array([[np.cos(f), -np.sin(f), 0.0], [np.sin(f), np.cos(f), 0.0], [0.0, 0.0, 1.0]])
    horizontal = np.array([[np.cos(h), 0.0, -np.sin(h)], [0.0, 1.0, 0.0], [np.sin(h), 0.0, np.cos(h)]])
    turned: Floats = horizontal @ frontal
    return turned
