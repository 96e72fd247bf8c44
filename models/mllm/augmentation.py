"""What other recordings of the same heart look like: a batch of signals made harder, never another diagnosis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from calipers.leads import INDEX
from calipers.models.mllm.encoder_input import INPUT_HZ, N_LEADS

#: Columns of a page as the leads' rows in it; rhythm strips run through.
_PAGE_COLUMNS = {
    4: ((0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11)),
    2: ((0, 1, 2, 3, 4, 5), (6, 7, 8, 9, 10, 11)),
    1: (tuple(range(N_LEADS)),),
}
_STRIPS = (INDEX["II"], INDEX["V1"], INDEX["V5"])


@dataclass(frozen=True)
class AugmentationConfig:
    """Sizes and shares; see `augment`. `page_share` is of batches, which keep their ten seconds."""

    crop_s: float = 5.0
    page_share: float = 0.2
    gain_sd: float = 0.08
    lead_gain_sd: float = 0.05
    wander_share: float = 0.4
    wander_mv: float = 0.12
    noise_share: float = 0.4
    noise_mv: float = 0.04
    fewer_leads_share: float = 0.2
    most_lost: int = 9
    blank_share: float = 0.3
    longest_blank_s: float = 0.6
    patient_unknown_share: float = 0.25
    mixed_share: float = 0.5
    mixing: float = 0.4


class Augmented(NamedTuple):
    """signal_mv: (b, 12, crop), zero where missing; present: (b, 12, crop) 1 where there is signal."""

    signal_mv: Tensor
    present: Tensor


def augment(
    signal_mv: Tensor, leads_present: Tensor, config: AugmentationConfig, generator: torch.Generator
) -> Augmented:
    """A random stretch of each record, or its page, with other gains, wander, noise, lost leads and a blank.

    Args:
        signal_mv: (b, 12, n) at 100 Hz, zero where missing.
        leads_present: (b, 12) 1 for the leads that are there.
        config: how much of each.
        generator: source of chance.
    """
    b, leads, n = signal_mv.shape
    as_page = bool(torch.rand((), generator=generator) < config.page_share)
    crop = n if as_page else min(round(config.crop_s * INPUT_HZ), n)
    draw = _Chance(generator)
    first = (draw.uniform(b) * (n - crop + 1)).long()
    at = first[:, None] + torch.arange(crop)  # (b, crop)
    x = torch.gather(signal_mv, 2, at[:, None].expand(b, leads, crop))
    x = x * torch.exp(config.gain_sd * draw.normal(b, 1, 1) + config.lead_gain_sd * draw.normal(b, leads, 1))
    x = x + _disturbance(b, leads, crop, config, draw)
    lost = (draw.uniform(b, 1) * config.most_lost + 1).floor() * (draw.uniform(b, 1) < config.fewer_leads_share)
    rank = draw.uniform(b, leads).argsort(dim=1).argsort(dim=1)
    left = leads_present * (rank >= lost)
    # A record must keep a lead.
    left = torch.where(left.sum(dim=1, keepdim=True) > 0, left, leads_present)
    present = left[:, :, None].expand(b, leads, crop) * _not_blank(b, crop, config, draw)[:, None]
    if as_page:
        present = present * torch.stack([page_mask(crop, generator) for _ in range(b)])
        # The page's reader knows a lead's level from what is shown of it.
        shown = present.sum(dim=2, keepdim=True).clamp_min(1.0)
        x = x - (x * present).sum(dim=2, keepdim=True) / shown * (draw.uniform(b, 1, 1) < 0.5)
    return Augmented(x * present, present)


def page_mask(samples: int, generator: torch.Generator) -> Tensor:
    """(12, samples) of a random page: 3x4 (with up to three rhythm strips), 6x2, or everything."""
    columns = int(torch.tensor([4, 4, 4, 2, 1])[torch.randint(5, (), generator=generator)])
    mask = torch.zeros(N_LEADS, samples)
    width = samples / columns
    for column, rows in enumerate(_PAGE_COLUMNS[columns]):
        mask[list(rows), round(column * width) : round((column + 1) * width)] = 1.0
    if columns > 1:
        strips = int(torch.tensor([0, 1, 1, 1, 3])[torch.randint(5, (), generator=generator)])
        mask[list(_STRIPS[:strips])] = 1.0
    return mask


class _Chance:
    """Uniform and normal numbers of one generator."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self._generator)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self._generator)


def _disturbance(b: int, leads: int, crop: int, config: AugmentationConfig, draw: _Chance) -> Tensor:
    """(b, leads, crop) millivolts of baseline wander and of noise."""
    seconds = torch.arange(crop) / INPUT_HZ
    waves = torch.sin(2 * math.pi * ((0.05 + 0.5 * draw.uniform(b, 3, 1)) * seconds + draw.uniform(b, 3, 1)))
    wander = config.wander_mv * draw.uniform(b, 1, 1) * (draw.uniform(b, 1, 1) < config.wander_share)
    noise = config.noise_mv * draw.uniform(b, 1, 1) * (draw.uniform(b, 1, 1) < config.noise_share)
    return wander * torch.matmul(draw.normal(b, leads, 3), waves) + noise * draw.normal(b, leads, crop)


def _not_blank(b: int, crop: int, config: AugmentationConfig, draw: _Chance) -> Tensor:
    """(b, crop) 0 in a stretch that is missing in all leads."""
    start = draw.uniform(b, 1) * crop
    length = config.longest_blank_s * INPUT_HZ * draw.uniform(b, 1) * (draw.uniform(b, 1) < config.blank_share)
    time = torch.arange(crop)[None]
    return 1.0 - ((time >= start) & (time < start + length)).float()
