"""The two velocity networks: one of the beat's latent vector, one of the texture's tokens.

Choices:
- Rectified flow (Liu 2022): the network gives the velocity from noise to signal, on straight lines between them.
- Each velocity is that of a Gaussian, which a matrix solution fits in seconds, plus what a network adds: of the beat, a
  Gaussian whose mean is linear in what is told; of the texture, a stationary one, by its spectrum. So an untrained
  network already draws from them, and training is spent on what a Gaussian cannot say.
- The beat's vector is short (about 150 numbers), so that a residual network of matrix products learns it from a few
  thousand records in minutes; what it is told enters every layer as scale and shift.
- The texture is 250 tokens of 40 ms, looked at by dilated convolutions over a second or two around each; it is
  told what is drawn there (the shapes' own components), so that differences between beats stand at the beats.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class BeatFlowConfig:
    """Shape of the beat network."""

    elements: int
    conditions: int
    width: int = 288
    depth: int = 4
    told: int = 160
    dropout: float = 0.1


@dataclass(frozen=True)
class TextureFlowConfig:
    """Shape of the texture network. `beside` are the numbers told at each token, `conditions` those of the whole.

    The last `kinds - 1` conditions are flags of the kinds of recording.
    """

    token: int
    beside: int
    conditions: int
    width: int = 96
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 1, 2, 4)
    told: int = 96
    bands: int = 12
    kinds: int = 4


class BeatFlow(nn.Module):
    """(b, elements) at time t, under conditions → their velocity."""

    def __init__(self, config: BeatFlowConfig) -> None:
        super().__init__()
        self.config = config
        self.time = _Time(config.told)
        self.told = nn.Sequential(
            nn.Linear(config.conditions, config.told), nn.SiLU(), nn.Dropout(config.dropout),
            nn.Linear(config.told, config.told),
        )  # fmt: skip
        self.first = nn.Linear(2 * config.elements, config.width)
        self.layers = nn.ModuleList(_Layer(config.width, config.told, config.dropout) for _ in range(config.depth))
        self.last = nn.Sequential(nn.LayerNorm(config.width), _silent(nn.Linear(config.width, config.elements)))
        self.mean: Tensor
        self.axes: Tensor
        self.spread: Tensor
        self.register_buffer("mean", torch.zeros(config.elements, config.conditions + 1))
        self.register_buffer("axes", torch.eye(config.elements))
        self.register_buffer("spread", torch.ones(config.elements))

    def forward(self, x: Tensor, t: Tensor, conditions: Tensor, known: Tensor) -> Tensor:
        """x, known: (b, elements); t: (b,); conditions: (b, conditions)."""
        told = torch.nn.functional.silu(self.time(t) + self.told(conditions))
        h = self.first(torch.cat([x * known, known], dim=1))
        for layer in self.layers:
            h = layer(h, told)
        out: Tensor = self.last(h) + self.of_gaussian(x * known, t, conditions)
        return out

    def of_gaussian(self, x: Tensor, t: Tensor, conditions: Tensor) -> Tensor:
        """Velocity where the elements are Gaussian, their mean linear in what is told, along fixed axes."""
        mean = conditions @ self.mean[:, :-1].T + self.mean[:, -1]
        along = (x - t[:, None] * mean) @ self.axes
        out: Tensor = mean + (along * gaussian_pull(t[:, None], self.spread)) @ self.axes.T
        return out


class TextureFlow(nn.Module):
    """(b, tokens, token) at time t, beside what is drawn there → their velocity."""

    def __init__(self, config: TextureFlowConfig) -> None:
        super().__init__()
        self.config = config
        self.time = _Time(config.told)
        self.told = nn.Sequential(
            nn.Linear(config.conditions, config.told), nn.SiLU(), nn.Linear(config.told, config.told)
        )
        self.first = nn.Conv1d(config.token + config.beside, config.width, 1)
        self.layers = nn.ModuleList(_Convolution(config.width, config.told, d) for d in config.dilations)
        self.last = nn.Sequential(
            nn.GroupNorm(8, config.width), nn.SiLU(), _silent(nn.Conv1d(config.width, config.token, 1))
        )
        self.axes: Tensor
        self.spread: Tensor
        # For each kind of recording and band of frequency, the axes and variances of the tokens' cosine components.
        self.register_buffer("axes", torch.eye(config.token).repeat(config.kinds, config.bands, 1, 1))
        self.register_buffer("spread", torch.ones(config.kinds, config.bands, config.token))

    def forward(self, x: Tensor, t: Tensor, beside: Tensor, conditions: Tensor) -> Tensor:
        """x: (b, n, token); t: (b,); beside: (b, n, beside); conditions: (b, conditions)."""
        told = torch.nn.functional.silu(self.time(t) + self.told(conditions))
        h = self.first(torch.cat([x, beside], dim=2).transpose(1, 2))
        for layer in self.layers:
            h = layer(h, told)
        out: Tensor = self.last(h).transpose(1, 2) + self.of_gaussian(x, t, conditions)
        return out

    def of_gaussian(self, x: Tensor, t: Tensor, conditions: Tensor) -> Tensor:
        """Velocity where the tokens are a stationary Gaussian with the spectrum of the recording's kind."""
        turn = cosines(x.shape[1]).to(x)
        band = bands_of(x.shape[1], self.config.bands).to(x.device)
        # The first of the kinds' flags that is set names the kind; 0 where none is.
        flags = conditions[:, -(self.config.kinds - 1) :]
        kind = torch.where(flags.amax(dim=1) > 0.5, flags.argmax(dim=1) + 1, 0)
        axes, spread = self.axes[kind][:, band], self.spread[kind][:, band]
        waves = torch.einsum("fn,bnd->bfd", turn, x)
        along = torch.einsum("bfd,bfde->bfe", waves, axes) * gaussian_pull(t[:, None, None], spread)
        out: Tensor = torch.einsum("fn,bfd->bnd", turn, torch.einsum("bfe,bfde->bfd", along, axes))
        return out


