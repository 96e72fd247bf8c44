"""The word reader: which word of `WORDS` stands in a box of a flat page; onnxruntime, no torch.

The segmenter says where something is written. Telling `V2` from `V5` takes more letters than its training's pages
hold, and far less of a network: a patch of fixed size around the box, classified as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.classes import WORDS
from calipers.models.segmenter.inference import run

#: Height and width of a patch in pixels.
PATCH: Final = (24, 96)
WEIGHTS: Final = Path(__file__).parent / "weights" / "word_reader.onnx"
#: A patch is this many letters' heights high; a wide word fills this share of its width at most.
_HEIGHTS: Final = 1.6
_WIDEST: Final = 0.9


class Box(NamedTuple):
    """Where something is written, pixels of the flat page."""

    left: float
    top: float
    right: float
    bottom: float


def patch(inks: NDArray[np.int8], box: Box) -> NDArray[np.int8]:
    """(3, *PATCH) around a box of the page's (3, h, w) inks, blank beyond the page."""
    height, width = PATCH
    tall, wide = max(box.bottom - box.top, 4.0), max(box.right - box.left, 2.0)
    down = height / (_HEIGHTS * tall)
    across = min(down, _WIDEST * width / wide)
    centre = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    matrix = np.array([[across, 0, width / 2 - across * centre[0]], [0, down, height / 2 - down * centre[1]]])
    first_x, last_x = centre[0] - width / 2 / across, centre[0] + width / 2 / across
    first_y, last_y = centre[1] - height / 2 / down, centre[1] + height / 2 / down
    x0, y0 = max(0, int(first_x) - 2), max(0, int(first_y) - 2)
    x1, y1 = min(inks.shape[2], int(last_x) + 3), min(inks.shape[1], int(last_y) + 3)
    if x1 <= x0 or y1 <= y0:
        return np.zeros((3, height, width), np.int8)
    part = inks[:, y0:y1, x0:x1].astype(np.float32).transpose(1, 2, 0)
    matrix[:, 2] += matrix[:, :2] @ (x0, y0)
    placed = cv2.warpAffine(np.ascontiguousarray(part), matrix, (width, height), flags=cv2.INTER_LINEAR)
    return placed.transpose(2, 0, 1).astype(np.int8)


def read_words(inks: NDArray[np.int8], boxes: Sequence[Box], *, threads: int = 2) -> NDArray[np.float32]:
    """(boxes, len(WORDS)) probabilities; the first of `WORDS` stands for no word at all.

    Args:
        inks: (3, h, w), `segmenter.inks` of the flat page.
        boxes: what to read.
        threads: of the network.

    Raises:
        MissingPart: the weights are not there.
    """
    if not boxes:
        return np.zeros((0, len(WORDS)), np.float32)
    patches = np.stack([patch(inks, box) for box in boxes])
    (chances,) = run(WEIGHTS, threads, patches=patches)
    return chances
