"""The delineator network: every lead in, every wave out, in one pass.

Choices:
- The leads are a set. One encoder is shared by all leads, and what passes between leads is their mean
  and their maximum, so the network takes any number of leads in any order and has no lead names to
  be misled by when electrodes are swapped.
- A 1-D residual U-Net at 250 Hz: strides down to 7.8 Hz (128 ms a step), dilated blocks and a whole-window
  average at the bottom, so that a P wave is judged in the light of the rhythm around it.
- Two outputs: P/QRS/T per lead, and one global track decoded from the leads' pooled features. The global
  track is trained on the rule by which global onsets are scored, not fused afterwards.
- Three independent sigmoids, not a softmax: a P wave may ride on a T wave, and globally one lead's T can
  begin before another's QRS has ended.
- Batch normalisation: it folds into the convolutions when exported.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

#: P, QRS, T.
N_WAVES = 3


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of the network. `widths` are the channels from 125 Hz down to 7.8 Hz."""

    widths: tuple[int, ...] = (24, 32, 40, 56, 80)
    kernel: int = 5
    bottom_dilations: tuple[int, ...] = (1, 2, 4)
    global_widths: tuple[int, ...] = (32, 40, 48, 64, 96)


class Logits(NamedTuple):
    """per_lead: (b, leads, 3, n), global_: (b, 3, n); sigmoid gives the probability of P, QRS, T."""

    per_lead: Tensor
    global_: Tensor


