"""What the beat flow draws: one vector that holds the shapes, the times and the texture's levels of an ECG.

Shapes are given by their principal components over PTB-XL folds 1-8, each scaled to unit variance; times and
levels as logarithms, likewise. An element that an ECG does not have (no P wave in fibrillation) is masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.generator import shapes
from calipers.models.generator.marks import EIGHT, Floats

Block = Literal["p", "qrs", "st_t", "spike", "flutter", "times", "levels"]
#: What `times` holds, as logarithms of milliseconds; `qtc` is QT over the cube root of RR in seconds.
TIMES: Final = ("rr", "p_dur", "pr", "qrs", "qtc")
#: Components kept of each shape, and elements of the other blocks.
SIZES: Final[dict[Block, int]] = {
    "p": 16, "qrs": 44, "st_t": 32, "spike": len(EIGHT) + 1, "flutter": 10, "times": len(TIMES), "levels": 2 * len(EIGHT),
}  # fmt: skip
_POINTS: Final[dict[Block, int]] = {
    "p": shapes.ATRIAL_POINTS, "qrs": shapes.FIRST_ST, "st_t": shapes.BEAT_POINTS - shapes.FIRST_ST,
    "flutter": shapes.FLUTTER_POINTS,
}  # fmt: skip
#: Beyond this many standard deviations an element is drawn in.
_FURTHEST: Final = 6.0

Float32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


def _slices() -> dict[Block, slice]:
    out: dict[Block, slice] = {}
    start = 0
    for block, size in SIZES.items():
        out[block] = slice(start, start + size)
        start += size
    return out


WHERE: Final = _slices()
LENGTH: Final = sum(SIZES.values())


class Parts(NamedTuple):
    """What is encoded: shapes in millivolts, NaN where there is none.

    p (8, ATRIAL_POINTS), beat (8, BEAT_POINTS), flutter (8, FLUTTER_POINTS), spike (8,) millivolts at its tip and
    `spike_delay` samples from spike to QRS onset, `times` (5,) as TIMES in ms, `levels` (16,) millivolts: drift
    and fine texture of each lead. Leading axes are allowed throughout.
    """

    p: Floats
    beat: Floats
    flutter: Floats
    spike: Floats
    spike_delay: Floats
    times: Floats
    levels: Floats


@dataclass(frozen=True, eq=False)
class LatentSpace:
    """The fitted components. Arrays by block: `mean` and `basis` (SIZES, 8 * points) of a unit step, or scale."""

    mean: dict[str, Floats]
    basis: dict[str, Floats]
    spike_shape: Floats

    @classmethod
    def fitted(cls, parts: Parts, spike_shapes: Floats) -> LatentSpace:
        """Principal components of the parts, (r, …) each."""
        mean: dict[str, Floats] = {}
        basis: dict[str, Floats] = {}
        for block in SIZES:
            rows = _rows(parts, block)
            rows = rows[np.isfinite(rows).all(axis=1)] if block != "times" else rows
            mean[block] = np.nanmean(rows, axis=0)
            if block in _POINTS:
                _, size, directions = np.linalg.svd(rows - mean[block], full_matrices=False)
                kept = min(SIZES[block], len(size))
                basis[block] = np.zeros((SIZES[block], rows.shape[1]))
                basis[block][:kept] = directions[:kept] * (size[:kept, None] / np.sqrt(len(rows)))
            else:
                basis[block] = np.diag(np.maximum(np.nanstd(rows, axis=0), 1e-3))
        unit = spike_shapes / np.maximum(np.abs(spike_shapes).max(axis=-1, keepdims=True), 1e-6)
        strong = unit[np.abs(spike_shapes).max(axis=-1) > 0.1]
        return cls(mean, basis, np.median(strong * np.sign(strong[:, [shapes.SPIKE_REACH]]), axis=0))

    @cached_property
    def _inverse(self) -> dict[str, Floats]:
        """Of each shape's basis: what turns a shape into elements. The directions stand at right angles."""
        size = {block: (self.basis[block] ** 2).sum(axis=1) for block in _POINTS}
        return {block: self.basis[block].T / np.where(size[block] > 1e-12, size[block], np.inf) for block in _POINTS}

    def encode(self, parts: Parts) -> tuple[Float32, Mask]:
        """(…) parts → (r, LENGTH) elements, 0 where masked, and which are there."""
        out, known = [], []
        for block in SIZES:
            rows = _rows(parts, block)
            there: Mask = np.isfinite(rows)
            if block in _POINTS:
                whole = np.asarray(there.all(axis=1))
                elements = (np.where(whole[:, None], rows, 0.0) - self.mean[block]) @ self._inverse[block]
                mask = np.repeat(whole[:, None], SIZES[block], axis=1)
            else:
                elements = (rows - self.mean[block]) / np.diagonal(self.basis[block])
                mask = there
            out.append(np.where(mask, np.clip(np.nan_to_num(elements), -_FURTHEST, _FURTHEST), 0.0))
            known.append(mask)
        return np.concatenate(out, axis=1).astype(np.float32), np.concatenate(known, axis=1)

    def decode(self, elements: Float32) -> Parts:
        """(r, LENGTH) → the parts; every one, whether the ECG has it or not."""
        rows = {block: elements[:, WHERE[block]] @ self.basis[block] + self.mean[block] for block in SIZES}
        count = len(elements)
        qrs = rows["qrs"].reshape(count, len(EIGHT), -1)
        beat = np.concatenate((qrs, rows["st_t"].reshape(count, len(EIGHT), -1)), axis=2)
        return Parts(
            p=rows["p"].reshape(count, len(EIGHT), -1),
            beat=beat,
            flutter=rows["flutter"].reshape(count, len(EIGHT), -1),
            spike=rows["spike"][:, :-1],
            spike_delay=rows["spike"][:, -1],
            times=np.exp(rows["times"]),
            levels=np.exp(rows["levels"]),
        )

    def save(self, path: Path) -> None:
        """Write as npz."""
        arrays = {f"mean.{block}": value for block, value in self.mean.items()}
        arrays |= {f"basis.{block}": value for block, value in self.basis.items()}
        arrays["spike_shape"] = self.spike_shape
        np.savez(path, allow_pickle=False, **{name: values.astype(np.float32) for name, values in arrays.items()})

    @classmethod
    def load(cls, path: Path) -> LatentSpace:
        """Read what `save` wrote."""
        with np.load(path) as stored:
            found = {name: stored[name].astype(np.float64) for name in stored.files}
        mean = {name[5:]: value for name, value in found.items() if name.startswith("mean.")}
        basis = {name[6:]: value for name, value in found.items() if name.startswith("basis.")}
        return cls(mean, basis, found["spike_shape"])


def _rows(parts: Parts, block: Block) -> Floats:
    count = len(parts.times)
    if block == "qrs":
        return parts.beat[:, :, : shapes.FIRST_ST].reshape(count, -1)
    if block == "st_t":
        return parts.beat[:, :, shapes.FIRST_ST :].reshape(count, -1)
    if block == "spike":
        return np.concatenate((parts.spike, parts.spike_delay[:, None]), axis=1)
    if block in ("times", "levels"):
        logarithms: Floats = np.log(parts.times if block == "times" else np.maximum(parts.levels, 1e-4))
        return logarithms
    return (parts.p if block == "p" else parts.flutter).reshape(count, -1)
