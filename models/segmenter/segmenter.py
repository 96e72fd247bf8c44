"""The segmenter on a page: onnxruntime, no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.inference import run

#: The network's fixed scale.
PX_MM: Final = 6.0
#: Pixels of a cell of the words' table.
COARSE: Final = 4
WEIGHTS: Final = Path(__file__).parent / "weights" / "segmenter.onnx"
_MULTIPLE: Final = 16
_AROUND_PX: Final = 31

Float32 = NDArray[np.float32]


class Segmented(NamedTuple):
    """Probabilities on a page at `PX_MM`.

    Attributes:
        trace, pulse: (h, w) in 0–1.
        words: (len(WORDS), h / COARSE, w / COARSE), summing to one over the words.
    """

    trace: Float32
    pulse: Float32
    words: Float32


def inks(page: NDArray[np.uint8]) -> NDArray[np.int8]:
    """(h, w, 3) uint8 → (3, h, w) int8: how much darker each pixel is than its neighbourhood, halved."""
    around = cv2.blur(page, (_AROUND_PX, _AROUND_PX), borderType=cv2.BORDER_REPLICATE).astype(np.int16)
    return ((around - page) // 2).astype(np.int8).transpose(2, 0, 1)


def segment(page: NDArray[np.uint8], *, threads: int = 2) -> Segmented:
    """Which pixels are what.

    Args:
        page: (h, w, 3) uint8, straightened, at `PX_MM` pixels a millimetre.
        threads: of the network.

    Raises:
        MissingPart: the weights are not there.
    """
    height, width = page.shape[:2]
    pad = [(0, -height % _MULTIPLE), (0, -width % _MULTIPLE), (0, 0)]
    lines, words = run(WEIGHTS, threads, inks=inks(np.pad(page, pad, mode="edge"))[None])
    return Segmented(lines[0, 0, :height, :width], lines[0, 1, :height, :width], words[0])
