"""Training that can be cut off: states on disk, a running mean of the weights, an encoder's file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from calipers.models.mllm.signal_encoder import SignalEncoder, SignalEncoderConfig


class Stateful(Protocol):
    """A network, an optimiser or a schedule."""

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any:
        """Take what `state_dict` gave."""
        ...


def resume(path: Path, states: Mapping[str, Stateful]) -> int:
    """Load the last checkpoint, if any; returns the epochs done."""
    if not path.exists():
        return 0
    saved = torch.load(path, weights_only=True)
    for name, state in states.items():
        state.load_state_dict(saved[name])
    return int(saved["epochs"])


def keep(path: Path, epochs: int, states: Mapping[str, Stateful]) -> None:
    """Write a checkpoint; one that is cut off leaves the last."""
    saved: dict[str, object] = {name: state.state_dict() for name, state in states.items()}
    torch.save(saved | {"epochs": epochs}, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


@torch.no_grad()
def average(averaged: nn.Module, network: nn.Module, share: float) -> None:
    """Exponential mean of the weights, and of the batch statistics, of which `share` stays."""
    for mean, new in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(new, 1.0 - share)
        else:
            mean.copy_(new)


def save_encoder(network: SignalEncoder, path: Path) -> None:
    """Write the weights as safetensors."""
    from safetensors.torch import save_file

    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, str(path))


def load_encoder(path: Path, config: SignalEncoderConfig | None = None) -> SignalEncoder:
    """Read weights that `save_encoder` wrote, ready for inference."""
    from safetensors.torch import load_file

    network = SignalEncoder(config)
    network.load_state_dict(load_file(str(path)))
    network.train(False)
    return network
