"""What goes into a published model: the page at the size of its training, the time series at its rate and length."""

from __future__ import annotations

import io
from math import gcd
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from calipers.errors import UnreadableInput
from calipers.leads import LEADS

if TYPE_CHECKING:
    from PIL.Image import Image

#: The encoder reads 10 s at this rate; longer records are cut, shorter ones filled with zeros.
SIGNAL_FS_HZ: Final = 500
SIGNAL_SAMPLES: Final = 5000
#: Rows of MIMIC-IV-ECG's files, on which the encoder was trained as they lie: aVF stands before aVL.
_ROWS: Final = tuple(
    LEADS.index(lead) for lead in ("I", "II", "III", "aVR", "aVF", "aVL", "V1", "V2", "V3", "V4", "V5", "V6")
)
_PAPER: Final = (255, 255, 255)


def time_series(signal_mv: NDArray[np.float32], fs_hz: float, start_s: float = 0.0) -> NDArray[np.float32]:
    """Ten seconds of 12 leads as the encoder was trained on them.

    Args:
        signal_mv: (12, n) millivolts in the order of `calipers.leads.LEADS`; NaN where nothing was recorded.
        fs_hz: its rate.
        start_s: where the ten seconds begin.

    Returns:
        (12, 5000) float32 millivolts at 500 Hz, unfiltered and unscaled, missing samples zero.
    """
    first = round(start_s * fs_hz)
    stretch = np.nan_to_num(signal_mv[:, first : first + round(10 * fs_hz)].astype(np.float64), posinf=0.0, neginf=0.0)
    if fs_hz != SIGNAL_FS_HZ and stretch.shape[1]:
        from scipy.signal import resample_poly

        whole = round(fs_hz * 100)
        common = gcd(SIGNAL_FS_HZ * 100, whole)
        stretch = resample_poly(stretch, SIGNAL_FS_HZ * 100 // common, whole // common, axis=1, padtype="line")
    filled = np.zeros((12, SIGNAL_SAMPLES), dtype=np.float32)
    kept = min(SIGNAL_SAMPLES, stretch.shape[1])
    filled[:, :kept] = stretch[list(_ROWS), :kept]
    return filled


def page(png: bytes, size_px: tuple[int, int]) -> Image:
    """A rendered page on paper of the size that the model was trained on, whole and undistorted.

    Raises:
        UnreadableInput: the bytes are no picture.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(png)) as opened:
            drawn = opened.convert("RGB")
    except UnidentifiedImageError as problem:
        raise UnreadableInput("found bytes that are no picture; needed a PNG of the page") from problem
    scale = min(size_px[0] / drawn.width, size_px[1] / drawn.height)
    fitted = drawn.resize((round(drawn.width * scale), round(drawn.height * scale)), Image.Resampling.LANCZOS)
    paper = Image.new("RGB", size_px, _PAPER)
    paper.paste(fitted, ((size_px[0] - fitted.width) // 2, (size_px[1] - fitted.height) // 2))
    return paper
