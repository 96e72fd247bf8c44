"""Write the ONNX file that `inference` runs: probabilities out, any number of leads and samples in."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from torch import Tensor, nn

from calipers.models.delineator.inference import WEIGHTS
from calipers.models.delineator.network import DelineatorNetwork
from calipers.models.delineator.training import load_network


class _Probabilities(nn.Module):
    """The network with its sigmoids, as it is exported."""

    def __init__(self, network: DelineatorNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        """(b, leads, n) -> (b, leads, 3, n) and (b, 3, n)."""
        logits = self.network(signal)
        return torch.sigmoid(logits.per_lead), torch.sigmoid(logits.global_)


def export(network: DelineatorNetwork, path: Path) -> None:
    """Export with free batch, leads and samples (a multiple of 32)."""
    model = _Probabilities(network).eval()
    axes = {0: "batch", 1: "leads"}
    torch.onnx.export(
        model,
        (torch.zeros(2, 12, 2560),),
        str(path),
        input_names=["signal"],
        output_names=["per_lead", "global"],
        dynamic_axes={
            "signal": {**axes, 2: "samples"},
            "per_lead": {**axes, 3: "samples"},
            "global": {0: "batch", 2: "samples"},
        },
        opset_version=17,
        dynamo=False,
    )


def exported(weights: Path) -> Path:
    """The ONNX file beside a safetensors file, written anew when older."""
    path = weights.with_suffix(".onnx")
    if not path.exists() or path.stat().st_mtime < weights.stat().st_mtime:
        export(load_network(weights), path)
    return path


def main() -> None:
    """Export trained weights to the package's `weights/` folder or elsewhere."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="a safetensors file that training wrote")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    export(load_network(given.weights), given.out)
    shipped = given.out.with_suffix(".safetensors")
    if given.weights.resolve() != shipped.resolve():
        shutil.copyfile(given.weights, shipped)


if __name__ == "__main__":
    main()
