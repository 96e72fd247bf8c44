"""Calipers on the trace: where each line, bar and label of an evidence id goes, in millimetres."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

from calipers.ecg import Ecg
from calipers.evidence import Measurement
from calipers.tools.render.labels import label
from calipers.tools.render.layout import Box, Sheet, Strip
from calipers.tools.render.spans import Place, find_place, require_measurements

LABEL_HEIGHT_MM: Final = 3.4
#: DejaVu Sans and the common system fonts stay below this at a cap height of 2 mm.
LABEL_CHAR_MM: Final = 1.62
LABEL_PAD_MM: Final = 0.8
_OVERHANG_MM: Final = 2.0


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
        text: the label's box; its text is centred.
        echoes: the same time on the other rows.
    """

    id: str
    label: str
    kind: Literal["interval", "amplitude"]
    lead: str
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


class Placement(NamedTuple):
    """All marks of a picture, and what could not be drawn."""

    marks: tuple[Mark, ...]
    not_drawn: tuple[NotDrawn, ...]


def place_marks(
    ids: Sequence[str],
    measurements: Mapping[str, Measurement],
    ecg: Ecg,
    sheet: Sheet,
    obstacles: Iterable[Box] = (),
) -> Placement:
    """Place calipers for any set of evidence ids so that no two labels touch.

    Raises:
        UnknownEvidence: an id that is not in `measurements`, or that belongs to another record.
    """
    placed: list[tuple[Measurement, Place]] = []
    not_drawn: dict[str, str] = {}
    for item in require_measurements(ids, measurements, ecg):
        where = find_place(item, measurements, sheet, ecg)
        if isinstance(where, str):
            not_drawn[item.id] = where
        else:
            placed.append((item, where))
    # Short intervals first: they keep close to their wave and the long ones span them from outside.
    placed.sort(key=lambda pair: (_is_amplitude(pair[0]), pair[1].span.end_s - pair[1].span.start_s))
    ink = _Ink(sheet, ecg)
    taken = list(obstacles)
    marks: dict[str, Mark] = {}
    for item, where in placed:
        draw = _amplitude if _is_amplitude(item) else _interval
        mark = draw(item, where, sheet, ecg, ink, taken)
        if mark is None:
            not_drawn[item.id] = "no free place for its label"
            continue
        marks[item.id] = mark
        taken.append(mark.text)
        if mark.kind == "interval":
            taken.append(Box(mark.x0_mm, mark.bar_mm - 0.5, mark.x1_mm, mark.bar_mm + 0.5))
    order = list(dict.fromkeys(ids))
    return Placement(
        tuple(marks[key] for key in order if key in marks),
        tuple(NotDrawn(key, not_drawn[key]) for key in order if key in not_drawn),
    )


def _is_amplitude(item: Measurement) -> bool:
    """A wave that is not there (0 mV) has no peak to point at: its stretch is drawn instead."""
    return item.unit == "mV" and bool(item.number)


class _Ink:
    """Where the traces run, so that labels can keep off them."""

    def __init__(self, sheet: Sheet, ecg: Ecg) -> None:
        self._lines = [sheet.polyline(strip, ecg) for strip in sheet.strips]
        # Length along the trace, not along x: a QRS is narrow and the last thing a label may hide.
        self._lengths = [np.nan_to_num(np.hypot(np.diff(x), np.diff(y))) for x, y in self._lines]
        self._strips = sheet.strips

    def under(self, box: Box) -> float:
        """Millimetres of trace that run through a box."""
        total = 0.0
        for (x, y), lengths in zip(self._lines, self._lengths, strict=True):
            first, stop = np.searchsorted(x[: lengths.size], (box.x0, box.x1))
            part = y[first:stop]
            total += float(lengths[first:stop][(part > box.y0) & (part < box.y1)].sum())
        return total

    def range_mm(self, strip: Strip, x0: float, x1: float) -> tuple[float, float]:
        """Highest and lowest point (smallest and largest y) of one strip between two x."""
        x, y = self._lines[self._strips.index(strip)]
        first, stop = np.searchsorted(x, (x0, x1))
        part = y[first:stop][np.isfinite(y[first:stop])]
        if not part.size:
            return strip.baseline_mm, strip.baseline_mm
        return float(part.min()), float(part.max())


def _text_width_mm(text: str) -> float:
    return len(text) * LABEL_CHAR_MM + 2 * LABEL_PAD_MM


