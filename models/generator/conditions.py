"""What the beat flow is told of an ECG, as one vector; each part may be left out.

In order: the statements (1 where true) and whether they are told; ectopic or usual beat; age and sex, and whether
each is told; the text's embedding and whether there is one; every quality, scaled, and whether it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Sex
from calipers.models.generator.latents import TIMES
from calipers.models.generator.qualities import NAMES

#: Length of a text's embedding.
TEXT: Final = 384
_AGE: Final = (60.0, 18.0)
#: Centre and spread of the qualities, by the last part of their names; times as logarithms.
_SCALES: Final[dict[str, tuple[float, float]]] = {
    "rr": (np.log(850.0), 0.25), "p_dur": (np.log(112.0), 0.15), "pr": (np.log(160.0), 0.18),
    "qrs": (np.log(98.0), 0.2), "qtc": (np.log(410.0), 0.08), "cos": (0.5, 0.6), "sin": (0.4, 0.6),
    "st_j": (0.0, 0.1), "r_amp": (0.8, 0.7), "s_amp": (-0.7, 0.7), "t_amp": (0.15, 0.35),
}  # fmt: skip
_AXES: Final = ("p_axis", "qrs_axis", "t_axis")

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Condition:
    """What one beat is to be.

    Attributes:
        statements: labels and statement keys that are true; None where nothing is told.
        qualities: of `qualities.NAMES`, or an axis in degrees; others are steered to and not told.
        age, sex: of the patient, None where not told.
        ectopic: the ectopic beat instead of the usual one.
        text: (TEXT,) embedding of the request's words, or None.
    """

    statements: frozenset[str] | None = None
    qualities: Mapping[str, float] = field(default_factory=dict)
    age: float | None = None
    sex: Sex | None = None
    ectopic: bool = False
    text: Float32 | None = None


class ConditionSpace:
    """Turns conditions into vectors, for the statements that the training knew."""

    def __init__(self, statements: Iterable[str]) -> None:
        self.statements = tuple(statements)
        self._place = {name: place for place, name in enumerate(self.statements)}
        self.told = len(self.statements)
        self.ectopic = self.told + 1
        self.patient = self.ectopic + 1
        self.text = self.patient + 4
        self.qualities = self.text + TEXT + 1
        self.length = self.qualities + 2 * len(NAMES)

    def vector(self, condition: Condition) -> Float32:
        """(length,) of one condition."""
        qualities = np.full(len(NAMES), np.nan)
        for name, value in condition.qualities.items():
            if name in _AXES:
                qualities[NAMES.index(f"{name}.cos")] = np.cos(np.deg2rad(value))
                qualities[NAMES.index(f"{name}.sin")] = np.sin(np.deg2rad(value))
            elif name in NAMES:
                qualities[NAMES.index(name)] = value
        out = np.zeros(self.length, dtype=np.float32)
        if condition.statements is not None:
            out[: self.told] = self.multi_hot(condition.statements)
            out[self.told] = 1.0
        out[self.ectopic] = float(condition.ectopic)
        out[self.patient : self.text] = patient(condition.age, condition.sex)
        if condition.text is not None:
            out[self.text : self.qualities - 1] = condition.text * np.sqrt(TEXT) * 0.5
            out[self.qualities - 1] = 1.0
        out[self.qualities :] = scaled(qualities[None])[0]
        return out

    def qualities_of(self, vector: Float32) -> dict[str, float]:
        """The qualities that a condition tells, in their own units; an axis in degrees."""
        values, told = np.split(vector[self.qualities :].astype(np.float64), 2)
        centre, spread = _centre_and_spread()
        found = {name: value for name, value, there in zip(NAMES, values * spread + centre, told, strict=True) if there}
        out = {name: float(np.exp(value) if name in TIMES else value) for name, value in found.items()}
        for axis in _AXES:
            cos, sin = (out.pop(f"{axis}.{part}", None) for part in ("cos", "sin"))
            if cos is not None and sin is not None:
                out[axis] = float(np.rad2deg(np.arctan2(sin, cos)))
        return out

    def multi_hot(self, statements: Iterable[str]) -> Float32:
        """(told,) 1 for each of the statements that the training knew."""
        out = np.zeros(self.told, dtype=np.float32)
        out[[self._place[name] for name in statements if name in self._place]] = 1.0
        return out


def patient(age: float | None, sex: Sex | None) -> Float32:
    """(4,) age, whether it is known, sex, whether it is known."""
    years = 0.0 if age is None else (age - _AGE[0]) / _AGE[1]
    kind = 0.0 if sex is None else 1.0 if sex == "female" else -1.0
    return np.array([years, age is not None, kind, sex is not None], dtype=np.float32)


def scaled(qualities: NDArray[np.float64]) -> Float32:
    """(r, NAMES) with NaN where not told → (r, 2 * NAMES) scaled values, then which are told."""
    values = qualities.copy()
    values[:, : len(TIMES)] = np.log(values[:, : len(TIMES)])
    centre, spread = _centre_and_spread()
    told = np.isfinite(values)
    unit = np.where(told, np.clip((values - centre) / spread, -5.0, 5.0), 0.0)
    return np.concatenate((unit, told), axis=1).astype(np.float32)


def _centre_and_spread() -> NDArray[np.float64]:
    """(2, NAMES)."""
    out: NDArray[np.float64] = np.array([_SCALES[name.rpartition(".")[2]] for name in NAMES]).T
    return out
