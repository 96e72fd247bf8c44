"""The network: a small U-Net over one row's window.

Choices:
- Cells of 4 pixels down by 2 across are folded into channels at the door and unfolded at the exit: strokes of a QRS
  stand side by side and want their columns; down a page only the order of lines matters.
- What tells rows apart is where they stand (distance from the row's own line, the other rows' lines) and what leads
  they show: V2 goes down deep and comes up, aVR goes down where II goes up.
- Each row is asked for itself: where two lines cross, the ink is both's.
- Of each column the answer is how likely the line's middle is at each height. So what two rows' strokes leave open is
  said, and where the line is steep its middle is known no better than its column.
- Which ink is the row's is asked beside it, in training alone.
- A second network of the same build is asked once all rows have answered: it sees what every line drew, and so which
  ink is left for it, and which two rows both took.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from calipers.models.segmenter.network import Convolved
from calipers.models.tracer.windows import CODES, FINER, FOLD, REACH_PX


@dataclass(frozen=True)
class NetworkConfig:
    """Which network.

    Attributes:
        widths: channels at the folded resolution and at a half, a quarter and an eighth of it.
        lead_size: numbers that tell a lead.
        second: whether it also sees what the lines have drawn (`drawn.py`).
    """

    widths: tuple[int, int, int, int] = (16, 32, 56, 96)
    lead_size: int = 4
    second: bool = False


class Tracer(nn.Module):
    """See the module."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.second = config.second
        a, b, c, d = config.widths
        self.leads = nn.Embedding(CODES, config.lead_size)
        self.door = nn.Conv2d(1, a, FOLD, stride=FOLD)
        self.at_1 = nn.Sequential(Convolved(a + 3 + 3 * config.lead_size + 2 * config.second, a), Convolved(a, a))
        self.at_2 = nn.Sequential(nn.Conv2d(a, b, 2, stride=2), Convolved(b, b), Convolved(b, b))
        self.at_4 = nn.Sequential(nn.Conv2d(b, c, 2, stride=2), Convolved(c, c), Convolved(c, c))
        self.at_8 = nn.Sequential(nn.Conv2d(c, d, 2, stride=2), Convolved(d, d), Convolved(d, d), Convolved(d, d))
        self.up_4, self.join_4 = nn.Conv2d(d, c, 1), nn.Sequential(Convolved(c, c), Convolved(c, c))
        self.up_2, self.join_2 = nn.Conv2d(c, b, 1), nn.Sequential(Convolved(b, b), Convolved(b, b))
        self.up_1, self.join_1 = nn.Conv2d(b, a, 1), nn.Sequential(Convolved(a, a), Convolved(a, a))
        self.own = nn.ConvTranspose2d(a, 1, FOLD, stride=FOLD)
        finer = (FOLD[0], FOLD[1] * FINER)
        self.line = nn.ConvTranspose2d(a, 1, finer, stride=finer)
        height = 2 * REACH_PX // FOLD[0]
        away = (torch.arange(height) + 0.5) / height * 2 - 1
        self.away: Tensor
        self.register_buffer("away", torch.stack((away, away.abs()))[None, :, :, None], persistent=False)

    def forward(self, ink: Tensor, lines: Tensor, leads: Tensor, drawn: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Logits of where the row's line is in each finer column, and of which ink is its own.

        Args:
            ink: (b, 1, h, w) in 0–1.
            lines: (b, h / 4), see `Windows`.
            leads: (b, 3, w / 2).
            drawn: (b, 2, h / 4, w / 2) of the second network.

        Returns:
            (b, 1, h, w * FINER), a softmax down each column; (b, 1, h, w), a sigmoid each.
        """
        cells = self.door(ink)
        height, width = cells.shape[2:]
        told = self.leads(leads).permute(0, 1, 3, 2).flatten(1, 2)[:, :, None].expand(-1, -1, height, -1)
        places = self.away.expand(ink.shape[0], -1, -1, width)
        others = lines[:, None, :, None].expand(-1, -1, -1, width)
        parts = (cells, places, others, told)
        at_1 = self.at_1(torch.cat(parts if drawn is None else (*parts, drawn), dim=1))
        at_2 = self.at_2(at_1)
        at_4 = self.at_4(at_2)
        at_4 = self.join_4(at_4 + _doubled(self.up_4(self.at_8(at_4))))
        at_2 = self.join_2(at_2 + _doubled(self.up_2(at_4)))
        at_1 = self.join_1(at_1 + _doubled(self.up_1(at_2)))
        return self.line(at_1), self.own(at_1)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
