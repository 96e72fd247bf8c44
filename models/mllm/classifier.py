"""Run the exported statement network: onnxruntime, no torch."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.errors import MissingPart

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
    return _calibration().codes


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
    calibrated: Float32 = (1.0 / (1.0 + np.exp(-(fitted.slope * logits + fitted.offset)))).astype(np.float32)
    return calibrated


class _Calibration(NamedTuple):
    """codes: in the network's order; a logit x becomes the probability of slope * x + offset."""

    codes: tuple[str, ...]
    slope: float
    offset: NDArray[np.float64]


@functools.cache
def _calibration() -> _Calibration:
    if not CALIBRATION.is_file():
        raise MissingPart(f"found no `{CALIBRATION}`; needed the statement network's weights, see its CARD.md")
    stored = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    return _Calibration(tuple(stored["codes"]), stored["slope"], np.array(stored["offset"]))


@functools.cache
def _session(threads: int) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads spin by default, which on shared cores doubles both the CPU and the wall time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(WEIGHTS), options, providers=["CPUExecutionProvider"])
