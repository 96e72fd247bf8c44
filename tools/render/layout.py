"""Where each lead is drawn: the geometry of an ECG sheet, in millimetres from its top left corner.

Nothing here draws. The PNG and SVG renderer and the report page place their ink by the same sheet, so a
caliper stands on the same sample in both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.leads import INDEX, LEADS, Lead

Layout = Literal["3x4+1", "6x2", "12x1"]

#: Seconds across one sheet, whatever the number of columns.
PAGE_S: Final = 10.0
#: Flat 2.5 mm, the 1 mV pulse, flat 2.5 mm: the pulse itself lasts 0.2 s (IEC 60601-2-25).
PULSE_S: Final = 0.2
PULSE_LEAD_MM: Final = 2.5
SQUARE_MM: Final = 5.0
MIN_PITCH_MM: Final = 20.0
A4_WIDTH_MM: Final = 297.0
A4_GRID_HEIGHT_MM: Final = 170.0
MARGIN_MM: Final = 6.0

_COLUMNS: Final[dict[Layout, tuple[tuple[Lead, ...], ...]]] = {
    "3x4+1": (LEADS[0:3], LEADS[3:6], LEADS[6:9], LEADS[9:12]),
    "6x2": (LEADS[:6], LEADS[6:]),
    "12x1": (LEADS,),
}


@dataclass(frozen=True, slots=True)
class Strip:
    """One lead over one stretch of time at one place on the sheet.

    Attributes:
        lead, row: which lead, in which row from the top.
        rhythm: a full-width strip below the columns.
        start_s, end_s: the window shown, in seconds from the record's start.
        x_mm: where `start_s` is drawn.
        baseline_mm: where `offset_mv` is drawn.
        offset_mv: the lead's median over the sheet's ten seconds. An ECG's zero is arbitrary; centring
            each lead keeps an electrode offset from pushing its trace off the paper.
    """

    lead: Lead
    row: int
    rhythm: bool
    start_s: float
    end_s: float
    x_mm: float
    baseline_mm: float
    offset_mv: float

    def shows(self, start_s: float, end_s: float) -> bool:
        """Whether the whole stretch lies inside this strip's window."""
        return self.start_s <= start_s and end_s <= self.end_s


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the sheet, millimetres, y downwards."""

    x0: float
    y0: float
    x1: float
    y1: float

    def touches(self, other: Box, gap: float = 0.0) -> bool:
        """Whether the two come closer than `gap`."""
        return (
            self.x0 < other.x1 + gap
            and other.x0 < self.x1 + gap
            and self.y0 < other.y1 + gap
            and other.y0 < self.y1 + gap
        )

    def holds(self, other: Box) -> bool:
        """Whether `other` lies wholly inside."""
        return self.x0 <= other.x0 and self.y0 <= other.y0 and other.x1 <= self.x1 and other.y1 <= self.y1


@dataclass(frozen=True, slots=True)
class Sheet:
    """A laid-out page: its size, its grid, its scale and its strips.

    `simultaneous` says that all columns start together because the record is too short to run on from
    column to column.
    """

    layout: Layout
    width_mm: float
    height_mm: float
    grid: Box
    pitch_mm: float
    speed_mm_s: float
    gain_mm_mv: float
    start_s: float
    strips: tuple[Strip, ...]
    simultaneous: bool

    def x_mm(self, strip: Strip, time_s: float) -> float:
        """Where a time stands on a strip."""
        return strip.x_mm + (time_s - strip.start_s) * self.speed_mm_s

    def y_mm(self, strip: Strip, amplitude_mv: float) -> float:
        """Where an amplitude stands on a strip."""
        return strip.baseline_mm - (amplitude_mv - strip.offset_mv) * self.gain_mm_mv

    def polyline(self, strip: Strip, ecg: Ecg) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The samples of a strip on the sheet: x (n,) and y (n,) in mm; y is NaN where not recorded."""
        first = math.ceil(strip.start_s * ecg.fs_hz - 1e-6)
        stop = math.ceil(strip.end_s * ecg.fs_hz - 1e-6)
        samples_mv = ecg.lead(strip.lead)[first:stop].astype(np.float64)
        x = strip.x_mm + (np.arange(first, first + samples_mv.size) / ecg.fs_hz - strip.start_s) * self.speed_mm_s
        y = strip.baseline_mm - (samples_mv - strip.offset_mv) * self.gain_mm_mv
        return x, y

    def pulse(self, row: int) -> list[tuple[float, float]]:
        """The corners of the 1 mV x 200 ms calibration pulse at a row's start."""
        first = next(strip for strip in self.strips if strip.row == row)
        width, top = PULSE_S * self.speed_mm_s, first.baseline_mm - self.gain_mm_mv
        x0 = self.grid.x0 + SQUARE_MM
        x1, x2 = x0 + PULSE_LEAD_MM, x0 + PULSE_LEAD_MM + width
        low = first.baseline_mm
        return [(x0, low), (x1, low), (x1, top), (x2, top), (x2, low), (x2 + PULSE_LEAD_MM, low)]

    def name_mm(self, strip: Strip) -> tuple[float, float]:
        """Where a strip's lead name starts, at half the letters' height."""
        return strip.x_mm + 1, strip.baseline_mm - 0.42 * min(self.pitch_mm, 24)

    @property
    def rows(self) -> int:
        """Number of rows, rhythm strips included."""
        return 1 + max(strip.row for strip in self.strips)


