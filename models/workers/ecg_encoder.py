"""ECG-CoCa's encoder: the time series as tokens for the language model (Zhao et al. 2024, ECG-Chat, arXiv 2408.08849).

A vision transformer over time: 12 leads x 5000 samples at 500 Hz, cut into 100 pieces of 0.1 s, one class token
before them. GEM and ECG-R1 take what leaves the last block, 101 tokens, through a projector of their own. Modules
are named as in the published checkpoints.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

#: Width of one attention head in OpenCLIP's configuration of the encoder.
_HEAD_WIDTH = 64


class EncoderShape(NamedTuple):
    """The encoder's sizes, as its weights have them."""

    leads: int
    samples_per_token: int
    tokens: int
    width: int
    layers: int
    inner: int

    @property
    def samples(self) -> int:
        """Length of the time series it reads; the class token stands for none of it."""
        return (self.tokens - 1) * self.samples_per_token


def encoder_shape(shapes: Mapping[str, tuple[int, ...]], prefix: str) -> EncoderShape | None:
    """The sizes of the encoder in a checkpoint; None where it holds none.

    Args:
        shapes: name of each weight -> its shape.
        prefix: what stands before the encoder's own names, with its dot.
    """
    if f"{prefix}conv1.weight" not in shapes:
        return None
    width, leads, samples = shapes[f"{prefix}conv1.weight"]
    blocks = {
        name.removeprefix(f"{prefix}transformer.resblocks.").split(".")[0]
        for name in shapes
        if ".resblocks." in name and name.startswith(prefix)
    }
    inner = shapes[f"{prefix}transformer.resblocks.0.mlp.c_fc.weight"][0]
    return EncoderShape(leads, samples, shapes[f"{prefix}positional_embedding"][0], width, len(blocks), inner)


class EcgEncoder(nn.Module):
    """(b, leads, samples) float, millivolts -> (b, tokens, width)."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.shape = shape
        self.conv1 = nn.Conv1d(shape.leads, shape.width, shape.samples_per_token, shape.samples_per_token, bias=False)
        self.class_embedding = nn.Parameter(torch.zeros(shape.width))
        self.positional_embedding = nn.Parameter(torch.zeros(shape.tokens, shape.width))
        self.ln_pre = nn.LayerNorm(shape.width)
        self.transformer = _Transformer(shape)

    def forward(self, signal: Tensor) -> Tensor:
        """Encode the time series; every token, from the last block, without the final norm."""
        pieces = self.conv1(signal).transpose(1, 2)  # (b, tokens - 1, width)
        first = self.class_embedding.expand(len(pieces), 1, -1)
        tokens = self.ln_pre(torch.cat([first, pieces], dim=1) + self.positional_embedding)
        encoded: Tensor = self.transformer(tokens)
        return encoded


class _Transformer(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.resblocks = nn.ModuleList(_Block(shape) for _ in range(shape.layers))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.resblocks:
            x = block(x)
        return x


class _Block(nn.Module):
    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(shape.width)
        self.attn = nn.MultiheadAttention(shape.width, max(1, shape.width // _HEAD_WIDTH), batch_first=True)
        self.ln_2 = nn.LayerNorm(shape.width)
        self.mlp = nn.Sequential(
            OrderedDict(
                c_fc=nn.Linear(shape.width, shape.inner), gelu=nn.GELU(), c_proj=nn.Linear(shape.inner, shape.width)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.ln_1(x)
        x = x + self.attn(y, y, y, need_weights=False)[0]
        grown: Tensor = x + self.mlp(self.ln_2(x))
        return grown
