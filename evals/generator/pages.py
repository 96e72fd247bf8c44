"""Pictures to look at: real ECGs beside synthetic ones, one row a condition."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from calipers.ecg import Ecg
from calipers.evals.framework import Figure
from calipers.evals.measurement.ptbxl import Labelled
from calipers.tools.render import render

#: What is shown: title, the SCP codes of which a record has one, and whether it may have no other rhythm.
CONDITIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("normal", ("NORM",)), ("atrial fibrillation", ("AFIB",)), ("atrial flutter", ("AFLT",)), ("LBBB", ("CLBBB",)),
    ("RBBB", ("CRBBB",)), ("LAFB", ("LAFB",)), ("LVH", ("LVH",)), ("PVC", ("PVC",)), ("paced", ("PACE",)),
    ("inferior infarction", ("IMI",)),
)  # fmt: skip
_DPI: Final = 55
_TITLE_PX: Final = 16


def beside(rows: Sequence[Labelled], held: Sequence[Ecg], drawn: Sequence[Ecg]) -> Figure:
    """The first record of each condition, and the ECG that was drawn for its labels, age and sex."""
    tiles = []
    for title, codes in CONDITIONS:
        place = next((k for k, row in enumerate(rows) if any(code in row.codes for code in codes)), None)
        if place is not None:
            tiles += [tile(held[place], f"{title}: real, record {rows[place].ecg_id}")]
            tiles += [tile(drawn[place], f"{title}: synthetic, drawn for the same labels")]
    sheet = contact_sheet(tiles, columns=2)
    out = BytesIO()
    sheet.save(out, "PNG", optimize=True)
    caption = (
        "Left a real ECG of each condition, right the first one drawn for its labels, age and sex; none was chosen."
    )
    return Figure("real-beside-synthetic", caption, out.getvalue())


def contact_sheet(tiles: Sequence[Image.Image], columns: int) -> Image.Image:
    """Tiles of one size in rows."""
    width, height = tiles[0].size
    sheet = Image.new("RGB", (columns * width, -(-len(tiles) // columns) * height), "white")
    for place, tile in enumerate(tiles):
        sheet.paste(tile, (place % columns * width, place // columns * height))
    return sheet


def tile(ecg: Ecg, title: str) -> Image.Image:
    """A small page with a line above it."""
    page = Image.open(BytesIO(render(ecg, dpi=_DPI).data)).convert("RGB")
    tile = Image.new("RGB", (page.width, page.height + _TITLE_PX), "white")
    tile.paste(page, (0, _TITLE_PX))
    ImageDraw.Draw(tile).text((4, 2), title, fill="black")
    return tile
