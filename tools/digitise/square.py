"""Whether a page's grid was taken for a wider or a finer one, by waves that the paper has and that grid cannot have."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from calipers.tools.digitise.grid import SQUARE_MM
from calipers.tools.digitise.grid_phase import BEND_PX_MM

Float64 = NDArray[np.float64]

#: Pitches that the wide grid may have where another was taken for it, and the harmonics that tell. The first one of a
#: wider grid does not: it is as wide as rows stand apart, and evened out of the picture.
_WIDER: Final = (15.0, 12.5, 10.0, 25 / 3, 7.5, 20 / 3, 6.25)
_TELLING: Final = (2, 3, 4, 5)
_NARROWER: Final = (4.0, 3.75, 3.0, 2.5, 2.0)
_OWN: Final = (1, 3)
_BOTH: Final = (1, 2)
#: A wave is clear where it is so many times stronger than those beside it.
_CLEAR: Final = 2.0
#: Neighbouring harmonics are about equally strong; the widest waves are evened out of the picture, the finest blurred.
_ALIKE: Final = (3, 4)
#: The share of a page where a wave must be clear, and of the taken grid's share: against waves beside it, over so many
#: of its lengths, in bands of so many millimetres.
_STANDS_OUT: Final = 0.15
_AS_CLEAR: Final = 0.5
_EVEN: Final = 0.45
_BESIDE: Final = (0.92, 1.08)
_WAVES: Final = 4.0
_BAND_MM: Final = 10.0


def square_found_mm(flat: NDArray[Any]) -> float:
    """What the wide grid's pitch is on a page flattened by a grid taken for it: `SQUARE_MM` if that was right.

    A grid of some pitch has harmonics that no other grid of the same paper has: the widest one with all of those is
    the paper's. Rows and beats are periodic too, but fainter than a grid.

    Args:
        flat: the page's lines at `BEND_PX_MM`.
    """
    waves = [_Waves(one) for one in (flat, flat.T)]

    def clear(pitch_mm: float, harmonics: tuple[int, ...]) -> float:
        return min(one.clear_share(pitch_mm / harmonic) for harmonic in harmonics for one in waves)

    def even(pitch_mm: float) -> bool:
        """Lines rounded to pixels are a little uneven in pairs; a grid's own harmonics are about equally strong."""
        return all(
            min(found) > _EVEN * max(found)
            for one in waves
            if (found := [one.strength(pitch_mm / harmonic) for harmonic in _ALIKE])
        )

    wider = (pitch for pitch in _WIDER if clear(pitch, _told_by(pitch)) > _STANDS_OUT and even(pitch))
    found = next(wider, SQUARE_MM)
    if found != SQUARE_MM or clear(SQUARE_MM, _OWN) > _STANDS_OUT:
        return found
    enough = max(_STANDS_OUT, *(clear(SQUARE_MM, (harmonic,)) / _AS_CLEAR for harmonic in _OWN))
    return next((pitch for pitch in _NARROWER if clear(pitch, _BOTH) > enough), SQUARE_MM)


def _told_by(pitch_mm: float) -> tuple[int, ...]:
    """The harmonics of a wider grid that one of `SQUARE_MM` has not."""
    multiple = pitch_mm / SQUARE_MM
    return tuple(one for one in _TELLING if abs(one / multiple - round(one / multiple)) > 1e-6)


class _Waves:
    """The waves along a page's rows, in bands of them."""

    def __init__(self, flat: NDArray[Any]) -> None:
        high = round(_BAND_MM * BEND_PX_MM)
        count = max(flat.shape[0] // high, 1)
        bands = flat[: count * high].astype(np.float32).reshape(count, -1, flat.shape[1]).mean(axis=1)
        self.spectrum = fft.fft(bands - bands.mean(), axis=1)
        self.per_mm = fft.fftfreq(flat.shape[1]) * BEND_PX_MM

    def clear_share(self, period_mm: float) -> float:
        """Share of the page where a wave of this period is clear."""
        beside = np.mean([self._along(period_mm, by) for by in _BESIDE], axis=0)
        return float(np.mean(self._along(period_mm, 1.0) > _CLEAR * beside))

    def strength(self, period_mm: float) -> float:
        """Mean amplitude of a wave of this period."""
        return float(np.mean(self._along(period_mm, 1.0)))

    def _along(self, period_mm: float, by: float) -> Float64:
        away = _WAVES * (period_mm * self.per_mm - by)
        found: Float64 = np.abs(fft.ifft(self.spectrum * np.exp(-2 * (np.pi * away) ** 2), axis=1))
        return found
