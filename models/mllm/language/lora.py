"""Low-rank adaptation of a frozen language model (Hu 2021), and its file.

Choices: every linear layer of attention and MLP from the tenth block on (below, the base's reading of words
serves as it is, and a training step is a quarter cheaper); rank 16; the two factors are kept in float32 whatever the
base's type; in use they are added to the base's weights once, so that they cost nothing a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from calipers.errors import MissingPart

TARGETS: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
RANK: Final = 16
#: Blocks below this one stay as they are.
FIRST_BLOCK: Final = 10
_BLOCK: Final = re.compile(r"layers\.(\d+)\.")
#: The product of the factors is multiplied by this.
SCALE: Final = 2.0


class LoraLinear(nn.Module):
    """y = W x + scale · B (A x), W frozen; B starts at zero."""

    def __init__(self, base: nn.Linear, rank: int = RANK) -> None:
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) -> (…, out)."""
        low = nn.functional.linear(x, self.a.to(x.dtype))  # (…, rank)
        return self.base(x) + SCALE * nn.functional.linear(low, self.b.to(x.dtype))


def attach(model: nn.Module, rank: int = RANK) -> list[nn.Parameter]:
    """Wrap the model's target layers in place and freeze the rest; returns what is to be trained."""
    model.requires_grad_(False)
    for parent, name, layer in list(_targets(model)):
        setattr(parent, name, LoraLinear(layer, rank))
    return [
        parameter for module in model.modules() if isinstance(module, LoraLinear) for parameter in (module.a, module.b)
    ]


def factors(model: nn.Module) -> dict[str, Tensor]:
    """The trained factors by name, in bfloat16."""
    return {
        f"{name}.{part}": getattr(module, part).detach().to(torch.bfloat16).contiguous()
        for name, module in model.named_modules()
        if isinstance(module, LoraLinear)
        for part in ("a", "b")
    }


def save(model: nn.Module, path: Path) -> None:
    """Write the factors as safetensors, at once or not at all."""
    partial = path.with_suffix(".partial")
    save_file(factors(model), partial)
    partial.replace(path)


def load(model: nn.Module, path: Path) -> None:
    """Put stored factors into an attached model, to go on training."""
    stored = load_file(path)
    for name, module in model.named_modules():
        if isinstance(module, LoraLinear):
            module.a.data.copy_(stored[f"{name}.a"])
            module.b.data.copy_(stored[f"{name}.b"])


def average(paths: Sequence[Path], path: Path) -> None:
    """Write the mean of the factors of several moments of one training: it errs less than each (Wortsman 2022)."""
    stored = [load_file(each) for each in paths]
    mean = {name: torch.stack([each[name].float() for each in stored]).mean(dim=0) for name in stored[0]}
    save_file({name: factor.to(torch.bfloat16).contiguous() for name, factor in mean.items()}, path)


@torch.no_grad()
def merge(model: nn.Module, path: Path) -> None:
    """Add stored factors to a plain model's weights.

    Raises:
        MissingPart: the factors are those of another model.
    """
    stored = load_file(path)
    layers = dict(model.named_modules())
    for name in {key.rpartition(".")[0] for key in stored}:
        layer = layers.get(name)
        if not isinstance(layer, nn.Linear):
            raise MissingPart(f"found an adapter for layer `{name}`, which this base model lacks; needed its own base")
        change = SCALE * (stored[f"{name}.b"].float() @ stored[f"{name}.a"].float())
        layer.weight.copy_((layer.weight.float() + change).to(layer.weight.dtype))


def _targets(model: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Linear]]:
    for path, parent in model.named_modules():
        block = _BLOCK.search(f"{path}.")
        if block is None or int(block.group(1)) < FIRST_BLOCK:
            continue
        for name, layer in parent.named_children():
            if name in TARGETS and isinstance(layer, nn.Linear):
                yield parent, name, layer
