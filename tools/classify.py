"""What a trained network makes of an ECG: a calibrated probability for each of PTB-XL's 71 statements.

The network sees the signal and nothing else. Its word alone is never a diagnosis: it is released as "the model
suggests", beside what was measured (DESIGN §3).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from calipers.ecg import Ecg
from calipers.errors import UnreadableInput
from calipers.models.mllm import classifier

#: The network was trained on stretches of 5 s and judges 10 s at a time.
WINDOW_S: Final = 10.0
SHORTEST_S: Final = 2.0


@overload
def classify(ecg: Ecg) -> dict[str, float]: ...


@overload
def classify(ecg: Sequence[Ecg]) -> list[dict[str, float]]: ...


def classify(ecg: Ecg | Sequence[Ecg]) -> dict[str, float] | list[dict[str, float]]:
    """Probability of each statement, by SCP-ECG code; always all 71.

    A longer recording is judged in windows of 10 s and their mean is given. Missing leads are masked.

    Args:
        ecg: one ECG, or several; several at once are faster, and come back in the same order.

    Raises:
        UnreadableInput: no lead, or less than two seconds of signal.
    """
    if isinstance(ecg, Ecg):
        return classify([ecg])[0]
    windows = [_windows(one) for one in ecg]
    codes = classifier.codes()
    found: list[dict[str, float]] = [{} for _ in windows]
    # Windows of one length go through the network together.
    by_length: dict[int, list[tuple[int, NDArray[np.float32], NDArray[np.bool_]]]] = {}
    for place, (signals, present) in enumerate(windows):
        for signal in signals:
            by_length.setdefault(signal.shape[1], []).append((place, signal, present))
    sums = np.zeros((len(windows), len(codes)))
    for members in by_length.values():
        chances = classifier.probabilities(np.stack([m[1] for m in members]), np.stack([m[2] for m in members]))
        for (place, _, _), row in zip(members, chances, strict=True):
            sums[place] += row / len(windows[place][0])
    for place, row in enumerate(sums):
        found[place] = {code: round(float(chance), 4) for code, chance in zip(codes, row, strict=True)}
    return found


def _windows(ecg: Ecg) -> tuple[list[NDArray[np.float32]], NDArray[np.bool_]]:
    """An ECG as windows of (12, n) at the network's rate, and which leads are there."""
    finite = np.isfinite(ecg.signal_mv)
    present = finite.mean(axis=1) > 0.5
    if not present.any() or ecg.duration_s < SHORTEST_S:
        raise UnreadableInput(
            f"found {int(present.sum())} leads of {ecg.duration_s:.1f} s; needed one lead of {SHORTEST_S:.0f} s"
        )
    ratio = Fraction(classifier.INPUT_HZ / ecg.fs_hz).limit_denominator(1000)
    level = np.nanmedian(np.where(present[:, None], ecg.signal_mv, 0.0), axis=1, keepdims=True)
    centred = np.where(finite, ecg.signal_mv - level, 0.0)
    slow = resample_poly(centred, ratio.numerator, ratio.denominator, axis=1).astype(np.float32)
    length = round(WINDOW_S * classifier.INPUT_HZ)
    count = max(round(slow.shape[1] / length), 1)
    starts = np.linspace(0, max(slow.shape[1] - length, 0), count).round().astype(int)
    return [slow[:, start : start + length] for start in starts], present