def gaussian_pull(t: Tensor, variance: Tensor) -> Tensor:
    """Velocity over distance from the mean's own path, where the signal has this variance and the noise has one."""
    return (t * variance - (1.0 - t)) / (t**2 * variance + (1.0 - t) ** 2)


def cosines(n: int) -> Tensor:
    """(n, n) orthonormal cosine transform, frequencies in rows."""
    place = torch.arange(n, dtype=torch.float64)
    turn = torch.cos(torch.pi * (place[None, :] + 0.5) * place[:, None] / n) * (2.0 / n) ** 0.5
    turn[0] /= 2.0**0.5
    return turn.float()


def bands_of(n: int, bands: int) -> Tensor:
    """(n,) band of each frequency: narrow ones at the slow end."""
    share = (torch.arange(n, dtype=torch.float64) / n).sqrt()
    return (share * bands).long().clamp_max(bands - 1)


def _silent(layer: nn.Linear | nn.Conv1d) -> nn.Module:
    """A layer that gives nothing until it is trained."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class _Time(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.rates: Tensor
        self.register_buffer("rates", torch.exp(torch.linspace(0.0, 5.0, 32)), persistent=False)
        self.net = nn.Sequential(nn.Linear(64, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, t: Tensor) -> Tensor:
        """(b,) → (b, width)."""
        angle = t[:, None] * self.rates
        out: Tensor = self.net(torch.cat([angle.sin(), angle.cos()], dim=1))
        return out


class _Layer(nn.Module):
    def __init__(self, width: int, told: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.turn = nn.Linear(told, 3 * width)
        self.net = nn.Sequential(
            nn.Linear(width, 2 * width), nn.SiLU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
        )

    def forward(self, h: Tensor, told: Tensor) -> Tensor:
        """(b, width) → (b, width)."""
        scale, shift, gate = self.turn(told).chunk(3, dim=1)
        return h + gate * self.net(self.norm(h) * (1.0 + scale) + shift)


class _Convolution(nn.Module):
    def __init__(self, width: int, told: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width, affine=False)
        self.turn = nn.Linear(told, 2 * width)
        self.wide = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, h: Tensor, told: Tensor) -> Tensor:
        """(b, width, n) → (b, width, n)."""
        scale, shift = self.turn(told)[:, :, None].chunk(2, dim=1)
        y = self.norm(h) * (1.0 + scale) + shift
        out: Tensor = h + self.mix(torch.nn.functional.silu(self.wide(y)))
        return out