def lay_out(
    ecg: Ecg,
    layout: Layout = "3x4+1",
    *,
    rhythm_leads: tuple[Lead, ...] = ("II",),
    speed_mm_s: float = 25.0,
    gain_mm_mv: float = 10.0,
    start_s: float = 0.0,
    header_mm: float = 30.0,
    footer_mm: float = 10.0,
    pitch_mm: float | None = None,
) -> Sheet:
    """Lay ten seconds of an ECG out on a sheet of true-scale paper.

    Args:
        ecg: the record.
        layout: rows x columns; `3x4+1` has the rhythm strips below.
        rhythm_leads: full-width strips of `3x4+1`; the other layouts have none.
        speed_mm_s: paper speed.
        gain_mm_mv: amplitude scale.
        start_s: where the sheet starts in the record.
        header_mm: height above the grid.
        footer_mm: height below the grid.
        pitch_mm: distance between rows; by default what fills an A4 page, at least 20 mm.

    Raises:
        UsageError: unknown layout, or a start, speed or gain that shows nothing.
    """
    if layout not in _COLUMNS:
        raise UsageError(f"found layout `{layout}`; needed one of {', '.join(_COLUMNS)}")
    if not 0 <= start_s < ecg.duration_s:
        raise UsageError(f"found a start of {start_s:g} s; needed 0 to {ecg.duration_s:g} s, the record's length")
    if not (5 <= speed_mm_s <= 200 and 1 <= gain_mm_mv <= 100):
        raise UsageError(f"found {speed_mm_s:g} mm/s and {gain_mm_mv:g} mm/mV; needed 5 to 200 mm/s and 1 to 100 mm/mV")
    columns = _COLUMNS[layout]
    rhythm = rhythm_leads if layout == "3x4+1" else ()
    rows = len(columns[0]) + len(rhythm)
    room = 2 * SQUARE_MM
    fit = math.floor((A4_GRID_HEIGHT_MM - room) / rows / SQUARE_MM) * SQUARE_MM
    pitch = pitch_mm or max(MIN_PITCH_MM, fit)
    height = rows * pitch + room
    if pitch_mm is None:
        height = max(A4_GRID_HEIGHT_MM, height)

    lead_in = math.ceil((SQUARE_MM + 2 * PULSE_LEAD_MM + PULSE_S * speed_mm_s) / SQUARE_MM) * SQUARE_MM
    trace_mm = PAGE_S * speed_mm_s
    width = math.ceil((lead_in + trace_mm + SQUARE_MM) / SQUARE_MM) * SQUARE_MM
    if pitch_mm is None:
        width = max(width, math.floor((A4_WIDTH_MM - 2 * MARGIN_MM) / SQUARE_MM) * SQUARE_MM)
    margin = MARGIN_MM if pitch_mm is None else 0.0
    grid = Box(margin, header_mm, margin + width, header_mm + height)

    window_s = PAGE_S / len(columns)
    # With less than half of the last column filled, running on would hide the chest leads.
    simultaneous = len(columns) > 1 and ecg.duration_s - start_s < PAGE_S - window_s / 2
    # Baselines sit on thick lines, a little below the middle: most QRS complexes point up.
    top = grid.y0 + math.floor((height - rows * pitch) / 2 / SQUARE_MM) * SQUARE_MM
    drop = round(0.6 * pitch / SQUARE_MM) * SQUARE_MM
    offsets = _offsets_mv(ecg, start_s)

    def strip(lead: Lead, row: int, column: int, seconds: float, *, rhythm: bool) -> Strip:
        begin = start_s if simultaneous else start_s + column * seconds
        x = grid.x0 + lead_in + column * seconds * speed_mm_s
        return Strip(lead, row, rhythm, begin, begin + seconds, x, top + row * pitch + drop, offsets[INDEX[lead]])

    strips = [
        strip(lead, row, column, window_s, rhythm=False)
        for column, leads in enumerate(columns)
        for row, lead in enumerate(leads)
    ]
    strips += [strip(lead, len(columns[0]) + k, 0, PAGE_S, rhythm=True) for k, lead in enumerate(rhythm)]
    return Sheet(
        layout=layout,
        width_mm=grid.x1 + margin,
        height_mm=grid.y1 + footer_mm,
        grid=grid,
        pitch_mm=pitch,
        speed_mm_s=float(speed_mm_s),
        gain_mm_mv=float(gain_mm_mv),
        start_s=start_s,
        strips=tuple(strips),
        simultaneous=simultaneous,
    )


def _offsets_mv(ecg: Ecg, start_s: float) -> list[float]:
    """Median of each lead over the sheet's ten seconds; 0 where nothing was recorded."""
    first = math.ceil(start_s * ecg.fs_hz - 1e-6)
    shown = ecg.signal_mv[:, first : first + math.ceil(PAGE_S * ecg.fs_hz)]
    return [float(np.median(row[ok])) if (ok := np.isfinite(row)).any() else 0.0 for row in shown]


def names_and_pulses(sheet: Sheet) -> list[Box]:
    """What labels must leave free: lead names and calibration pulses."""
    boxes = []
    for strip in sheet.strips:
        x, y = sheet.name_mm(strip)
        boxes.append(Box(x - 1, y - 2.2, x + 3 * len(strip.lead), y + 2.2))
    for row in range(sheet.rows):
        corners = sheet.pulse(row)
        (left, low), (right, high) = corners[0], corners[2]
        boxes.append(Box(left, high, right + SQUARE_MM, low + 1))
    return boxes