def _conv(c_in: int, c_out: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution that keeps the length (or divides it by `stride`), then batch normalisation."""
    padding = dilation * (kernel - 1) // 2
    conv = nn.Conv1d(c_in, c_out, kernel, stride, padding, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm1d(c_out))


class Residual(nn.Module):
    """Two convolutions and a shortcut; the first may halve the rate."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.first = _conv(c_in, c_out, kernel, stride, dilation)
        self.second = _conv(c_out, c_out, kernel, 1, dilation)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.AvgPool1d(stride), _conv(c_in, c_out, 1))
        elif c_in != c_out:
            self.shortcut = _conv(c_in, c_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(b, c_in, n) -> (b, c_out, n / stride)."""
        out: Tensor = torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))
        return out


class LeadExchange(nn.Module):
    """Tell every lead what the leads show together at the same instant."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        mix = (_conv(2 * channels, channels, 1), nn.ReLU(), nn.Conv1d(channels, channels, 1))
        self.mix = nn.Sequential(*mix)

    def forward(self, x: Tensor, leads: int) -> tuple[Tensor, Tensor]:
        """(b * leads, c, n) -> the same with the exchange added, and the pooled features (b, 2c, n)."""
        pooled = pool_leads(x, leads)
        mixed = self.mix(pooled)
        by_lead = _by_lead(x, leads) + mixed.unsqueeze(1)  # (b, leads, c, n)
        return by_lead.flatten(0, 1), pooled


def pool_leads(x: Tensor, leads: int) -> Tensor:
    """(b * leads, c, n) -> mean and maximum over the leads, (b, 2c, n)."""
    by_lead = _by_lead(x, leads)
    return torch.cat([by_lead.mean(1), by_lead.amax(1)], 1)


def _by_lead(x: Tensor, leads: int) -> Tensor:
    """(b * leads, c, n) -> (b, leads, c, n)."""
    return x.reshape(-1, leads, x.shape[1], x.shape[2])


class WindowContext(nn.Module):
    """Scale the channels by what the whole window shows: the rhythm decides whether a bump is a P wave."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 2
        self.gate = nn.Sequential(nn.Linear(channels, inner), nn.ReLU(), nn.Linear(inner, channels))

    def forward(self, x: Tensor) -> Tensor:
        """(b, c, n) -> (b, c, n)."""
        gate = torch.sigmoid(self.gate(x.mean(2)))
        return x * (2.0 * gate).unsqueeze(2)


class Up(nn.Module):
    """Double the rate, join the encoder's features of that rate, convolve."""

    def __init__(self, c_below: int, c_skip: int, c_out: int, kernel: int) -> None:
        super().__init__()
        self.reduce = _conv(c_below, c_out, 1)
        self.join = _conv(c_out + c_skip, c_out, kernel)
        self.refine = _conv(c_out, c_out, kernel)

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """(b, c_below, n / 2) and (b, c_skip, n) -> (b, c_out, n)."""
        raised = self.reduce(below).repeat_interleave(2, dim=2)
        x = torch.relu(self.join(torch.cat([raised, skip], 1)))
        out: Tensor = torch.relu(self.refine(x)) + x
        return out


class DelineatorNetwork(nn.Module):
    """`signal` (b, leads, n) at 250 Hz, normalised per lead, n a multiple of 32 -> `Logits` at 250 Hz."""

    def __init__(self, config: NetworkConfig = NetworkConfig()) -> None:
        super().__init__()
        widths, global_widths, kernel = config.widths, config.global_widths, config.kernel
        self.stem = nn.Sequential(_conv(1, widths[0], 10 - 1, stride=2), nn.ReLU())
        self.down = nn.ModuleList([Residual(widths[0], widths[0], kernel)])
        for above, below in pairwise(widths):
            self.down.append(Residual(above, below, kernel, stride=2))
        self.exchange = nn.ModuleList([LeadExchange(width) for width in widths])
        deepest, deepest_global = widths[-1], global_widths[-1]
        dilations = config.bottom_dilations
        self.bottom = nn.ModuleList([Residual(deepest, deepest, 3, dilation=d) for d in dilations])
        self.context = WindowContext(deepest)
        self.bottom_exchange = LeadExchange(deepest)
        self.up = nn.ModuleList()
        for above, below in pairwise(widths):
            self.up.append(Up(below, above, above, kernel))
        self.head = nn.Conv1d(widths[0], 2 * N_WAVES, 5, padding=2)
        self.global_bottom = nn.Sequential(
            _conv(2 * deepest, deepest_global, 1),
            nn.ReLU(),
            *[Residual(deepest_global, deepest_global, 3, dilation=d) for d in dilations],
            WindowContext(deepest_global),
        )
        self.global_up = nn.ModuleList()
        for index in range(len(widths) - 1):
            below, out = global_widths[index + 1], global_widths[index]
            self.global_up.append(Up(below, 2 * widths[index], out, kernel))
        self.global_head = nn.Conv1d(global_widths[0], 2 * N_WAVES, 5, padding=2)

    def forward(self, signal: Tensor) -> Logits:
        """(b, leads, n) -> per-lead logits (b, leads, 3, n) and global logits (b, 3, n)."""
        leads = signal.shape[1]
        x = self.stem(signal.flatten(0, 1).unsqueeze(1))  # (b * leads, c, n / 2)
        skips: list[Tensor] = []
        for block, exchange in zip(self.down, self.exchange, strict=True):
            x, _ = exchange(block(x), leads)
            skips.append(x)
        for block in self.bottom:
            x = block(x)
        x, pooled = self.bottom_exchange(self.context(x), leads)
        track = self.global_bottom(pooled)
        for up, global_up, skip in zip(reversed(self.up), reversed(self.global_up), reversed(skips[:-1]), strict=True):
            x = up(x, skip)
            track = global_up(track, pool_leads(x, leads))
        per_lead = _by_lead(_to_full_rate(self.head(x)), leads)
        return Logits(per_lead, _to_full_rate(self.global_head(track)))


def _to_full_rate(x: Tensor) -> Tensor:
    """(b, 3 * 2, n / 2), two neighbouring samples in the channels -> (b, 3, n)."""
    pairs = x.reshape(-1, N_WAVES, 2, x.shape[2])
    return pairs.transpose(2, 3).flatten(2)


def parameter_count(network: nn.Module) -> int:
    """Number of trained weights."""
    return sum(parameter.numel() for parameter in network.parameters())
