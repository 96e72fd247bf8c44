"""Which way up a flat page is read: rows, words, scale and order of each way, and the way that names agree with."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from calipers.errors import PictureNotDigitised, UnreadableInput
from calipers.models.segmenter.ink import pen_ink
from calipers.models.segmenter.segmenter import PX_MM, Segmented, segment
from calipers.tools.digitise.arrangement import Arranged
from calipers.tools.digitise.columns import Row, pulse_side
from calipers.tools.digitise.names import Found, find_words, lead_names
from calipers.tools.digitise.order import arrange
from calipers.tools.digitise.rows import Box, find_rows, strokes
from calipers.tools.digitise.scale import Scale, find_pulses, find_scale, times_too_large
from calipers.tools.digitise.straighten import Flat

Float32 = NDArray[np.float32]

#: Names that must agree before a page is taken to stand upright.
UPRIGHT_NAMES: Final = 4
#: Leads that are named twice on a picture of two ECGs, the second names all this near one distance from the first.
_TWICE: Final = 5
_SAME_WAY_MM: Final = 6.0
_LEAST_TRACE_SHARE: Final = 0.0006
#: Rows run across where the ink's profile down the page is so many times less even than the one across it; on pages
#: that lie on their side it never is.
_ACROSS: Final = 1.3
_SEEN: Final = 0.4
_LINE_PX: Final = 4.0


class Oriented(NamedTuple):
    """One orientation of a flat page, segmented and arranged.

    `ink` is the trace's as the pen covers it, `drawn` its strokes; `too_large`: see `times_too_large`.
    """

    turns: int
    parts: Segmented
    ink: Float32
    drawn: Float32
    rows: list[Row]
    words: list[Found]
    scale: Scale
    arranged: Arranged | None
    refused: PictureNotDigitised | None
    too_large: float

    @property
    def names_right(self) -> int:
        """Names that agree with the order, less those that do not."""
        return self.arranged.named[0] - self.arranged.named[1] if self.arranged else -len(self.words)


def upright(flat: Flat, threads: int) -> Oriented:
    """The page as it is read best: as it lies, else turned by 180, 90 or 270 degrees."""
    best: Oriented | None = None
    ways = [0, 2, 1, 3]
    while ways:
        turns = ways.pop(0)
        page = np.ascontiguousarray(np.rot90(flat.image, -turns))
        parts = segment(page, threads=threads)
        if turns == 0:
            if float((parts.trace > 0.5).mean()) < _LEAST_TRACE_SHARE:
                raise UnreadableInput("found ruled paper without the traces of an ECG; needed an ECG")
            if _runs_across(parts.trace):
                ways = [2]
        ink = pen_ink(page, parts.trace)
        drawn = strokes(parts.trace, ink)
        rows, words = find_rows(parts.trace, drawn, _turned_box(flat, turns)), find_words(page, parts, threads=threads)
        refuse_two(words)
        pulses = find_pulses(parts.pulse, [row.y_mm for row in rows])
        lengths_mm = [row.right_mm - row.left_mm for row in rows]
        scale, too_large = find_scale(pulses, words, lengths_mm), times_too_large(pulses, words, lengths_mm)
        refused, arranged = None, None
        try:
            arranged = arrange(rows, lead_names(words), drawn, scale.speed_mm_s, pulse_side(parts.pulse, rows))
        except PictureNotDigitised as error:
            refused = error
        read = Oriented(turns, parts, ink, drawn, rows, words, scale, arranged, refused, too_large)
        if best is None or (read.arranged is not None and read.names_right > best.names_right):
            best = read
        if best.names_right >= UPRIGHT_NAMES:
            break
    assert best is not None
    return best


def _runs_across(trace: Float32) -> bool:
    """Whether rows clearly run across, upright or on their head: their ink lies in fewer lines than columns'."""
    uneven = []
    for axis in (1, 0):
        profile = gaussian_filter1d(np.where(trace > _SEEN, trace, 0.0).sum(axis=axis, dtype=np.float64), _LINE_PX)
        uneven.append(float(profile.std() / profile.mean()))
    return uneven[0] > _ACROSS * uneven[1]


def refuse_two(words: list[Found]) -> None:
    """Every lead has one name, and a rhythm strip's lead a second; many named again at one distance are two ECGs.

    Raises:
        UnreadableInput: there is more than one ECG on the picture.
    """
    places: dict[str, list[Found]] = {}
    for one in lead_names(words):
        places.setdefault(one.word, []).append(one)
    apart = {
        word: [(two.x_mm - one.x_mm, two.y_mm - one.y_mm) for one in found for two in found if one is not two]
        for word, found in places.items()
    }
    for across, down in (way for ways in apart.values() for way in ways):
        again = sum(any(np.hypot(x - across, y - down) < _SAME_WAY_MM for x, y in ways) for ways in apart.values())
        if again >= _TWICE:
            raise UnreadableInput("found two ECGs on one picture; needed one ECG a picture")


def to_flat(flat: Flat, turns: int) -> NDArray[np.float64]:
    """(3, 3) from places of the turned page to places of the page as it lay, millimetres."""
    height, width = (side / PX_MM for side in flat.image.shape[:2])
    matrices = {
        0: np.eye(3),
        1: np.array([[0, 1, 0], [-1, 0, height], [0, 0, 1.0]]),
        2: np.array([[-1, 0, width], [0, -1, height], [0, 0, 1.0]]),
        3: np.array([[0, -1, width], [1, 0, 0], [0, 0, 1.0]]),
    }
    return matrices[turns]


def _turned_box(flat: Flat, turns: int) -> Box:
    """The printed grid's left, top, right, bottom on the turned page."""
    left, top, right, bottom = flat.grid_box
    corners = np.array([[left, top, 1.0], [right, bottom, 1.0]]) @ np.linalg.inv(to_flat(flat, turns)).T
    x, y = sorted(corners[:, 0]), sorted(corners[:, 1])
    return (float(x[0]), float(y[0]), float(x[1]), float(y[1]))
