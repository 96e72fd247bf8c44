"""The autoencoder: an ECG as latent vectors, tokens and marks, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from calipers.models.generator import shapes
from calipers.models.generator.anatomy import Anatomy, take_apart
from calipers.models.generator.corpus import ectopic_parts, usual_parts
from calipers.models.generator.latents import WHERE, Float32, LatentSpace, Mask, Parts
from calipers.models.generator.marks import Floats, Marks
from calipers.models.generator.texture import PATCH, Texture, TextureSpace, split

WEIGHTS: Final = Path(__file__).parent / "weights"


@dataclass(frozen=True, eq=False)
class Encoded:
    """An ECG in latent form.

    Attributes:
        marks: where the parts lie.
        usual, known: (LENGTH,) the usual beat's elements, and which the ECG has.
        ectopic: (LENGTH,) the ectopic beat's, or None.
        texture: tokens, levels and offsets of what the shapes leave over.
        n: samples.
    """

    marks: Marks
    usual: Float32
    known: Mask
    ectopic: Float32 | None
    texture: Texture
    n: int


@dataclass(frozen=True)
class Codec:
    """The linear components of shapes and texture (`weights/latents.npz`, `weights/texture.npz`)."""

    latents: LatentSpace
    textures: TextureSpace

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> Codec:
        """Read the components."""
        return cls(LatentSpace.load(folder / "latents.npz"), TextureSpace.load(folder / "texture.npz"))

    def encode(self, eight_mv: Floats, marks: Marks) -> Encoded:
        """(8, n) millivolts at 500 Hz without gaps, and where the waves are → latent form.

        The texture is taken against the shapes as the components give them, so that nothing is lost there.
        """
        n = eight_mv.shape[1] // PATCH * PATCH
        anatomy = take_apart(eight_mv[:, :n], marks)
        rough = eight_mv[:, :n] - anatomy.drawn(n)
        levels = split(rough, anatomy.marks.qrs_on)[2]
        usual, known = self.latents.encode(_batch(usual_parts(anatomy, levels)))
        ectopic = None
        if anatomy.ectopic is not None:
            ectopic = self.latents.encode(_batch(ectopic_parts(anatomy)))[0][0]
        shape = self.anatomy(anatomy.marks, usual[0], known[0], ectopic)
        texture = self.textures.encode(eight_mv[:, :n] - shape.drawn(n), anatomy.marks.qrs_on)
        return Encoded(anatomy.marks, usual[0], known[0], ectopic, texture, n)

    def decode(self, encoded: Encoded) -> Floats:
        """The (8, n) millivolts again."""
        shape = self.anatomy(encoded.marks, encoded.usual, encoded.known, encoded.ectopic)
        return shape.drawn(encoded.n) + self.textures.decode(encoded.texture)

    def anatomy(self, marks: Marks, usual: Float32, known: Mask, ectopic: Float32 | None) -> Anatomy:
        """The shapes of latent vectors at given marks."""
        parts = self.latents.decode(usual[None])
        spike = None
        if marks.spikes.size and known[WHERE["spike"]].any():
            spike = parts.spike[0][:, None] * self.latents.spike_shape[None]
        return Anatomy(
            marks=marks,
            beat=shapes.tapered(parts.beat[0], 8, 16),
            ectopic=None if ectopic is None else shapes.tapered(self.latents.decode(ectopic[None]).beat[0], 8, 16),
            p=shapes.tapered(parts.p[0], 6, 6) if known[WHERE["p"]].any() and marks.p_on.size else None,
            flutter=parts.flutter[0] if known[WHERE["flutter"]].any() and marks.flutter_period else None,
            spike=spike,
        )


def _batch(parts: Parts) -> Parts:
    return Parts(*(np.asarray(field)[None] for field in parts))
