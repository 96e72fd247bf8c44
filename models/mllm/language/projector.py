"""From what an encoder sees to tokens that the language model reads before the words.

GEM's connector at this size: one projector serves the signal encoder and the image encoder, so their sequences
can follow each other. It starts near zero: an untrained projector leaves the language model as it is.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

#: Width of SmolLM2-135M.
LANGUAGE_WIDTH = 576


class EcgProjector(nn.Module):
    """Encoder sequences to `tokens` language-model embeddings each.

    Args:
        width: of the encoder's sequence.
        tokens: how many the language model reads of one sequence; neighbours are averaged.
    """

    def __init__(self, width: int, tokens: int = 16, language_width: int = LANGUAGE_WIDTH) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool1d(tokens)
        self.layers = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, language_width), nn.GELU(), nn.Linear(language_width, language_width)
        )
        self.scale = nn.Parameter(torch.tensor(1e-2))

    def forward(self, *sequences: Tensor) -> Tensor:
        """Each (b, t, width) -> (b, tokens · number of sequences, language width)."""
        pooled = [self.pool(one.transpose(1, 2)).transpose(1, 2) for one in sequences]  # (b, tokens, width)
        projected: Tensor = self.layers(torch.cat(pooled, dim=1)) * self.scale
        return projected
