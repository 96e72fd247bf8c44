"""The page reader: rows of a rendered ECG page in, for each row and column the height of the trace out.

Choices:
- Each row is read by itself in a strip about its baseline: one network for all layouts, and what crosses from
  the row above is told apart by what it hangs on.
- A U-shaped network (Ronneberger 2015) gives every pixel row of a column a chance and a small shift; the
  expected height is finer than a pixel. It is learned; there is no thresholding, grid removal or tracing by hand.
- Whether a column shows a trace at all is said separately: margins, missing leads and the end of a short record.
- A small network over the shrunken page says which layout it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from calipers.models.mllm.page import LAYOUTS, PIXELS_PER_MV, STRIP_HEIGHT


@dataclass(frozen=True)
class PageReaderConfig:
    """`widths`: channels from full width and half height down to a sixteenth across."""

    widths: tuple[int, ...] = (8, 16, 32, 48, 64)


class RowsRead(NamedTuple):
    """heights: (b, bins, columns) logits; shift: (b, bins, columns) bins; shown: (b, columns) logit of a trace."""

    heights: Tensor
    shift: Tensor
    shown: Tensor


class PageReader(nn.Module):
    """See the module's first lines. Two pixel rows are one bin."""

    def __init__(self, config: PageReaderConfig | None = None) -> None:
        super().__init__()
        widths = (config or PageReaderConfig()).widths
        self.stem = _block(3, widths[0], (2, 1))
        self.down = nn.ModuleList(
            nn.Sequential(_block(fine, coarse, (2, 2)), _block(coarse, coarse)) for fine, coarse in pairwise(widths)
        )
        self.across = nn.ModuleList(nn.Conv2d(width, width, 1) for width in widths[:-1])
        self.up = nn.ModuleList(nn.Conv2d(coarse, fine, 1) for fine, coarse in pairwise(widths))
        self.join = nn.ModuleList(_block(width, width) for width in widths[:-1])
        self.last = nn.Conv2d(widths[0], 2, 1)
        self.shown = nn.Conv1d(2 * widths[1], 1, 5, padding=2)

    def forward(self, strips: Tensor) -> RowsRead:
        """(b, 3, 192, columns) ink: 0 white, 1 black; columns a multiple of 16."""
        levels = [self.stem(strips)]
        for down in self.down:
            levels.append(down(levels[-1]))
        x = levels.pop()
        column = None
        for fine, across, up, join in reversed(list(zip(levels, self.across, self.up, self.join, strict=True))):
            x = join(across(fine) + functional.interpolate(up(x), scale_factor=2.0, mode="nearest"))
            if x.shape[1] == self.shown.in_channels // 2:
                column = torch.cat([x.mean(dim=2), x.amax(dim=2)], dim=1)  # (b, 2 * width, columns / 2)
        heights, shift = self.last(x).float().unbind(dim=1)  # (b, 96, columns) each
        shown = self.shown(cast("Tensor", column)).float()
        shown = functional.interpolate(shown, scale_factor=2.0, mode="linear", align_corners=False)
        return RowsRead(heights, shift, shown[:, 0])


def expected_mv(read: RowsRead) -> Tensor:
    """(b, columns) millivolts about the strip's middle."""
    chance = read.heights.softmax(dim=1)
    bins = torch.arange(chance.shape[1], device=chance.device)[None, :, None]
    place = (chance * (bins + read.shift)).sum(dim=1)  # (b, columns), in bins from the top
    return mv_of_bins(place)


def mv_of_bins(place: Tensor) -> Tensor:
    """Millivolts about the strip's middle of a place in bins from the top."""
    return (STRIP_HEIGHT / 2 - (2.0 * place + 1.0)) / PIXELS_PER_MV


def bins_of_mv(amplitude_mv: Tensor) -> Tensor:
    """The inverse of `mv_of_bins`."""
    return ((STRIP_HEIGHT / 2 - amplitude_mv * PIXELS_PER_MV) - 1.0) / 2.0


class LayoutRecogniser(nn.Module):
    """Which of the layouts a page has, from a thumbnail."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _block(3, width, (2, 2)), _block(width, width, (2, 2)), _block(width, 2 * width, (2, 2))
        )
        self.head = nn.Linear(4 * width, len(LAYOUTS))

    def forward(self, thumbnail: Tensor) -> Tensor:
        """(b, 3, h, w) ink -> (b, layouts) logits."""
        x = self.layers(thumbnail)
        logits: Tensor = self.head(torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1))
        return logits


def _block(c_in: int, c_out: int, stride: tuple[int, int] = (1, 1)) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU(inplace=True))
