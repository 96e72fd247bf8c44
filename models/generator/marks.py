"""Where the waves of one record are: what the codec needs to take an ECG apart, and to put one together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.leads import INDEX, LIMB_FROM_I_AND_II, Lead

#: Samples a second of everything in this package.
CODEC_HZ: Final = 500
MS: Final = 1000.0 / CODEC_HZ
#: The leads that carry all the information of the twelve.
EIGHT: Final[tuple[Lead, ...]] = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Marks:
    """The events of one stretch, in samples at 500 Hz; a time may lie before its first or after its last sample.

    Attributes:
        qrs_on, qrs_off, t_off: (k,) of each beat.
        ectopic: (k,) True for beats of another shape than the usual one.
        p_on: (m,) onset of each P wave.
        p_off: (m,) its end.
        spikes: (s,) pacing spikes.
        flutter_period: samples of one flutter wave; 0 where the atria do not flutter.
    """

    qrs_on: Floats
    qrs_off: Floats
    t_off: Floats
    ectopic: NDArray[np.bool_]
    p_on: Floats
    p_off: Floats
    spikes: Ints
    flutter_period: float = 0.0

    @property
    def beats(self) -> int:
        """How many QRS complexes."""
        return int(self.qrs_on.size)


def twelve_leads(eight_mv: NDArray[np.floating]) -> NDArray[np.float32]:
    """(..., 8, n) leads I II V1-V6 → (..., 12, n); Einthoven and Goldberger hold exactly."""
    i, ii = eight_mv[..., 0, :], eight_mv[..., 1, :]
    out = np.empty((*eight_mv.shape[:-2], 12, eight_mv.shape[-1]), dtype=np.float32)
    for lead, (of_i, of_ii) in LIMB_FROM_I_AND_II.items():
        out[..., INDEX[lead], :] = of_i * i + of_ii * ii
    out[..., 6:, :] = eight_mv[..., 2:, :]
    return out


def eight_leads(twelve_mv: NDArray[np.floating]) -> Floats:
    """(..., 12, n) → (..., 8, n) leads I II V1-V6."""
    eight: Floats = np.asarray(twelve_mv, dtype=np.float64)[..., [INDEX[lead] for lead in EIGHT], :]
    return eight
