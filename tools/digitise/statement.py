"""What is said of a page that was read: its order, scale, stretches, and where they stand on the picture."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.digitisation import DOUBT, Digitisation
from calipers.tools.digitise.arrangement import Arranged
from calipers.tools.digitise.orientation import Oriented, to_flat
from calipers.tools.digitise.signals import Leads
from calipers.tools.digitise.straighten import Flat

Image = NDArray[np.uint8]

#: RMS of a place in time on a flat page, and what each millimetre of bend adds, in millimetres of paper.
PLACE_MM: Final = 0.05
_BEND_PLACE: Final = 0.06
_COARSE_PX_MM: Final = 3.5


def statement(image: Image, flat: Flat, read: Oriented, leads: Leads) -> Digitisation:
    """How a page was read.

    Args:
        image: (h, w, 3) uint8, the picture.
        flat: its page.
        read: as it stands upright.
        leads: in it.
    """
    assert read.arranged is not None
    scale = read.scale
    said = list(scale.notes)
    if read.turns:
        said.append(f"the page lay turned and was read turned back by {90 * read.turns} degrees")
    if read.arranged.guessed:
        said.append(f"{DOUBT}lead names were not read; the usual order of leads was assumed")
    if read.arranged.unusual and not _is_block(read.arranged):
        said.append(f"{DOUBT}no usual order of leads agrees with the names; each was taken by itself")
    if any(not cell.strip and cell.column for cell in read.arranged.cells):
        said.append("columns were taken to follow one another in time")
    shown = {segment.lead for segment in leads.segments}
    lost = [cell.lead for cell in read.arranged.cells if cell.lead not in shown]
    if lost:
        said.append(f"{', '.join(dict.fromkeys(lost))} could not be followed")
    if flat.px_mm < _COARSE_PX_MM:
        said.append(f"the picture has only {flat.px_mm:.1f} pixels a millimetre; fine detail is lost")
    turned = to_flat(flat, read.turns)
    bend_mm = 0.0 if flat.bend is None else float(np.abs(flat.bend.dx_mm).max())
    return Digitisation(
        layout=read.arranged.name,
        speed_mm_s=scale.speed_mm_s,
        gain_mm_mv=scale.gain_mm_mv,
        scale_found=scale.found,
        segments=leads.segments,
        strips=tuple(dict.fromkeys(segment.lead for segment in leads.segments if segment.strip)),
        timing_error_ms=round(1000 * (PLACE_MM + _BEND_PLACE * bend_mm) / scale.speed_mm_s, 2),
        turned_deg=90 * read.turns,
        notes=tuple(said),
        width_px=image.shape[1],
        height_px=image.shape[0],
        to_picture=tuple(float(value) for value in (flat.to_picture @ turned).ravel()),
        bend=flat.bend,
    )


def _is_block(arranged: Arranged) -> bool:
    """Whether every row has a lead in every column, as a part of a page has."""
    cells = {(cell.row, cell.column) for cell in arranged.cells if not cell.strip}
    return len(cells) == len({row for row, _ in cells}) * len({column for _, column in cells})
