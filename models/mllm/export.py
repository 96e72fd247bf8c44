"""Write the ONNX files that run without torch."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from calipers.models.mllm.signal_encoder import N_LEADS, SignalEncoder


class _Statements(nn.Module):
    """The encoder with its logits and pooled features, as it is exported."""

    def __init__(self, network: SignalEncoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, signal_mv: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """(b, 12, n), (b, 12) -> (b, 71) logits, (b, f) features."""
        encoded = self.network(signal_mv, present)
        return encoded.statements, encoded.pooled


def export_statements(network: SignalEncoder, path: Path) -> None:
    """Export with free batch and samples."""
    model = _Statements(network).eval()
    torch.onnx.export(
        model,
        (torch.zeros(2, N_LEADS, 1000), torch.ones(2, N_LEADS)),
        str(path),
        input_names=["signal_mv", "present"],
        output_names=["statements", "pooled"],
        dynamic_axes={
            "signal_mv": {0: "batch", 2: "samples"},
            "present": {0: "batch"},
            "statements": {0: "batch"},
            "pooled": {0: "batch"},
        },
        opset_version=17,
        dynamo=False,
    )
