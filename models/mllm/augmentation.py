"""What other recordings of the same heart look like: a batch of signals made harder, never another diagnosis."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from calipers.models.mllm.signal_encoder import ENCODER_HZ


@dataclass(frozen=True)
class AugmentationConfig:
    """Sizes and shares; see `augment`."""

    crop_s: float = 5.0
    gain_sd: float = 0.12
    lead_gain_sd: float = 0.08
    wander_share: float = 0.4
    wander_mv: float = 0.12
    noise_share: float = 0.4
    noise_mv: float = 0.04
    fewer_leads_share: float = 0.25
    most_lost: int = 8
    blank_share: float = 0.3
    longest_blank_s: float = 0.6
    mixed_share: float = 0.5
    mixing: float = 0.4


def augment(
    signal_mv: Tensor, present: Tensor, config: AugmentationConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """A random stretch of each record with other gains, wander, noise, lost leads and a blank.

    Args:
        signal_mv: (b, 12, n) at 100 Hz, zero where missing.
        present: (b, 12) 1 for the leads that are there.
        config: how much of each.
        generator: source of chance.

    Returns:
        (b, 12, crop) and the leads that are left.
    """
    b, leads, n = signal_mv.shape
    crop = min(round(config.crop_s * ENCODER_HZ), n)

    def chance(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    first = (chance(b) * (n - crop + 1)).long()
    at = first[:, None] + torch.arange(crop)  # (b, crop)
    x = torch.gather(signal_mv, 2, at[:, None].expand(b, leads, crop))
    x = x * torch.exp(config.gain_sd * normal(b, 1, 1) + config.lead_gain_sd * normal(b, leads, 1))
    seconds = torch.arange(crop) / ENCODER_HZ
    waves = torch.sin(2 * math.pi * (0.05 + 0.5 * chance(b, 3, 1)) * seconds + 2 * math.pi * chance(b, 3, 1))
    wander = config.wander_mv * chance(b, 1, 1) * (chance(b, 1, 1) < config.wander_share)
    x = x + wander * torch.matmul(normal(b, leads, 3), waves)
    x = x + config.noise_mv * chance(b, 1, 1) * (chance(b, 1, 1) < config.noise_share) * normal(b, leads, crop)
    start = chance(b, 1) * crop
    length = config.longest_blank_s * ENCODER_HZ * chance(b, 1) * (chance(b, 1) < config.blank_share)
    time = torch.arange(crop)[None]
    x = x * ~((time >= start) & (time < start + length))[:, None]
    lost = (chance(b, 1) * config.most_lost + 1).floor() * (chance(b, 1) < config.fewer_leads_share)
    rank = chance(b, leads).argsort(dim=1).argsort(dim=1)
    left = present * (rank >= lost)
    # A record must keep a lead.
    left = torch.where(left.sum(dim=1, keepdim=True) > 0, left, present)
    return x * left[:, :, None], left
