"""Train the texture flow: what a recording has besides its beats, beside the beats that are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from calipers.models.generator.marked import Marked
from calipers.models.generator.marks import EIGHT, Floats
from calipers.models.generator.networks import TextureFlow
from calipers.models.generator.noise import NoiseSpace
from calipers.models.generator.texture import PATCH, TOKEN, TextureSpace, in_patches, split

#: Components of the drawn shapes told at each token, and what is told of the whole recording.
DRAWN: Final = 32
KINDS: Final = ("AFIB", "AFLT", "PACE")
CONDITIONS: Final = 2 * len(EIGHT) + len(KINDS)
#: Tokens trained on at a time: 4 s.
_STRETCH: Final = 100
_LEVEL: Final = (np.log(0.02), 0.8)
_FURTHEST: Final = 5.0

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class DrawnSpace:
    """Components of the drawn shapes in a patch: `basis` (DRAWN, 8 * PATCH), `scale` (DRAWN,)."""

    basis: Floats
    scale: Floats

    @classmethod
    def fitted(cls, patches: Floats) -> DrawnSpace:
        """From (patches, 8 * PATCH) millivolts."""
        values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
        order = np.argsort(values)[::-1][:DRAWN]
        return cls(vectors[:, order].T, np.sqrt(values[order]))

    def told(self, drawn_mv: Floats) -> Float32:
        """(8, n) shapes as drawn → (n / PATCH, DRAWN + 1): components, and how much moves there at all."""
        patches = in_patches(drawn_mv)
        size = np.log1p(np.ptp(patches.reshape(-1, len(EIGHT), PATCH), axis=2).max(axis=1) / 0.05)
        told = np.concatenate((np.clip(patches @ self.basis.T / self.scale, -8, 8), size[:, None]), axis=1)
        return told.astype(np.float32)


@dataclass(frozen=True, eq=False)
class TextureSet:
    """tokens (r, n, TOKEN), beside (r, n, DRAWN + 1), conditions (r, CONDITIONS), fold (r,)."""

    tokens: NDArray[np.float16]
    beside: NDArray[np.float16]
    conditions: Float32
    fold: NDArray[np.int64]


def whole_conditions(levels: Floats, kinds: frozenset[str]) -> Float32:
    """(CONDITIONS,) what is told of a recording: its levels in mV, and what its atria and pacemaker do."""
    unit = (np.log(levels) - _LEVEL[0]) / _LEVEL[1]
    return np.concatenate((unit, [float(kind in kinds) for kind in KINDS])).astype(np.float32)


def fitted_spaces(corpus: Path) -> tuple[TextureSpace, DrawnSpace, NoiseSpace]:
    """The components of texture and of drawn shapes, and how noise varies, from every third record."""
    fine, shapes = [], []
    with np.load(corpus) as stored:
        rows = slice(None, None, 3)
        residual, drawn = stored["residual"][rows], stored["drawn"][rows]
        onsets = np.split(stored["qrs_on"], np.cumsum(stored["beats"])[:-1])[rows]
    for left, shape, qrs_on in zip(residual, drawn, onsets, strict=True):
        _, rest, levels, _ = split(left.astype(np.float64), qrs_on)
        fine.append(np.clip(in_patches(rest / levels[len(EIGHT) :, None]), -8, 8))
        shapes.append(in_patches(shape.astype(np.float64)))
    noise = NoiseSpace.fitted([left.astype(np.float64) for left in residual], onsets)
    return TextureSpace.fitted(np.concatenate(fine)), DrawnSpace.fitted(np.concatenate(shapes)), noise


def texture_set(corpus: Path, records: dict[str, Marked], space: TextureSpace, drawn: DrawnSpace) -> TextureSet:
    """Every recording's texture as tokens."""
    with np.load(corpus) as stored:
        residual, shapes, ids = stored["residual"], stored["drawn"], stored["record_id"]
        onsets = np.split(stored["qrs_on"], np.cumsum(stored["beats"])[:-1])
    tokens = np.zeros((len(ids), residual.shape[2] // PATCH, TOKEN), dtype=np.float16)
    beside = np.zeros((*tokens.shape[:2], DRAWN + 1), dtype=np.float16)
    conditions = np.zeros((len(ids), CONDITIONS), dtype=np.float32)
    for row, key in enumerate(ids):
        found = space.encode(residual[row].astype(np.float64), onsets[row])
        tokens[row] = np.clip(found.tokens, -_FURTHEST, _FURTHEST)
        beside[row] = drawn.told(shapes[row].astype(np.float64))
        conditions[row] = whole_conditions(found.levels, frozenset(records[key].statements))
    return TextureSet(tokens, beside, conditions, np.array([records[key].fold for key in ids]))


class Stretches(NamedTuple):
    """tokens (b, n, TOKEN), beside (b, n, DRAWN + 1), conditions (b, CONDITIONS)."""

    tokens: torch.Tensor
    beside: torch.Tensor
    conditions: torch.Tensor


def stretches(data: TextureSet, rows: NDArray[np.int64], rng: np.random.Generator) -> Stretches:
    """Four seconds of each recording, upside down by chance."""
    first = rng.integers(0, data.tokens.shape[1] - _STRETCH + 1, size=len(rows))
    where = first[:, None] + np.arange(_STRETCH)
    sign = rng.choice([-1.0, 1.0], size=(len(rows), 1, 1)).astype(np.float32)
    tokens = data.tokens[rows[:, None], where].astype(np.float32) * sign
    beside = data.beside[rows[:, None], where].astype(np.float32)
    beside[:, :, :DRAWN] *= sign
    return Stretches(*(torch.from_numpy(one) for one in (tokens, beside, data.conditions[rows])))


def texture_loss(network: TextureFlow, batch: Stretches, t: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Mean squared error of the velocity."""
    at = t[:, None, None]
    velocity = network((1.0 - at) * noise + at * batch.tokens, t, batch.beside, batch.conditions)
    return ((velocity - (batch.tokens - noise)) ** 2).mean()
