"""The trunk: what the signal encoder makes of an ECG, by onnxruntime and without torch.

Everything that builds on the encoder (language model, image encoder, retrieval) reads these; callers keep them by
record.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.mllm.encoder_input import N_PATIENT
from calipers.models.onnx_session import onnx_session

Float32 = NDArray[np.float32]

TRUNK: Final = Path(__file__).parent / "weights" / "statements.onnx"
_BATCH: Final = 32


class Tokens(NamedTuple):
    """statements: (b, 71) logits; pooled: (b, 960); sequence: (b, t, 160) with t = ceil(n / 32), 3.1 a second."""

    statements: Float32
    pooled: Float32
    sequence: Float32


def encode(signal_mv: Float32, present: Float32, patient: Float32 | None = None, *, threads: int = 2) -> Tokens:
    """Tokens of a batch of ECGs.

    Args:
        signal_mv: (b, 12, n) of `encoder_input`, at least a second.
        present: (b, 12, n) 1 where there is signal.
        patient: (b, 4) of `patient_vector`; None where nobody is known. Only `statements` depends on it.
        threads: of the network.

    Raises:
        MissingPart: the weights are not there.
    """
    return Tokens(*run(TRUNK, ("statements", "pooled", "sequence"), signal_mv, present, patient, threads=threads))


def run(
    weights: Path,
    outputs: tuple[str, ...],
    signal_mv: Float32,
    present: Float32,
    patient: Float32 | None,
    *,
    threads: int,
) -> list[Float32]:
    """These outputs of an exported encoder, batch by batch."""
    who = np.zeros((len(signal_mv), N_PATIENT), dtype=np.float32) if patient is None else patient
    given = {"signal_mv": signal_mv, "present": present, "patient": who}
    session = onnx_session(weights, threads)
    parts = [
        session.run(list(outputs), {name: values[start : start + _BATCH] for name, values in given.items()})
        for start in range(0, len(signal_mv), _BATCH)
    ]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]
