"""Run the exported statement network: onnxruntime, no torch."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Float32 = NDArray[np.float32]

#: Samples a second, as in `signal_encoder` (which needs torch).
INPUT_HZ: Final = 100
WEIGHTS: Final = Path(__file__).parent / "weights" / "statements.onnx"
#: Codes in the network's order, and the calibration that was fitted on a fold it had not seen.
CALIBRATION: Final = WEIGHTS.with_suffix(".json")
_BATCH: Final = 32


def codes() -> tuple[str, ...]:
    """PTB-XL's 71 SCP-ECG codes, in the order of `probabilities`."""
    return tuple(_calibration()["codes"])


def probabilities(signal_mv: Float32, present: NDArray[np.bool_], *, threads: int = 2) -> Float32:
    """Calibrated probability of every statement.

    Args:
        signal_mv: (b, 12, n) millivolts at 100 Hz, each lead's median removed; at least a second.
        present: (b, 12) leads that are there; what stands in the others counts for nothing.
        threads: of the network.

    Returns:
        (b, 71) in the order of `codes`.
    """
    signal_mv = np.where(present[:, :, None], signal_mv, np.float32(0.0)).astype(np.float32)
    session = _session(threads)
    logits = np.concatenate(
        [
            session.run(
                ["statements"],
                {
                    "signal_mv": signal_mv[start : start + _BATCH],
                    "present": present[start : start + _BATCH].astype(np.float32),
                },
            )[0]
            for start in range(0, len(signal_mv), _BATCH)
        ]
    )
    fitted = _calibration()
    slope, offset = np.asarray(fitted["slope"]), np.asarray(fitted["offset"])
    calibrated: Float32 = (1.0 / (1.0 + np.exp(-(slope * logits + offset)))).astype(np.float32)
    return calibrated


@functools.cache
def _calibration() -> dict[str, list[float] | list[str] | float]:
    stored: dict[str, list[float] | list[str] | float] = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    return stored


@functools.cache
def _session(threads: int) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads spin by default, which on shared cores doubles both the CPU and the wall time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(WEIGHTS), options, providers=["CPUExecutionProvider"])
