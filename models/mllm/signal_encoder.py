"""The time-series encoder: twelve leads of ten seconds in, a sequence of features and 71 statements out.

Choices:
- 100 Hz: PTB-XL's statements are recognised as well there as at 500 Hz (Strodthoff 2021), at a fifth of the
  cost. Intervals and levels are not this network's business: the measurements are exact and stand beside it.
- What is missing, a lead or a stretch of one, is masked and not zero: it counts for nothing in the first
  convolution, what is there counts for more, and a mask channel says which it was. So a page whose leads show
  2.5 s each goes through the same network as a whole recording.
- A residual network with squeeze-and-excitation; statements are read from attention pools, mean and maximum
  over time, so that a single premature beat can decide.
- Age and sex enter the statement head alone: sequence and pooled features speak of the signal.
- Batch normalisation: it folds into the convolutions when exported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from calipers.models.mllm.encoder_input import N_LEADS, N_PATIENT

#: At most this much more does a lead count for its missing neighbours.
_MOST_SCALE = 4.0


@dataclass(frozen=True)
class SignalEncoderConfig:
    """Shape of the network. `widths` are the channels from 50 Hz down to 3.1 Hz."""

    widths: tuple[int, ...] = (48, 64, 96, 128, 160)
    blocks: tuple[int, ...] = (1, 2, 2, 2)
    kernel: int = 7
    pools: int = 4
    dropout: float = 0.3
    hidden: int = 96
    statements: int = 71


class Encoded(NamedTuple):
    """statements: (b, 71) logits; pooled: (b, f); sequence: (b, t, d) with t = ceil(samples / 32)."""

    statements: Tensor
    pooled: Tensor
    sequence: Tensor


class SignalEncoder(nn.Module):
    """See the module's first lines."""

    def __init__(self, config: SignalEncoderConfig | None = None) -> None:
        super().__init__()
        config = config or SignalEncoderConfig()
        widths = config.widths
        self.stem = nn.Sequential(*_convolution(2 * N_LEADS, widths[0], 11, stride=2), nn.ReLU())
        stages = []
        for stage, blocks in enumerate(config.blocks):
            for block in range(blocks):
                c_in = widths[stage] if block == 0 else widths[stage + 1]
                stages.append(_Residual(c_in, widths[stage + 1], config.kernel, stride=2 if block == 0 else 1))
        self.stages = nn.Sequential(*stages)
        self.attention = nn.Conv1d(widths[-1], config.pools, 1)
        self.features = widths[-1] * (config.pools + 2)
        self.head = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(self.features, config.statements))
        self.signal_view = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(self.features, config.hidden))
        self.patient_view = nn.Linear(N_PATIENT, config.hidden)
        self.joint = nn.Linear(config.hidden, config.statements)

    def forward(self, signal_mv: Tensor, present: Tensor, patient: Tensor) -> Encoded:
        """Encode a batch.

        Args:
            signal_mv: (b, 12, n) millivolts at 100 Hz, each lead's level removed.
            present: (b, 12, n) 1 where there is signal; what stands elsewhere in `signal_mv` counts for nothing.
            patient: (b, 4) of `patient_vector`; zeros where age and sex are not known.
        """
        scale = (N_LEADS / present.sum(dim=1, keepdim=True).clamp_min(1.0)).clamp_max(_MOST_SCALE)  # (b, 1, n)
        x = self.stages(self.stem(torch.cat([signal_mv * present * scale, 1.0 - present], dim=1)))  # (b, d, t)
        share = self.attention(x).softmax(dim=-1)  # (b, pools, t)
        attended = torch.matmul(share, x.transpose(1, 2)).flatten(1)  # (b, pools * d)
        pooled = torch.cat([attended, x.mean(dim=-1), x.amax(dim=-1)], dim=1)
        together = torch.relu(self.signal_view(pooled) + self.patient_view(patient))
        return Encoded(self.head(pooled) + self.joint(together), pooled, x.transpose(1, 2))


class _Residual(nn.Module):
    """Two convolutions weighted by channel, and a shortcut; the first may halve the rate."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(*_convolution(c_in, c_out, kernel, stride=stride), nn.ReLU())
        self.second = nn.Sequential(*_convolution(c_out, c_out, kernel))
        self.weigh = nn.Sequential(nn.Linear(c_out, c_out // 4), nn.ReLU(), nn.Linear(c_out // 4, c_out), nn.Sigmoid())
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.AvgPool1d(stride, ceil_mode=True), *_convolution(c_in, c_out, 1))
        elif c_in != c_out:
            self.shortcut = nn.Sequential(*_convolution(c_in, c_out, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(b, c_in, n) -> (b, c_out, ceil(n / stride))."""
        y = self.second(self.first(x))
        y = y * self.weigh(y.mean(dim=-1))[:, :, None]
        out: Tensor = torch.relu(y + self.shortcut(x))
        return out


def _convolution(c_in: int, c_out: int, kernel: int, stride: int = 1) -> tuple[nn.Module, nn.Module]:
    return nn.Conv1d(c_in, c_out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm1d(c_out)
