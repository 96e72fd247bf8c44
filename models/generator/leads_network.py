"""The network that infers an ECG's other leads from those that are given.

Choices:
- One network for every set of given leads: it sees all twelve, with nothing where a lead is missing, and which are given.
- It looks at 8-ms steps by dilated convolutions, over more than half a second to each side; the mean over the whole
  stretch goes back into every layer, so that what the beats have in common is known at each of them.
- A missing lead is a sum of the given ones with weights that change from step to step, plus a shape: the weights carry
  the fine detail that a shape at 125 Hz would lose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

#: Samples at 500 Hz to one step of the network.
STEP: Final = 4
TWELVE_LEADS: Final = 12
EIGHT_LEADS: Final = 8


@dataclass(frozen=True)
class LeadNetworkConfig:
    """Shape of the network."""

    width: int = 96
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 1, 2, 4, 8)


class LeadNetwork(nn.Module):
    """(b, 12, n) given leads in mV and (b, 12) which are given → (b, 8, n); n a multiple of STEP."""

    def __init__(self, config: LeadNetworkConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.first = nn.Conv1d(2 * TWELVE_LEADS, width, 2 * STEP, stride=STEP, padding=STEP // 2)
        self.layers = nn.ModuleList(_Layer(width, dilation) for dilation in config.dilations)
        self.weights = nn.Conv1d(width, EIGHT_LEADS * TWELVE_LEADS, 1)
        self.shape = nn.ConvTranspose1d(width, EIGHT_LEADS, 2 * STEP, stride=STEP, padding=STEP // 2)
        for layer in (self.weights, self.shape):
            nn.init.zeros_(layer.weight)

    def forward(self, leads: Tensor, given: Tensor) -> Tensor:
        """Millivolts above the level before each QRS, in and out."""
        seen = leads * given[:, :, None]
        h = self.first(torch.cat([seen, given[:, :, None].expand_as(leads)], dim=1))
        for layer in self.layers:
            h = layer(h)
        weights = nn.functional.interpolate(self.weights(h), scale_factor=STEP, mode="linear")
        mixed = torch.einsum("bojn,bjn->bon", weights.view(len(weights), EIGHT_LEADS, TWELVE_LEADS, -1), seen)
        out: Tensor = mixed + self.shape(h)
        return out


class _Layer(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.wide = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.whole = nn.Linear(width, width)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, h: Tensor) -> Tensor:
        """(b, width, n) → (b, width, n)."""
        y = self.wide(self.norm(h)) + self.whole(h.mean(dim=2))[:, :, None]
        out: Tensor = h + self.mix(nn.functional.silu(y))
        return out
