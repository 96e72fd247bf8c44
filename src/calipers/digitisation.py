"""What is known of an ECG that was read from a picture: its scale, its stretches, their errors, where they stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from calipers.evidence import Frozen
from calipers.leads import Lead

#: How a note begins that says that what was read may be wrong.
DOUBT: Final = "in doubt: "


class Segment(Frozen):
    """One stretch of one lead as it stands on the page.

    Attributes:
        lead, start_s, end_s: what was read, in seconds from the signal's start.
        strip: a full-width rhythm strip.
        error_mv: estimated root mean square error of the samples.
        confidence: mean over the samples, 0 to 1.
        x_mm: where `start_s` stands on the straightened page.
        baseline_mm: where 0 mV stands on the straightened page, downwards.
    """

    lead: Lead
    start_s: float
    end_s: float
    strip: bool
    error_mv: float
    confidence: float
    x_mm: float
    baseline_mm: float


class Bend(Frozen):
    """How far the paper lies from its plane's place: a coarse table over the straightened page, in millimetres.

    Attributes:
        step_mm: distance of the table's nodes; the first stands at (0, 0).
        dx_mm, dy_mm: rows of shifts; the place on the flat page is the straightened place plus the shift.
    """

    step_mm: float
    dx_mm: tuple[tuple[float, ...], ...]
    dy_mm: tuple[tuple[float, ...], ...]

    def at(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """The shift at a place of the straightened page, bilinear between nodes."""
        rows, columns = len(self.dx_mm), len(self.dx_mm[0])
        u = min(max(x_mm / self.step_mm, 0.0), columns - 1.0)
        v = min(max(y_mm / self.step_mm, 0.0), rows - 1.0)
        i, j = min(int(v), max(rows - 2, 0)), min(int(u), max(columns - 2, 0))
        low, right = min(i + 1, rows - 1), min(j + 1, columns - 1)
        a, b = v - i, u - j

        def mix(table: Sequence[Sequence[float]]) -> float:
            upper = table[i][j] * (1 - b) + table[i][right] * b
            return upper * (1 - a) + (table[low][j] * (1 - b) + table[low][right] * b) * a

        return mix(self.dx_mm), mix(self.dy_mm)


class Digitisation(Frozen):
    """How a picture became a signal.

    Attributes:
        layout: rows x columns and rhythm strips, such as `3x4+1`, `6x2`, `12x1`.
        speed_mm_s, gain_mm_mv: the paper's scale.
        scale_found: what the scale rests on, in words.
        segments: every stretch that was read.
        strips: leads of the full-width strips.
        timing_error_ms: estimated root mean square error of a place in time.
        page, pages: which page of how many, from 0.
        turned_deg: by how much the picture had to be turned, clockwise: 0, 90, 180 or 270.
        vector: read from the lines of a PDF, not from pixels.
        notes: assumptions, and what could not be read.
        width_px, height_px: of the original picture of that page (a PDF's page as `tools.digitise.picture` draws it).
        to_picture: nine numbers, row by row: the homography from flat page millimetres to the picture's pixels.
        bend: how the paper was bent, if it was.
    """

    layout: str
    speed_mm_s: float
    gain_mm_mv: float
    scale_found: str
    segments: tuple[Segment, ...]
    strips: tuple[Lead, ...] = ()
    timing_error_ms: float
    page: int = 0
    pages: int = 1
    turned_deg: int = 0
    vector: bool = False
    notes: tuple[str, ...] = ()
    width_px: int
    height_px: int
    to_picture: tuple[float, ...]
    bend: Bend | None = None

    @property
    def doubted(self) -> bool:
        """The reading itself says that it may be wrong."""
        return any(note.startswith(DOUBT) for note in self.notes)

    def segments_of(self, lead: Lead) -> tuple[Segment, ...]:
        """The stretches of a lead, strips first."""
        return tuple(sorted((one for one in self.segments if one.lead == lead), key=lambda one: not one.strip))

    def pixel(self, lead: Lead, time_s: float, amplitude_mv: float) -> tuple[float, float] | None:
        """Where a moment and an amplitude of a lead stand on the original picture; None where it is not shown."""
        for one in self.segments_of(lead):
            if one.start_s <= time_s <= one.end_s:
                x = one.x_mm + (time_s - one.start_s) * self.speed_mm_s
                return self.place_px(x, one.baseline_mm - amplitude_mv * self.gain_mm_mv)
        return None

    def place_px(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """Where a place of the straightened page stands on the original picture, in pixels."""
        if self.bend is not None:
            dx, dy = self.bend.at(x_mm, y_mm)
            x_mm, y_mm = x_mm + dx, y_mm + dy
        x, y, w = np.reshape(self.to_picture, (3, 3)) @ (x_mm, y_mm, 1.0)
        return (float(x / w), float(y / w)) if abs(w) > math.ulp(1.0) else (math.nan, math.nan)
