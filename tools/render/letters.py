"""Words on a sheet: as text in an SVG, and set by Pillow in a PNG, where matplotlib takes ten times as long."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

import matplotlib as mpl
from matplotlib.text import Text
from PIL import Image, ImageDraw, ImageFont

MM_PER_INCH: Final = 25.4
POINTS_PER_INCH: Final = 72
#: From the middle of a line with its descenders, or of its capitals, down to its baseline, in units of its size.
_DROP: Final = {"line": 0.26, "capitals": 0.38}
#: Height of capitals in units of a font's size.
_CAPITALS: Final = 0.73
_ANCHORS: Final = {"left": "ls", "center": "ms", "right": "rs"}
_FILES: Final = {"normal": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf", "italic": "DejaVuSans-Oblique.ttf"}


class Words(NamedTuple):
    """One line of text.

    Attributes:
        x_mm, y_mm: where it stands; `y_mm` is the middle of the `middle_of`.
        text: what it says; it is never markup.
        size_pt: of its letters.
        colour: `#rrggbb`.
        face: bold or italic.
        align: which of its ends `x_mm` is.
    """

    x_mm: float
    y_mm: float
    text: str
    size_pt: float
    colour: str
    face: Literal["normal", "bold", "italic"] = "normal"
    align: Literal["left", "center", "right"] = "left"
    middle_of: Literal["line", "capitals"] = "line"

    def width_mm(self) -> float:
        """How wide it is."""
        return _font(self.face, 100.0).getlength(self.text) / 100 * self.size_pt / POINTS_PER_INCH * MM_PER_INCH

    def box_mm(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of its capitals."""
        size_mm = self.size_pt / POINTS_PER_INCH * MM_PER_INCH
        left = self.x_mm - {"left": 0.0, "center": 0.5, "right": 1.0}[self.align] * self.width_mm()
        baseline = self.y_mm + _DROP[self.middle_of] * size_mm
        return left, baseline - _CAPITALS * size_mm, left + self.width_mm(), baseline

    def artist(self) -> Text:
        """The same for matplotlib, at its place in millimetres."""
        return Text(
            self.x_mm,
            self.y_mm,
            self.text,
            fontsize=self.size_pt,
            color=self.colour,
            fontweight="bold" if self.face == "bold" else "normal",
            fontstyle="italic" if self.face == "italic" else "normal",
            ha=self.align,
            va="center" if self.middle_of == "line" else "center_baseline",
            parse_math=False,
            zorder=7,
        )


def write(picture: Image.Image, lines: Iterable[Words], dpi: int) -> None:
    """Set lines of text on a picture of a sheet."""
    pen = ImageDraw.Draw(picture)
    for line in lines:
        size_px = line.size_pt / POINTS_PER_INCH * dpi
        at = (line.x_mm / MM_PER_INCH * dpi, line.y_mm / MM_PER_INCH * dpi + _DROP[line.middle_of] * size_px)
        pen.text(at, line.text, fill=line.colour, font=_font(line.face, size_px), anchor=_ANCHORS[line.align])


@cache
def _font(face: str, size_px: float) -> ImageFont.FreeTypeFont:
    file = Path(mpl.get_data_path(), "fonts/ttf", _FILES[face])
    return ImageFont.truetype(file, size_px, layout_engine=ImageFont.Layout.BASIC)
