"""The paper's speed where neither print nor pulse gives it: at half the speed nobody's heart beats like that."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.leads import LEADS
from calipers.tools.digitise.trust import FS_HZ
from calipers.tools.measure import measure

Float32 = NDArray[np.float32]

#: Of log odds, either way, before the beats are believed: 90 records of PTB-XL's folds 5-7 as 3x4 pages, drawn at 25
#: and at 50 mm/s and read at 25. Of those at 50, 67 % were told from 25 and none of those at 25 was taken for 50.
_SURE: Final = 6.5
#: One page in nine is at the less usual speed.
_USUAL: Final = -2.0


class _Measured(NamedTuple):
    """A measurement's middle at the speed taken, at half of the true speed, and the spread of its logarithm."""

    right: float
    slowed: float
    spread: float


_KNOWN: Final[Mapping[str, _Measured]] = {
    "hr": _Measured(69.0, 35.0, 0.25),
    "qrs": _Measured(102.0, 178.0, 0.22),
    "pr": _Measured(160.0, 270.0, 0.20),
}


def odds_of_twice(number_of: Callable[[str], float | None]) -> float:
    """Log odds that the paper ran at twice the speed that was taken.

    Args:
        number_of: what `hr`, `qrs` and `pr` were measured as, per minute and milliseconds; None where they were not.
    """
    odds = _USUAL
    for name, (right, slowed, spread) in _KNOWN.items():
        number = number_of(name)
        if number:
            odds += (math.log(number / right) ** 2 - math.log(number / slowed) ** 2) / (2 * spread**2)
    return odds


def speed_by_beats(signal_mv: Float32, speed_mm_s: float) -> float | None:
    """The speed that rate, QRS and PR agree with, twice the one taken or that one; None where they do not tell.

    Args:
        signal_mv: (12, n) millivolts at 500 Hz by the speed taken, NaN where unseen.
        speed_mm_s: the speed taken.
    """
    found = measure(Ecg.from_array(signal_mv, FS_HZ, LEADS))
    odds = odds_of_twice(lambda name: found[name].number if name in found else None)
    return None if abs(odds) < _SURE else 2 * speed_mm_s if odds > 0 else speed_mm_s
