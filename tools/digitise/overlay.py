"""The picture with what was read drawn on it, for looking: `python -m calipers.tools.digitise.overlay PAGE OUT.png`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from calipers.leads import INDEX
from calipers.tools.digitise.digitise import Digitised, digitise
from calipers.tools.digitise.trust import FS_HZ

_COLOURS: Final = ((255, 0, 0), (0, 90, 255), (0, 160, 0), (200, 0, 200))
_STEP_S: Final = 0.004


def overlay(digitised: Digitised) -> NDArray[np.uint8]:
    """(h, w, 3): every stretch in colour, where `Digitisation.place_px` puts it."""
    drawn, stated = digitised.image.copy(), digitised.digitisation
    for number, part in enumerate(stated.segments):
        row = digitised.signal_mv[INDEX[part.lead]]
        points = []
        for time_s in np.arange(part.start_s, part.end_s, _STEP_S):
            sample = row[min(int(time_s * FS_HZ), row.size - 1)]
            if np.isfinite(sample):
                x_mm = part.x_mm + (time_s - part.start_s) * stated.speed_mm_s
                points.append(stated.place_px(x_mm, part.baseline_mm - float(sample) * stated.gain_mm_mv))
        if points:
            line = np.round(points).astype(np.int32)[:, None]
            width = max(1, round(max(drawn.shape) / 1800))
            cv2.polylines(drawn, [line], isClosed=False, color=_COLOURS[number % len(_COLOURS)], thickness=width)
    return drawn


def main() -> None:
    """Draw from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    found = digitise(given.page)
    cv2.imwrite(str(given.out), overlay(found)[..., ::-1])
    print(found.digitisation.model_dump_json(indent=1, exclude={"bend"}))


if __name__ == "__main__":
    main()
