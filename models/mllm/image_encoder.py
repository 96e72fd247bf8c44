"""The image encoder: a rendered 12-lead page in, tokens in the signal encoder's own space out; onnxruntime, no torch.

A learned page reader (`page_reader.py`) says for each row and column where the trace stands; what it read, with a
mask over everything the page does not show, goes through the same trunk as a recorded signal. So the tokens of
a page and of its signal have one width, one rate and one meaning. Pages are straight and drawn at true scale by
`calipers.tools.render`; photographs are not read here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calipers.errors import UnreadableInput
from calipers.models.mllm import encoder_tokens
from calipers.models.mllm.page import (
    LAYOUTS,
    PIXELS_PER_MM_Y,
    SAMPLES,
    STRIP_MARGIN,
    WIDTH_MM,
    PageLayout,
    Traces,
    fixed_size,
    strips_of,
    thumbnail,
    traces_of,
)
from calipers.models.onnx_session import onnx_session

Float32 = NDArray[np.float32]

_FOLDER: Final = Path(__file__).parent / "weights"
READER: Final = _FOLDER / "page_reader.onnx"
RECOGNISER: Final = _FOLDER / "page_layout.onnx"
#: A page whose height differs more than this from its layout's is not one of ours.
_HEIGHT_TOLERANCE: Final = 0.03
#: Share of the rows that must show a trace.
_LEAST_SHOWN: Final = 0.3


class PageTokens(NamedTuple):
    """What the encoder makes of one page.

    Attributes:
        layout: of the page, given or recognised.
        traces: what was read, (12, 1000) mV at 100 Hz with its mask.
        statements: (71,) logits of the trunk's head.
        pooled: (f,) as of a signal.
        sequence: (t, d) as of a signal.
    """

    layout: PageLayout
    traces: Traces
    statements: Float32
    pooled: Float32
    sequence: Float32


def encode_page(image: NDArray[np.uint8], *, layout: PageLayout | None = None, threads: int = 2) -> PageTokens:
    """Tokens of a rendered page; only the page speaks, age and sex are not read off it.

    Args:
        image: (h, w, 3) uint8, the whole sheet.
        layout: None to recognise it.
        threads: of the networks.

    Raises:
        UnreadableInput: not an image, not a page of these layouts, or no traces where the rows should be.
    """
    layout, traces = read_page(image, layout=layout, threads=threads)
    found = encoder_tokens.encode(
        traces.signal_mv[None], traces.present[None].astype(np.float32), None, threads=threads
    )
    return PageTokens(layout, traces, found.statements[0], found.pooled[0], found.sequence[0])


def read_page(
    image: NDArray[np.uint8], *, layout: PageLayout | None = None, threads: int = 2
) -> tuple[PageLayout, Traces]:
    """What the page shows, as twelve leads with a mask; arguments and errors as of `encode_page`."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or min(image.shape[:2]) < 100:
        raise UnreadableInput(
            f"found an array {image.shape} of {image.dtype}; needed an image (h, w, 3) of uint8, 100 pixels or more"
        )
    height_mm = WIDTH_MM * image.shape[0] / image.shape[1]
    page = fixed_size(Image.fromarray(image), round(height_mm * PIXELS_PER_MM_Y))
    known = layout or _recognised(page, threads)
    if abs(height_mm / LAYOUTS[known].height_mm - 1.0) > _HEIGHT_TOLERANCE:
        raise UnreadableInput(
            f"found a page of 297 x {height_mm:.0f} mm; needed 297 x {LAYOUTS[known].height_mm:.0f} mm for `{known}`"
        )
    amplitude_mv, shown = onnx_session(READER, threads).run(None, {"strips": strips_of(page, known)})
    inside = slice(STRIP_MARGIN, STRIP_MARGIN + SAMPLES)
    if float((shown[:, inside] > 0.5).mean()) < _LEAST_SHOWN:
        raise UnreadableInput(f"found no traces on the rows of `{known}`; needed a 12-lead page drawn by `render`")
    return known, traces_of(amplitude_mv[:, inside], shown[:, inside], known)


def _recognised(page: NDArray[np.uint8], threads: int) -> PageLayout:
    (chances,) = onnx_session(RECOGNISER, threads).run(None, {"thumbnail": thumbnail(page)[None]})
    return tuple(LAYOUTS)[int(chances[0].argmax())]
