"""Runs of this package's networks: every page has a size of its own, and what one needed is given back."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from calipers.models.onnx_session import onnx_session

if TYPE_CHECKING:
    from onnxruntime import RunOptions


def run(weights: Path, threads: int, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
    """A network's outputs.

    Args:
        weights: an `.onnx` file of this package.
        threads: that the run may use.
        inputs: by the network's names for them.

    Raises:
        MissingPart: the file is not there.
    """
    outputs: list[NDArray[np.float32]] = onnx_session(weights, threads).run(None, inputs, _giving_back())
    return outputs


@cache
def _giving_back() -> RunOptions:
    """Options under which onnxruntime's arena shrinks after a run: it would else keep room for every size it saw."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options
