"""What the encoder is given: twelve leads at 100 Hz, what of them is there, and who it is. Needs no torch."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

Float32 = NDArray[np.float32]

#: Samples a second that the encoder sees.
INPUT_HZ: Final = 100
N_LEADS: Final = 12
#: Numbers that say who the patient is, see `patient_vector`.
N_PATIENT: Final = 4
_AGE_MEAN: Final = 60.0
_AGE_SD: Final = 17.0


class EncoderInput(NamedTuple):
    """signal_mv: (12, n) at 100 Hz, level removed, zero where missing; present: (12, n) 1 where there is signal."""

    signal_mv: Float32
    present: Float32


def patient_vector(age: float | None, sex: str | None) -> Float32:
    """(4,) age in standard deviations and whether it is known; sex (1 female, -1 male) and whether it is known."""
    years = 0.0 if age is None else (min(age, 95.0) - _AGE_MEAN) / _AGE_SD
    side = {"female": 1.0, "male": -1.0}.get(sex or "", 0.0)
    return np.array([years, float(age is not None), side, abs(side)], dtype=np.float32)


def encoder_input(signal_mv: NDArray[np.floating], fs_hz: float) -> EncoderInput:
    """A recording at the encoder's rate.

    Args:
        signal_mv: (12, n) millivolts, NaN where there is no signal: whole leads, or stretches of a lead.
        fs_hz: its samples a second.
    """
    there = np.isfinite(signal_mv)
    ratio = Fraction(INPUT_HZ / fs_hz).limit_denominator(1000)
    level = np.array(
        [[np.median(row[seen])] if seen.any() else [0.0] for row, seen in zip(signal_mv, there, strict=True)]
    )
    centred = np.where(there, signal_mv - level, 0.0)
    slow = resample_poly(centred, ratio.numerator, ratio.denominator, axis=1).astype(np.float32)
    at = np.minimum((np.arange(slow.shape[1]) * (fs_hz / INPUT_HZ)).round().astype(int), there.shape[1] - 1)
    present = there[:, at].astype(np.float32)
    return EncoderInput(slow * present, present)
