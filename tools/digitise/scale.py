"""The paper's speed and gain: from the calibration pulse, the printed words, or, said so, the usual values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.digitisation import DOUBT
from calipers.models.segmenter.segmenter import PX_MM
from calipers.tools.digitise.names import Found, Printed, printed_gain, printed_speed

#: 1 mV for 200 ms (IEC 60601-2-25).
_PULSE_S: Final = 0.2
_GAINS: Final = (2.5, 5.0, 10.0, 20.0, 40.0)
_SPEEDS: Final = (12.5, 25.0, 50.0, 100.0)
#: A lone mark of another height is rather a wave or a bar taken for a pulse.
_USUAL_GAINS: Final = (5.0, 10.0, 20.0)
_USUAL_GAIN, _USUAL_SPEED = 10.0, 25.0
_TOLERANCE: Final = 0.12
#: Several pulses that agree outweigh a print that was read less surely than this.
_SURELY: Final = 0.8
_SEVERAL: Final = 3
_ASSUMED: Final = "assumed"
_PULSE: Final = "calibration pulse"
_NO_SPEED: Final = "no printed speed was read"
#: The tallest pile of pulses; how far below its lowest row its ink may end.
_TALLEST_MM: Final = 60.0
_FOOT_MM: Final = 1.5
#: No page of usual speed has rows longer than this; half of a longer row is a page's ten seconds at twice the speed.
_LONGEST_MM: Final = 400.0
#: Nor does a page show more seconds in a row. The finest of other grids differs from the right one by this.
_LONGEST_S: Final = 16.0
_OFF: Final = 1.2
#: A pulse's ink is higher and longer by so much than the line in its middle; fold 8, 55 pages: 0.78 and 0.68.
_AROUND_MM: Final = 0.75
#: Several pulses off by more than this, as a share and in millimetres, and as much in height as in length, tell of a
#: grid taken slightly too wide or fine; no right page of those 55 was off by more than half of it.
_SLIGHTLY: Final = 0.05
_SLIGHTLY_MM: Final = 0.4
SLIGHTLY_AT_MOST: Final = _TOLERANCE


class Scale(NamedTuple):
    """The paper's scale.

    Attributes:
        speed_mm_s, gain_mm_mv: mm/s and mm/mV.
        speed_by, gain_by: what they rest on, in words that follow the number.
        speed_sure: a pulse gave the speed, or a print that was read well.
        notes: what was assumed, and what contradicts itself.
    """

    speed_mm_s: float
    gain_mm_mv: float
    speed_by: str
    gain_by: str
    speed_sure: bool
    notes: tuple[str, ...]

    @property
    def speed_assumed(self) -> bool:
        """Neither print nor pulse nor beats gave the speed."""
        return self.speed_by == _ASSUMED

    @property
    def found(self) -> str:
        """How the scale was found, in words."""
        return f"grid; {self.gain_mm_mv:g} mm/mV {self.gain_by}, {self.speed_mm_s:g} mm/s {self.speed_by}"


class Pulse(NamedTuple):
    """A calibration pulse's height and the length of its top, millimetres."""

    height_mm: float
    top_mm: float


def find_pulses(pulse: NDArray[np.float32], rows_mm: Sequence[float] = ()) -> list[Pulse]:
    """Every whole calibration pulse.

    Pulses of rows that stand nearer than a pulse is high run into one another: the highest of such a pile is measured,
    from its top to its own row.

    Args:
        pulse: (h, w) probability.
        rows_mm: heights of the rows' quiet lines on the page.
    """
    found = []
    count, labels, boxes, _ = cv2.connectedComponentsWithStats((pulse > 0.5).astype(np.uint8), connectivity=8)
    for number in range(1, count):
        left, top, width, height, _ = boxes[number]
        tall = height / PX_MM - _AROUND_MM
        if not 1.8 <= tall <= _TALLEST_MM or width < 2.0 * PX_MM:
            continue
        part = labels[top : top + height, left : left + width] == number
        upper = part[: max(2, round(0.9 * PX_MM))].any(axis=0)
        lower = part[-max(2, round(0.9 * PX_MM)) :].any(axis=0)
        if upper.sum() < 1.2 * PX_MM or not lower.any():
            continue
        feet = [row for row in sorted(rows_mm) if 1.8 < row - top / PX_MM < height / PX_MM + _FOOT_MM]
        piled = len(feet) > 1
        foot_mm = feet[0] - top / PX_MM - _AROUND_MM / 2 if piled else tall
        found.append(Pulse(foot_mm, float(upper.sum()) / PX_MM - _AROUND_MM))
    return found


