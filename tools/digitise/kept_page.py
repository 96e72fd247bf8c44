"""The page that an ECG was read from, kept small beside its signal so that calipers can be drawn on it."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: The longer side of a kept page: a millimetre of A4 is still six pixels.
LONGEST_PX: Final = 1800
_QUALITY: Final = 80


def kept_page(image: NDArray[np.uint8]) -> bytes:
    """(h, w, 3) page → JPEG, at most `LONGEST_PX` on its longer side; equal pages give equal bytes."""
    from PIL import Image

    page = Image.fromarray(image)
    page.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.BOX)
    out = BytesIO()
    page.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
