"""What is said between Calipers and a worker: one JSON object a line, a question in, an answer out."""

from __future__ import annotations

import base64
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calipers.evidence import Frozen


class Question(Frozen):
    """One question about one ECG.

    Attributes:
        number: given back with the answer.
        text: in words.
        page_png: the drawn ECG, base64; empty for none.
        signal: (12, 5000) little-endian float32 millivolts, base64; empty for none.
        longest: tokens that the answer may take.
    """

    number: int
    text: str
    page_png: str = ""
    signal: str = ""
    longest: int

    @property
    def page(self) -> bytes:
        """The picture's bytes."""
        return base64.b64decode(self.page_png)

    @property
    def series(self) -> NDArray[np.float32] | None:
        """(12, n) millivolts, or None."""
        if not self.signal:
            return None
        return np.frombuffer(base64.b64decode(self.signal), dtype="<f4").reshape(12, -1).copy()


class Ready(Frozen):
    """The worker has loaded its model."""

    kind: Literal["ready"] = "ready"
    device: str


class Answered(Frozen):
    """The model's words."""

    kind: Literal["answered"] = "answered"
    number: int
    text: str


class Refused(Frozen):
    """What went wrong, in one line; `missing` where something has to be installed or fetched."""

    kind: Literal["refused"] = "refused"
    number: int | None = None
    reason: str
    missing: bool = False


def packed(signal: NDArray[np.float32]) -> str:
    """(12, n) millivolts for a `Question`."""
    return base64.b64encode(signal.astype("<f4").tobytes()).decode()
