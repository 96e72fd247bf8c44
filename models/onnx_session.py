"""Networks in ONNX files: one session a file and thread count, made at first use and kept."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from calipers.errors import MissingPart

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def onnx_session(weights: Path, threads: int) -> InferenceSession:
    """An inference session on the CPU.

    Args:
        weights: an `.onnx` file of this project.
        threads: that one run may use; never more than `OMP_NUM_THREADS` allows, where it is set.

    Raises:
        MissingPart: the file is not there.
    """
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return _kept(weights, min(threads, int(allowed)) if allowed.isdigit() and int(allowed) else threads)


@functools.lru_cache(maxsize=16)
def _kept(weights: Path, threads: int) -> InferenceSession:
    import onnxruntime

    if not weights.is_file():
        raise MissingPart(
            f"found no weights at `{weights}`; needed {weights.name}, which the model's card says how to make"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads spin by default, which on shared cores doubles both the CPU and the wall time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
