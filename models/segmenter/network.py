"""The segmenter's network: a small U-Net with two heads.

Choices:
- Pixels are folded into channels 2 x 2 at the door and unfolded at the exit: a line of 2 pixels keeps its place,
  and nothing is computed at full width.
- Plain 3 x 3 convolutions: on a CPU they are faster than depthwise ones of a tenth of the arithmetic.
- Lines (trace, calibration pulse) come out at full resolution; words at a quarter, as one of `WORDS` for each cell.
- What comes in is the page less the brightness of its neighbourhood (`segmenter.inks`): shadows are not the
  network's business.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from calipers.models.segmenter.classes import WORDS


@dataclass(frozen=True)
class NetworkConfig:
    """Channels at 1/2, 1/4, 1/8 and 1/16 of the page's resolution."""

    widths: tuple[int, int, int, int] = (20, 40, 72, 112)


class Convolved(nn.Sequential):
    """3 x 3 convolution, normalised, rectified."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
        )


class Segmenter(nn.Module):
    """See the module."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        a, b, c, d = config.widths
        self.at_2 = nn.Sequential(Convolved(12, a), Convolved(a, a))
        self.at_4 = nn.Sequential(nn.Conv2d(a, b, 2, stride=2), Convolved(b, b), Convolved(b, b))
        self.at_8 = nn.Sequential(nn.Conv2d(b, c, 2, stride=2), Convolved(c, c), Convolved(c, c))
        self.at_16 = nn.Sequential(nn.Conv2d(c, d, 2, stride=2), Convolved(d, d), Convolved(d, d), Convolved(d, d))
        self.up_8, self.join_8 = nn.Conv2d(d, c, 1), nn.Sequential(Convolved(c, c), Convolved(c, c))
        self.up_4, self.join_4 = nn.Conv2d(c, b, 1), nn.Sequential(Convolved(b, b), Convolved(b, b))
        self.up_2, self.join_2 = nn.Conv2d(b, a, 1), nn.Sequential(Convolved(a, a), Convolved(a, a))
        self.words = nn.Sequential(Convolved(b, b), nn.Conv2d(b, len(WORDS), 1))
        self.lines = nn.Conv2d(a, 8, 1)

    def forward(self, inks: Tensor) -> tuple[Tensor, Tensor]:
        """(b, 3, h, w), h and w multiples of 16 → line logits (b, 2, h, w), word logits (b, words, h/4, w/4)."""
        at_2 = self.at_2(functional.pixel_unshuffle(inks, 2))
        at_4 = self.at_4(at_2)
        at_8 = self.at_8(at_4)
        at_8 = self.join_8(at_8 + _doubled(self.up_8(self.at_16(at_8))))
        at_4 = self.join_4(at_4 + _doubled(self.up_4(at_8)))
        at_2 = self.join_2(at_2 + _doubled(self.up_2(at_4)))
        return functional.pixel_shuffle(self.lines(at_2), 2), self.words(at_4)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")


def loss(lines: Tensor, words: Tensor, true_lines: Tensor, true_words: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy and overlap of the lines, weighted cross-entropy of the words.

    Args:
        lines, words: the network's logits.
        true_lines: (b, 2, h, w) in 0–1, soft at the edges.
        true_words: (b, h/4, w/4) numbers in `WORDS`.
    """
    wanted = true_lines
    crossed = functional.binary_cross_entropy_with_logits(lines, wanted, pos_weight=torch.tensor(3.0))
    chance = lines.sigmoid()
    overlap = 1 - (2 * (chance * wanted).sum((0, 2, 3)) + 50) / ((chance + wanted).sum((0, 2, 3)) + 50)
    # Names are a hundredth of a page, and what matters is which one.
    weight = torch.full((len(WORDS),), 4.0)
    weight[0], weight[-1] = 0.5, 1.0
    named = functional.cross_entropy(words, true_words, weight=weight.to(words.device))
    total = 4.0 * crossed + overlap.mean() + named
    return total, {"lines": crossed.item(), "overlap": overlap.mean().item(), "words": named.item()}
