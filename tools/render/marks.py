"""A caliper on the trace, in millimetres on its sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from calipers.leads import Lead
from calipers.tools.render.layout import Box


class NotDrawn(NamedTuple):
    """An evidence id that is not on the picture, and why."""

    id: str
    reason: str


class Echo(NamedTuple):
    """The same stretch of time on another row, drawn lightly."""

    x0_mm: float
    x1_mm: float
    y0_mm: float
    y1_mm: float


@dataclass(frozen=True, slots=True)
class Mark:
    """One evidence id drawn on one strip.

    Attributes:
        id, label: what is cited and the words beside it.
        kind: `interval` has two vertical lines from `y0_mm` to `y1_mm` at `x0_mm` and `x1_mm`, joined at
            `bar_mm`; `amplitude` has one vertical line at `x0_mm` from the sample (`y0_mm`) to the level
            it was measured from (`y1_mm`).
        cut_left, cut_right: the stretch goes on beyond the strip, so that end has no line.
        repeats: further stretches of the same measurement on the same strip, as (x0, x1).
        text: the label's box; its text is centred.
        echoes: the same time on the other rows.
    """

    id: str
    label: str
    kind: Literal["interval", "amplitude"]
    lead: Lead
    rhythm: bool
    x0_mm: float
    x1_mm: float
    y0_mm: float
    y1_mm: float
    bar_mm: float
    cut_left: bool
    cut_right: bool
    text: Box
    echoes: tuple[Echo, ...] = ()
    repeats: tuple[tuple[float, float], ...] = ()


class Placement(NamedTuple):
    """All marks of a picture, and what could not be drawn."""

    marks: tuple[Mark, ...]
    not_drawn: tuple[NotDrawn, ...]
