"""Where each caliper line, bar and label of an evidence id goes, so that no two labels touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.evidence import Measurement
from calipers.tools.render.boxes import Boxes
from calipers.tools.render.ink import Ink
from calipers.tools.render.labels import label
from calipers.tools.render.layout import Box, Sheet, Strip
from calipers.tools.render.marks import Echo, Mark, NotDrawn, Placement
from calipers.tools.render.spans import Place, find_place, require_measurements

#: Letters of 7.5 points.
TEXT_MM: Final = 2.65
#: A label's box in units of its letter size; bold DejaVu Sans and the system fonts fit in it.
_CHAR, _HEIGHT, _PAD = 0.62, 1.3, 0.6
_OVERHANG_MM: Final = 2.0
_INK_COST: Final = 2.0
_GAP_MM: Final = 0.3
#: How far above or below its sample an amplitude's label may stand.
_REACH_MM: Final = 24
_RISES_MM: Final = np.array(sorted(range(-_REACH_MM, _REACH_MM + 1), key=abs), dtype=float)


class Placer:
    """Places calipers for any set of evidence ids so that no two labels touch.

    Args:
        sheet: where the leads are.
        ecg: the record.
        measurements: where ids are looked up.
        obstacles: what labels must not cover.
        text_mm: size of a label's letters.
    """

    def __init__(
        self,
        sheet: Sheet,
        ecg: Ecg,
        measurements: Mapping[str, Measurement],
        *,
        obstacles: Iterable[Box] = (),
        text_mm: float = TEXT_MM,
    ) -> None:
        self._sheet = sheet
        self._ecg = ecg
        self._measurements = measurements
        self._obstacles = tuple(obstacles)
        self._text_mm = text_mm
        self._ink = Ink(sheet, ecg)

    def place(self, ids: Sequence[str]) -> Placement:
        """Place these ids together on an otherwise empty sheet.

        Raises:
            UnknownEvidence: an id without a measurement, or one measured on another record.
        """
        found: list[tuple[Measurement, Place]] = []
        not_drawn: dict[str, str] = {}
        for item in require_measurements(ids, self._measurements, self._ecg):
            where = find_place(item, self._measurements, self._sheet, self._ecg)
            if isinstance(where, str):
                not_drawn[item.id] = where
            else:
                found.append((item, where))
        # Short intervals first: they keep close to their wave and the long ones span them from outside.
        found.sort(key=lambda pair: (_is_amplitude(pair[0]), pair[1].span.end_s - pair[1].span.start_s))
        taken = list(self._obstacles)
        marks: dict[str, Mark] = {}
        for item, where in found:
            mark = (self._amplitude if _is_amplitude(item) else self._interval)(item, where, taken)
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

    def _text_size_mm(self, text: str) -> tuple[float, float]:
        return (len(text) * _CHAR + _PAD) * self._text_mm, _HEIGHT * self._text_mm

    def _interval(self, item: Measurement, where: Place, taken: list[Box]) -> Mark | None:
        sheet, strip, span, ink = self._sheet, where.strip, where.span, self._ink
        begin, end = max(span.start_s, strip.start_s), min(span.end_s, strip.end_s)
        x0, x1 = sheet.x_mm(strip, begin), sheet.x_mm(strip, end)
        high, low = ink.range_mm(strip, x0 - 1, x1 + 1)
        text = label(item)
        width, height = self._text_size_mm(text)
        left = min(max((x0 + x1 - width) / 2, sheet.grid.x0 + 1), sheet.grid.x1 - 1 - width)

        step = np.repeat(np.arange(int(1.5 * sheet.pitch_mm), dtype=float), 2)
        above = np.arange(step.size) % 2 == 0
        bars = np.where(above, high - _OVERHANG_MM - step, low + _OVERHANG_MM + step)
        boxes = Boxes.of_size(np.full_like(bars, left), np.where(above, bars - 0.5 - height, bars + 0.5), width, height)
        lines = Boxes(np.full_like(bars, x0), bars - 0.3, np.full_like(bars, x1), bars + 0.3)
        free = np.flatnonzero(boxes.inside(sheet.grid) & ~boxes.touch(taken, _GAP_MM) & ~lines.touch(taken, 0))
        if not free.size:
            return None
        hidden = _INK_COST * ink.under(boxes.only(free)) + 0.7 * ink.under(lines.only(free))
        best = free[(step[free] + hidden + np.where(above[free], 0, 2)).argmin()]
        bar, box = float(bars[best]), boxes.one(best)
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
            echoes=_echoes(item, begin, end, strip, sheet, self._ecg),
            repeats=tuple((sheet.x_mm(strip, s.start_s), sheet.x_mm(strip, s.end_s)) for s in where.repeats),
        )

    def _amplitude(self, item: Measurement, where: Place, taken: list[Box]) -> Mark | None:
        sheet, strip = self._sheet, where.strip
        at_s, sample_mv = _sample(item, where, self._ecg)
        x = sheet.x_mm(strip, at_s)
        y = min(max(sheet.y_mm(strip, sample_mv), sheet.grid.y0), sheet.grid.y1)
        level_mv = sample_mv - (item.number or 0.0)
        level = min(max(sheet.y_mm(strip, level_mv), sheet.grid.y0), sheet.grid.y1)
        text = label(item)
        width, height = self._text_size_mm(text)
        itself = Box(x - 1, min(y, level) - 1, x + 1, max(y, level) + 1)

        box = self._beside(x, y, width, height, [itself, *taken])
        if box is None:
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
            text=box,
        )

    def _beside(self, x: float, y: float, width: float, height: float, taken: list[Box]) -> Box | None:
        """The best box for an amplitude's label: near its sample, over little ink, touching nothing."""
        dx, rise = (grid.ravel() for grid in np.meshgrid([2.0, -2.0 - width, 6.0, -6.0 - width, -width / 2], _RISES_MM))
        distance = np.tile([2.0, 2.0, 6.0, 6.0, 3.0], _RISES_MM.size)
        boxes = Boxes.of_size(x + dx, y + rise - height / 2, width, height)
        free = np.flatnonzero(boxes.inside(self._sheet.grid) & ~boxes.touch(taken, _GAP_MM))
        if not free.size:
            return None
        cost = np.abs(rise[free]) + distance[free] + _INK_COST * self._ink.under(boxes.only(free))
        return boxes.one(free[cost.argmin()])


def _is_amplitude(item: Measurement) -> bool:
    """A wave that is not there (0 mV) has no peak to point at: its stretch is drawn instead."""
    return item.unit == "mV" and bool(item.number)


def _echoes(item: Measurement, begin: float, end: float, drawn_on: Strip, sheet: Sheet, ecg: Ecg) -> tuple[Echo, ...]:
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


def _sample(item: Measurement, where: Place, ecg: Ecg) -> tuple[float, float]:
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
