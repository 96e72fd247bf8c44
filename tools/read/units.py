"""Voltage units as files and users write them."""

from __future__ import annotations

from typing import Final

#: Folded name → millivolts per unit.
_MV_PER_UNIT: Final[dict[str, float]] = {
    "nv": 1e-6,
    "nanovolt": 1e-6,
    "nanovolts": 1e-6,
    "uv": 1e-3,
    "μv": 1e-3,
    "microvolt": 1e-3,
    "microvolts": 1e-3,
    "mv": 1.0,
    "millivolt": 1.0,
    "millivolts": 1.0,
    "v": 1e3,
    "volt": 1e3,
    "volts": 1e3,
}

#: For the user's eyes.
ACCEPTED: Final = "`mV`, `uV`, `nV` or `V`"


def mv_per_unit(unit: str) -> float | None:
    """How many millivolts one `unit` is, or None when it is not a voltage.

    Both micro signs (U+00B5 and U+03BC) fold to the same letter.
    """
    return _MV_PER_UNIT.get(unit.strip().casefold())
