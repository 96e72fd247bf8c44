"""Pages of known signals for judging the digitiser."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import numpy as np
from PIL import Image

from calipers.ecg import Ecg
from calipers.models.segmenter.damage import Damaged, Level, damage_placed
from calipers.models.segmenter.painter import paint
from calipers.models.segmenter.styles import Style, draw_style
from calipers.tools.render import Layout, render

Kind = Literal["layout", "damage", "overlap"]

#: Rows so close that complexes of neighbours cross, in millimetres.
_CROWDED_MM: Final = (10.0, 12.5)
_PX_MM: Final = (6.0, 8.0, 10.0)
_DPI: Final = 150
_SHARP_PX_MM: Final = 7.9


class Condition(NamedTuple):
    """One kind of page.

    Attributes:
        kind: what it is there to show.
        name: of the group.
        layout: of the product's renderer, or None.
        arrangement, strips: of the painter, which draws styles the renderer has not.
        level: what the page has been through.
    """

    kind: Kind
    name: str
    layout: Layout | None = None
    arrangement: str = "3x4"
    strips: int = 1
    level: Level = "clean"


CONDITIONS: Final = (
    Condition("layout", "rendered 3x4+1", layout="3x4+1"),
    Condition("layout", "rendered 6x2", layout="6x2"),
    Condition("layout", "rendered 12x1", layout="12x1"),
    Condition("layout", "3x4", strips=0),
    Condition("layout", "3x4+1"),
    Condition("layout", "3x4+2", strips=2),
    Condition("layout", "3x4+3", strips=3),
    Condition("layout", "6x2", arrangement="6x2", strips=0),
    Condition("layout", "12x1", arrangement="12x1", strips=0),
    Condition("layout", "4x3", arrangement="4x3", strips=0),
    Condition("layout", "3x4 Cabrera+1", arrangement="3x4 Cabrera"),
    Condition("damage", "scan", level="scan"),
    Condition("damage", "copy", level="copy"),
    Condition("damage", "photo", level="photo"),
    Condition("damage", "worn", level="worn"),
    Condition("overlap", "crowded rows"),
)


class Drawn(NamedTuple):
    """A page's picture; where its places went; pixels per millimetre of the page before; its width and height in pixels."""

    damaged: Damaged
    px_mm: float
    size_px: tuple[int, int]


def drawn(condition: Condition, ecg: Ecg, chance: np.random.Generator) -> Drawn:
    """Draw a page and let happen to it what its condition says."""
    if condition.layout is not None:
        drawing = render(ecg, layout=condition.layout, dpi=_DPI).data
        image, px_mm = np.asarray(Image.open(io.BytesIO(drawing)).convert("RGB")), _DPI / 25.4
    else:
        style = _style(condition, chance)
        px_mm = _SHARP_PX_MM if condition.level == "copy" else float(chance.choice(_PX_MM))
        image = paint(ecg.signal_mv, ecg.fs_hz, style, px_mm, chance).image
    return Drawn(damage_placed(image, condition.level, chance, px_mm), px_mm, (image.shape[1], image.shape[0]))


def _style(condition: Condition, chance: np.random.Generator) -> Style:
    style = draw_style(chance, arrangement=condition.arrangement, strips=condition.strips)
    # A page without any grid states no scale; it is refused, which is tested, not scored here.
    style = replace(style, simultaneous=False, grid="lines" if style.grid == "none" else style.grid)
    if condition.kind == "overlap":
        style = replace(style, pitch=float(chance.uniform(*_CROWDED_MM)), gain_mm_mv=10.0, speed_mm_s=25.0, page_s=10.0)
    return style
