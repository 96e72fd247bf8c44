"""The network on a page's rows: onnxruntime, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.inference import run
from calipers.models.tracer.windows import FINER, MULTIPLE, REACH_PX, window

WEIGHTS: Final = Path(__file__).parent / "weights" / "tracer.onnx"

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


def line_chance(
    ink: Float32, row: int, lines_px: Sequence[float], leads: NDArray[np.int64], *, threads: int = 2
) -> tuple[Float32, int]:
    height, width = ink.shape
    seen = (255 * np.clip(ink, 0, 1)).astype(np.uint8)
    part = window(seen, row, lines_px, leads, 0, width + -width % MULTIPLE)
    (chance,) = run(WEIGHTS, threads, **part._asdict())
    return chance[0, :, : width * FINER], round(lines_px[row]) - REACH_PX