def find_scale(pulses: Sequence[Pulse], words: Sequence[Found], rows_mm: Sequence[float] = ()) -> Scale:
    """Speed and gain, and how they were found.

    Args:
        pulses: calibration pulses of the page.
        words: what is printed on it.
        rows_mm: how long its rows are; they speak where neither print nor pulse does.
    """
    pulses = [one for one in pulses if len(pulses) >= _SEVERAL or _near(one.height_mm, _USUAL_GAINS) is not None]
    height = float(np.median([one.height_mm for one in pulses])) if pulses else None
    top = float(np.median([one.top_mm for one in pulses])) if pulses else None
    gain, speed = printed_gain(words), printed_speed(words)
    gain_pulse = _near(height, _GAINS)
    speed_pulse = _near(None if top is None else top / _PULSE_S, _SPEEDS)
    gain_mm_mv, gain_by, gain_doubt = _chosen(gain_pulse, gain, pulse_first=True)
    # A pulse is as high as the gain on every page; its length is the speed's only where the cart draws it so.
    sure = speed is None or (speed.chance < _SURELY and len(pulses) >= _SEVERAL)
    speed_mm_s, speed_by, speed_doubt = _chosen(speed_pulse, speed, pulse_first=sure)
    notes: list[str] = []
    if gain_doubt:
        notes.append(f"{DOUBT}{gain_doubt.format('mm/mV')}")
    if speed_doubt:
        notes.append(f"{DOUBT}{speed_doubt.format('mm/s')}")
    if gain_mm_mv is None:
        gain_mm_mv = _USUAL_GAIN
        notes.append(f"no calibration pulse and no printed gain were read; {gain_mm_mv:g} mm/mV was assumed")
    if speed_mm_s is None:
        long = len(rows_mm) and float(np.median(rows_mm)) > _LONGEST_MM
        speed_mm_s = 2 * _USUAL_SPEED if long else _USUAL_SPEED
        notes.append(f"{_NO_SPEED}; {speed_mm_s:g} mm/s was assumed" + (" by the rows' length" if long else ""))
    speed_sure = speed_by == f"by {_PULSE}" or (speed is not None and speed.chance >= _SURELY)
    return Scale(speed_mm_s, gain_mm_mv, speed_by, gain_by, speed_sure, tuple(notes))


def times_too_large(pulses: Sequence[Pulse], words: Sequence[Found], rows_mm: Sequence[float]) -> float:
    """How many times larger the page came out than what is printed on it allows: its grid was taken for another.

    A pulse that is both as many times higher and longer than gain and speed as printed make it tells, or slightly
    higher and longer than any gain and speed would; so do rows longer than any page's at the printed speed, which is
    as good as always a grid taken at half its pitch. 1 where nothing speaks against the grid.

    Args:
        pulses: calibration pulses of the page.
        words: what is printed on it.
        rows_mm: how long its rows are.
    """
    gain, speed = printed_gain(words), printed_speed(words)
    if speed is not None and speed.chance >= _SURELY:
        if pulses and gain is not None and gain.chance >= _SURELY:
            higher = float(np.median([one.height_mm for one in pulses])) / gain.value
            longer = float(np.median([one.top_mm for one in pulses])) / (_PULSE_S * speed.value)
            if abs(higher / longer - 1) < _TOLERANCE:
                return higher if abs(np.log(higher)) > np.log(_OFF) else _slightly_too_large(pulses)
        if len(rows_mm) and float(np.median(rows_mm)) / speed.value > _LONGEST_S:
            return 2.0
    return _slightly_too_large(pulses)


def _slightly_too_large(pulses: Sequence[Pulse]) -> float:
    """By what factor pulses are higher, and as much longer, than the nearest usual gain and speed make them."""
    if len(pulses) < _SEVERAL:
        return 1.0
    height, top = (float(np.median([getattr(one, side) for one in pulses])) for side in ("height_mm", "top_mm"))
    gain, speed = _near(height, _GAINS), _near(top / _PULSE_S, _SPEEDS)
    if gain is None or speed is None:
        return 1.0
    higher, longer = height / gain, top / (_PULSE_S * speed)
    off = abs(higher - 1) > _SLIGHTLY and abs(height - gain) > _SLIGHTLY_MM
    return higher if off and abs(higher / longer - 1) < _SLIGHTLY else 1.0


def with_speed_by_beats(scale: Scale, speed_mm_s: float) -> Scale:
    """The scale with the speed that the beats tell, where it had been assumed."""
    notes = tuple(note for note in scale.notes if not note.startswith(_NO_SPEED))
    return scale._replace(speed_mm_s=speed_mm_s, speed_by="by the beats", notes=notes)


def _chosen(pulse: float | None, print_: Printed | None, *, pulse_first: bool) -> tuple[float | None, str, str]:
    """The value that pulse or print gives, what it rests on, and the words of a contradiction between them."""
    if pulse is None and print_ is None:
        return None, _ASSUMED, ""
    by_pulse = print_ is None or (pulse is not None and pulse_first)
    value, by = (pulse, _PULSE) if by_pulse or print_ is None else (print_.value, "print")
    if pulse is None or print_ is None or pulse == print_.value:
        return value, f"by {by}", ""
    against = (
        f"the pulse says {pulse:g} {{0}}, the print reads {print_.value:g} {{0}}; the {by.split()[-1]} was followed"
    )
    return value, f"by {by}", against


def _near(value: float | None, usual: Sequence[float]) -> float | None:
    """The usual value that this one is, within the tolerance."""
    if value is None or value <= 0:
        return None
    best = min(usual, key=lambda one: abs(np.log(one / value)))
    return best if abs(best / value - 1) <= _TOLERANCE else None
