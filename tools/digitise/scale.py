"""The paper's speed and gain: from the calibration pulse, the printed words, or, said so, the usual values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.models.segmenter.painter import TRUE_WIDTH_MM
from calipers.models.segmenter.segmenter import PX_MM
from calipers.tools.digitise.names import Found, printed_gain, printed_speed

#: 1 mV for 200 ms (IEC 60601-2-25).
_PULSE_S: Final = 0.2
_GAINS: Final = (2.5, 5.0, 10.0, 20.0, 40.0)
_SPEEDS: Final = (12.5, 25.0, 50.0, 100.0)
_USUAL_GAIN, _USUAL_SPEED = 10.0, 25.0
_TOLERANCE: Final = 0.12
#: No page of usual speed has rows longer than this; half of a longer row is a page's ten seconds at twice the speed.
_LONGEST_MM: Final = 400.0


class Scale(NamedTuple):
    """Speed (mm/s), gain (mm/mV), what they rest on in words, and what contradicts itself."""

    speed_mm_s: float
    gain_mm_mv: float
    found: str
    notes: tuple[str, ...]


class Pulse(NamedTuple):
    """A calibration pulse's height and the length of its top, millimetres."""

    height_mm: float
    top_mm: float


def find_pulses(pulse: NDArray[np.float32]) -> list[Pulse]:
    """Every whole calibration pulse.

    Args:
        pulse: (h, w) probability.
    """
    found = []
    count, labels, boxes, _ = cv2.connectedComponentsWithStats((pulse > 0.5).astype(np.uint8), connectivity=8)
    for number in range(1, count):
        left, top, width, height, _ = boxes[number]
        tall = height / PX_MM - TRUE_WIDTH_MM
        if not 1.8 <= tall <= 45.0 or width < 2.0 * PX_MM:
            continue
        part = labels[top : top + height, left : left + width] == number
        upper = part[: max(2, round(0.9 * PX_MM))].any(axis=0)
        lower = part[-max(2, round(0.9 * PX_MM)) :].any(axis=0)
        if upper.sum() < 1.2 * PX_MM or not lower.any():
            continue
        found.append(Pulse(tall, float(upper.sum()) / PX_MM - TRUE_WIDTH_MM))
    return found


def find_scale(pulses: Sequence[Pulse], words: Sequence[Found], rows_mm: Sequence[float] = ()) -> Scale:
    """Speed and gain, and how they were found.

    Args:
        pulses: calibration pulses of the page.
        words: what is printed on it.
        rows_mm: how long its rows are; they speak where neither print nor pulse does.
    """
    notes: list[str] = []
    height = float(np.median([one.height_mm for one in pulses])) if pulses else None
    top = float(np.median([one.top_mm for one in pulses])) if pulses else None
    gain_pulse = _near(height, _GAINS)
    speed_pulse = _near(None if top is None else top / _PULSE_S, _SPEEDS)
    gain_words, speed_words = printed_gain(words), printed_speed(words)
    gain, gain_by = _chosen(gain_pulse, gain_words, "calibration pulse", _USUAL_GAIN)
    speed, speed_by = _chosen(speed_words, speed_pulse, "print", _USUAL_SPEED)
    if speed_by == "assumed" and len(rows_mm) and float(np.median(rows_mm)) > _LONGEST_MM:
        speed = 2 * _USUAL_SPEED
    if gain_by == "calibration pulse" and gain_words not in (None, gain):
        notes.append(f"the pulse says {gain:g} mm/mV, the print reads {gain_words:g} mm/mV; the pulse was followed")
    if gain_by != "calibration pulse" and gain_by != "assumed":
        gain_by = "print"
    if speed_by not in ("print", "assumed"):
        speed_by = "calibration pulse"
    if gain_by == "assumed":
        notes.append(f"no calibration pulse and no printed gain were read; {gain:g} mm/mV was assumed")
    if speed_by == "assumed":
        notes.append(
            f"no printed speed was read; {speed:g} mm/s was assumed"
            + (" by the rows' length" if speed != _USUAL_SPEED else "")
        )
    return Scale(speed, gain, f"grid; {gain:g} mm/mV by {gain_by}, {speed:g} mm/s by {speed_by}", tuple(notes))


def _chosen(first: float | None, second: float | None, name: str, usual: float) -> tuple[float, str]:
    if first is not None:
        return first, name
    if second is not None:
        return second, "other"
    return usual, "assumed"


def _near(value: float | None, usual: Sequence[float]) -> float | None:
    """The usual value that this one is, within the tolerance."""
    if value is None or value <= 0:
        return None
    best = min(usual, key=lambda one: abs(np.log(one / value)))
    return best if abs(best / value - 1) <= _TOLERANCE else None
