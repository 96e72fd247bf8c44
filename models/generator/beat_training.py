"""Train the beat flow: shapes, times and levels of an ECG under what is told of it.

Every batch varies its beats: amplitude, the heart's direction in the frontal plane, chest electrodes moved towards
their neighbours, times and levels a little. What is told of a beat is computed after it was varied, then left out
by chance, part by part, so that any request is one the network has seen the like of.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from calipers.models.generator.conditions import TEXT, ConditionSpace, patient, scaled
from calipers.models.generator.latents import LatentSpace, Parts
from calipers.models.generator.marked import Marked
from calipers.models.generator.marks import Floats
from calipers.models.generator.networks import BeatFlow
from calipers.models.generator.qualities import NAMES, qualities

#: Chance that a part of the condition is left out whole, and that a single quality is, where some are told.
_LEFT_OUT: Final = {"statements": 0.15, "patient": 0.3, "text": 0.5, "qualities": 0.35}
_PER_LEAD_LEFT_OUT: Final = 0.5
_TURN_DEG: Final = 8.0
_MIXED: Final = 0.3

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class BeatSet:
    """What the beat flow is trained on.

    Attributes:
        parts: (r, …) the examples.
        told: (r, conditions) statements, ectopic, patient and the first text; no qualities.
        texts: (r, v, TEXT) embeddings of each example's texts; zero where there is none.
        fold: (r,) 0 where simulated.
        weight: (r,) how often an example is drawn.
    """

    parts: Parts
    told: Float32
    texts: Float32
    fold: NDArray[np.int64]
    weight: Floats

    def chosen(self, rows: NDArray[np.int64]) -> Parts:
        """The parts of some examples."""
        return Parts(*(field[rows].astype(np.float64) for field in self.parts))


def beat_set(corpus: Path, records: dict[str, Marked], space: ConditionSpace, texts: dict[str, Float32]) -> BeatSet:
    """Read the beats of a corpus file; `records` by id."""
    with np.load(corpus) as stored:
        parts = Parts(*(stored[f"parts.{name}"] for name in Parts._fields))
        ids, ectopic = stored["example_id"], stored["example_ectopic"]
    told = np.zeros((len(ids), space.length), dtype=np.float32)
    variants = max((len(value) for value in texts.values()), default=1)
    embedded = np.zeros((len(ids), variants, TEXT), dtype=np.float32)
    for row, (key, other) in enumerate(zip(ids, ectopic, strict=True)):
        record = records[key]
        told[row, : space.told] = space.multi_hot(record.statements)
        told[row, space.told] = 1.0
        told[row, space.ectopic] = float(other)
        told[row, space.patient : space.text] = patient(record.age, record.sex)
        if key in texts:
            embedded[row, : len(texts[key])] = texts[key]
    return BeatSet(parts, told, embedded, np.array([records[key].fold for key in ids]), rarity(told[:, : space.told]))


def rarity(statements: Float32) -> Floats:
    """Rare statements are drawn more often: by the square root of how rare the rarest of an example is."""
    frequency = np.maximum(statements.mean(axis=0), 1e-4)
    rarest = np.where(statements > 0, frequency, 1.0).min(axis=1)
    weight: Floats = np.clip(np.sqrt(0.05 / rarest), 0.7, 4.0)
    return weight


class Batch(NamedTuple):
    """elements, known (b, LENGTH); conditions (b, conditions)."""

    elements: torch.Tensor
    known: torch.Tensor
    conditions: torch.Tensor


def batch_of(
    data: BeatSet, rows: NDArray[np.int64], latents: LatentSpace, space: ConditionSpace, rng: np.random.Generator,
    *, vary: bool,
) -> Batch:  # fmt: skip
    """Examples, varied or as they are, with what is told of them."""
    parts = data.chosen(rows)
    if vary:
        parts = varied(parts, rng)
    told = data.told[rows].copy()
    told[:, space.qualities :] = scaled(_some(qualities(parts), rng))
    _leave_out(told, data.texts[rows], space, rng)
    elements, known = latents.encode(parts)
    return Batch(torch.from_numpy(elements), torch.from_numpy(known.astype(np.float32)), torch.from_numpy(told))


def varied(parts: Parts, rng: np.random.Generator) -> Parts:
    """Other hearts and electrodes: amplitude, frontal direction, chest places, times and levels changed a little."""
    count = len(parts.times)
    mix = mixing(count, rng)
    times = parts.times * np.exp(rng.normal(0.0, 0.03, parts.times.shape))
    return parts._replace(
        p=mix @ parts.p,
        beat=mix @ parts.beat,
        flutter=mix @ parts.flutter,
        spike=parts.spike * np.exp(rng.normal(0.0, 0.15, (count, 1))),
        times=times,
        levels=parts.levels * np.exp(rng.normal(0.0, 0.1, parts.levels.shape)),
    )


def mixing(count: int, rng: np.random.Generator) -> Floats:
    """(count, 8, 8) what other hearts and electrodes make of the eight leads."""
    out = np.repeat(np.eye(8)[None], count, axis=0)
    angle = np.deg2rad(rng.normal(0.0, _TURN_DEG, count))
    # Lead I is the horizontal direction; lead II = I/2 + vertical * sqrt(3)/2.
    cos, sin, root = np.cos(angle), np.sin(angle), np.sqrt(3.0)
    out[:, 0, 0], out[:, 0, 1] = cos + sin / root, -2.0 * sin / root
    out[:, 1, 0] = (cos + sin / root) / 2 + root / 2 * (sin - cos / root)
    out[:, 1, 1] = -sin / root + cos
    for lead in range(2, 8):
        towards = rng.normal(0.0, 0.1, count)
        neighbour = np.where(towards > 0, min(lead + 1, 7), max(lead - 1, 2))
        out[np.arange(count), lead, neighbour] += np.abs(towards)
        out[:, lead, lead] -= np.abs(towards)
    out *= np.exp(rng.normal(0.0, 0.12, count))[:, None, None]
    return out


def _some(values: Floats, rng: np.random.Generator) -> Floats:
    """Qualities with most left out: of the single ones a random share, of each per-lead kind all or some leads."""
    count, kept = len(values), np.zeros_like(values, dtype=np.bool_)
    singles = len(NAMES) - 48
    share = rng.random((count, 1)) ** 2
    kept[:, :5] = rng.random((count, 5)) < share
    kept[:, 5:singles] = np.repeat(rng.random((count, 3)) < share, 2, axis=1)
    for kind in range(4):
        some = (rng.random((count, 1)) > _PER_LEAD_LEFT_OUT) & (rng.random((count, 12)) < rng.random((count, 1)))
        kept[:, singles + 12 * kind : singles + 12 * (kind + 1)] = some
    kept[rng.random(count) < _LEFT_OUT["qualities"]] = False
    return np.where(kept, values, np.nan)


def _leave_out(told: Float32, texts: Float32, space: ConditionSpace, rng: np.random.Generator) -> None:
    count = len(told)
    out = rng.random(count) < _LEFT_OUT["statements"]
    told[out, : space.told + 1] = 0.0
    # A request names a few statements, not all that are true.
    names_few = rng.random(count) < 0.5
    kept = rng.random((count, space.told)) < rng.random((count, 1))
    told[:, : space.told] = np.where(names_few[:, None] & ~kept, 0.0, told[:, : space.told])
    for part in (slice(space.patient, space.patient + 2), slice(space.patient + 2, space.text)):
        told[rng.random(count) < _LEFT_OUT["patient"], part] = 0.0
    text = texts[np.arange(count), rng.integers(texts.shape[1], size=count)]
    there = (np.abs(text).sum(axis=1) > 0) & (rng.random(count) > _LEFT_OUT["text"])
    told[:, space.text : space.qualities - 1] = np.where(there[:, None], text * np.sqrt(TEXT) * 0.5, 0.0)
    told[:, space.qualities - 1] = there


def flow_loss(network: BeatFlow, batch: Batch, t: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """Mean squared error of the velocity over the elements that are there."""
    x = (1.0 - t[:, None]) * noise + t[:, None] * batch.elements
    velocity = network(x, t, batch.conditions, batch.known)
    error = ((velocity - (batch.elements - noise)) ** 2) * batch.known
    return error.sum() / batch.known.sum()
