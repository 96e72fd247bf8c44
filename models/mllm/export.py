"""Write the ONNX files that run without torch, their weights in half precision."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import torch

from calipers.models.mllm.encoder_input import N_LEADS, N_PATIENT
from calipers.models.mllm.signal_encoder import SignalEncoder

#: Smaller tensors stay as they are.
_WORTH_HALVING: Final = 1024


def export_encoder(network: SignalEncoder, path: Path) -> None:
    """Export with free batch and samples; the weights are stored as float16 and computed with as float32."""
    shape = (2, N_LEADS, 1000)
    torch.onnx.export(
        network.eval(),
        (torch.zeros(shape), torch.ones(shape), torch.zeros(2, N_PATIENT)),
        str(path),
        input_names=["signal_mv", "present", "patient"],
        output_names=["statements", "pooled", "sequence"],
        dynamic_axes={
            "signal_mv": {0: "batch", 2: "samples"},
            "present": {0: "batch", 2: "samples"},
            "patient": {0: "batch"},
            "statements": {0: "batch"},
            "pooled": {0: "batch"},
            "sequence": {0: "batch", 1: "steps"},
        },
        opset_version=17,
        dynamo=False,
    )
    _halve(path)


def _halve(path: Path) -> None:
    """Store large weights as float16, each behind a cast that the runtime folds away when it loads."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _WORTH_HALVING:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(path))