def _interval(
    item: Measurement, where: Place, sheet: Sheet, ecg: Ecg, ink: _Ink, taken: list[Box]
) -> Mark | None:
    strip, span = where.strip, where.span
    begin, end = max(span.start_s, strip.start_s), min(span.end_s, strip.end_s)
    x0, x1 = sheet.x_mm(strip, begin), sheet.x_mm(strip, end)
    high, low = ink.range_mm(strip, x0 - 1, x1 + 1)
    text = label(item)
    width, middle = _text_width_mm(text), (x0 + x1) / 2
    left = min(max(middle - width / 2, sheet.grid.x0 + 1), sheet.grid.x1 - 1 - width)

    best: tuple[float, float, Box] | None = None
    for step in range(int(1.5 * sheet.pitch_mm)):
        for above in (True, False):
            bar = high - _OVERHANG_MM - step if above else low + _OVERHANG_MM + step
            box = (
                Box(left, bar - LABEL_HEIGHT_MM - 0.5, left + width, bar - 0.5)
                if above
                else Box(left, bar + 0.5, left + width, bar + LABEL_HEIGHT_MM + 0.5)
            )
            line = Box(x0, bar - 0.3, x1, bar + 0.3)
            if not sheet.grid.holds(box) or any(box.touches(b, 0.3) or line.touches(b) for b in taken):
                continue
            cost = step + 2.0 * ink.under(box) + 0.7 * ink.under(line) + (0 if above else 2)
            if best is None or cost < best[0]:
                best = (cost, bar, box)
    if best is None:
        return None
    _, bar, box = best
    far = min(low + _OVERHANG_MM, sheet.grid.y1) if bar < high else max(high - _OVERHANG_MM, sheet.grid.y0)
    return Mark(
        id=item.id,
        label=text,
        kind="interval",
        lead=strip.lead,
        rhythm=strip.rhythm,
        x0_mm=x0,
        x1_mm=x1,
        y0_mm=bar,
        y1_mm=far,
        bar_mm=bar,
        cut_left=span.start_s < begin - 1e-9,
        cut_right=span.end_s > end + 1e-9,
        text=box,
        echoes=_echoes(item, begin, end, strip, sheet, ecg),
    )


def _echoes(
    item: Measurement, begin: float, end: float, drawn_on: Strip, sheet: Sheet, ecg: Ecg
) -> tuple[Echo, ...]:
    """A global interval belongs to all leads: light lines on every other strip that shows it whole."""
    if item.lead is not None:
        return ()
    return tuple(
        Echo(
            sheet.x_mm(strip, begin),
            sheet.x_mm(strip, end),
            strip.baseline_mm - 0.4 * sheet.pitch_mm,
            strip.baseline_mm + 0.4 * sheet.pitch_mm,
        )
        for strip in sheet.strips
        if strip != drawn_on and strip.lead not in ecg.missing_leads and strip.shows(begin, end)
    )


def _amplitude(
    item: Measurement, where: Place, sheet: Sheet, ecg: Ecg, ink: _Ink, taken: list[Box]
) -> Mark | None:
    strip, value = where.strip, item.number or 0.0
    at_s, sample_mv = _extremum(item, where, ecg)
    x = sheet.x_mm(strip, at_s)
    y = min(max(sheet.y_mm(strip, sample_mv), sheet.grid.y0), sheet.grid.y1)
    level = min(max(sheet.y_mm(strip, sample_mv - value), sheet.grid.y0), sheet.grid.y1)
    text = label(item)
    width = _text_width_mm(text)

    best: tuple[float, Box] | None = None
    for rise in range(-24, 25):
        for left in (x + 2, x - 2 - width, x + 6, x - 6 - width, x - width / 2):
            top = y + rise - LABEL_HEIGHT_MM / 2
            box = Box(left, top, left + width, top + LABEL_HEIGHT_MM)
            covers_itself = box.touches(Box(x - 1, min(y, level) - 1, x + 1, max(y, level) + 1))
            if covers_itself or not sheet.grid.holds(box) or any(box.touches(b, 0.3) for b in taken):
                continue
            nearest = min(abs(box.x0 - x), abs(box.x1 - x), abs(left + width / 2 - x))
            cost = abs(rise) + nearest + 2.0 * ink.under(box)
            if best is None or cost < best[0]:
                best = (cost, box)
    if best is None:
        return None
    return Mark(
        id=item.id,
        label=text,
        kind="amplitude",
        lead=strip.lead,
        rhythm=strip.rhythm,
        x0_mm=x,
        x1_mm=x,
        y0_mm=y,
        y1_mm=level,
        bar_mm=y,
        cut_left=False,
        cut_right=False,
        text=best[1],
    )


def _extremum(item: Measurement, where: Place, ecg: Ecg) -> tuple[float, float]:
    """Time and amplitude of the sample that shows an amplitude: the wave's peak, or the ST point.

    The span of an ST level is centred on the instant at which it was read.
    """
    strip, span = where.strip, where.span
    trace = ecg.lead(strip.lead)
    if item.name.startswith("st_"):
        at = min(round((span.start_s + span.end_s) / 2 * ecg.fs_hz), trace.size - 1)
    else:
        first = min(round(span.start_s * ecg.fs_hz), trace.size - 1)
        part = trace[first : max(first, round(span.end_s * ecg.fs_hz)) + 1]
        upright = (item.number or 0.0) >= 0
        at = first + (int(np.nanargmax(part if upright else -part)) if np.isfinite(part).any() else 0)
    sample = float(trace[at])
    return at / ecg.fs_hz, sample if np.isfinite(sample) else strip.offset_mv
