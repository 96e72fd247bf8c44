"""Drawn pixels as a PNG file."""

from __future__ import annotations

import io
from typing import Final

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from calipers.tools.render.colours import palette

#: Half the time of zlib's default for a tenth more bytes.
_EFFORT: Final = 2
_EFFORT_FEW: Final = 4


def png(picture: Image.Image, dpi: int, *, few_colours: bool) -> bytes:
    """A PNG; equal pixels give equal bytes.

    Args:
        picture: RGB.
        dpi: pixels per 25.4 mm, as the file states them.
        few_colours: the nearest of 256 colours each, for a third of the time and of the bytes; a trace's edges are
            as smooth to the eye.
    """
    if few_colours:
        picture = _of_few_colours(picture)
    facts = PngInfo()
    facts.add_text("Software", "Calipers")
    out = io.BytesIO()
    effort = _EFFORT_FEW if few_colours else _EFFORT
    picture.save(out, format="png", dpi=(dpi, dpi), pnginfo=facts, compress_level=effort)
    return out.getvalue()


def _of_few_colours(picture: Image.Image) -> Image.Image:
    # Pillow looks for the nearest colour from the lower corner of cells that are four steps wide.
    corners = Image.new("P", (1, 1))
    corners.putpalette([part & ~3 for part in palette()])
    few = picture.quantize(palette=corners, dither=Image.Dither.NONE)
    few.putpalette(palette())
    return few
