"""From millivolts to what the network reads: 250 Hz, no offset, every lead to the same size.

LUDB ships its leads scaled to a range of 1, so absolute and relative amplitudes cannot be learned from it;
each lead is therefore scaled by its own typical beat, here and in training alike.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: The network's own rate.
WORKING_HZ: Final = 250.0
_SEGMENT: Final = 300  # 1.2 s at 250 Hz holds a QRS at 50 beats a minute and above


def normalise(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centre and scale each lead.

    The scale is the median over 1.2 s segments of the lead's range, so that neither one ectopic beat, nor
    one artefact, nor the length of the record decides it.

    Args:
        signal: (leads, n) at 250 Hz, any unit, finite.

    Returns:
        (leads, n) float32; a typical beat spans about 2. A flat lead stays zero.
    """
    leads, n = signal.shape
    centred = signal - np.median(signal, axis=1, keepdims=True)
    segments = max(n // _SEGMENT, 1)
    parts = centred[:, : segments * _SEGMENT].reshape(leads, segments, -1)
    scale = np.median(parts.max(2) - parts.min(2), axis=1)
    safe = np.where(scale > 1e-6, scale, np.inf)
    return np.asarray(np.clip(2.0 * centred / safe[:, None], -8.0, 8.0), dtype=np.float32)


def to_working_rate(signal_500hz: NDArray[np.float32]) -> NDArray[np.float32]:
    """(leads, n) at 500 Hz -> (leads, ceil(n / 2)) at 250 Hz; sample k is the instant of sample 2 k."""
    from scipy.signal import resample_poly

    halved = resample_poly(signal_500hz, 1, 2, axis=1, padtype="line")
    return np.asarray(halved, dtype=np.float32)
