"""Where each caliper line, bar and label of an evidence id goes, so that no two labels touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from calipers.ecg import Ecg
from calipers.evidence import Measurement
from calipers.tools.render.candidates import (
    OVERHANG_MM,
    Candidates,
    Point,
    Stretch,
    beside_points,
    beside_stretches,
)
from calipers.tools.render.ink import Ink
from calipers.tools.render.labels import label
from calipers.tools.render.layout import Box, Sheet, Strip
from calipers.tools.render.marks import Echo, Mark, NotDrawn, Placement
from calipers.tools.render.spans import Place, find_place, require_measurements

#: Letters of 7.5 points.
TEXT_MM: Final = 2.65
#: A label's box in units of its letter size; bold DejaVu Sans and the system fonts fit in it.
_CHAR, _HEIGHT, _PAD = 0.62, 1.3, 0.6


class _Found(NamedTuple):
    """A measurement's place on the sheet, and where its label could stand."""

    item: Measurement
    where: Place
    text: str
    on_sheet: Stretch | Point
    candidates: Candidates


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
        self._found: dict[str, _Found | str] = {}
        self._marks: dict[tuple[str, int], Mark] = {}

    def prepare(self, ids: Iterable[str]) -> None:
        """Look for the places of many ids at once, which takes a tenth of the time of one after the other.

        Raises:
            UnknownEvidence: an id without a measurement, or one measured on another record.
        """
        new = [key for key in dict.fromkeys(ids) if key not in self._found]
        if not new:
            return
        placed: list[tuple[Measurement, Place, str]] = []
        for item in require_measurements(new, self._measurements, self._ecg):
            where = find_place(item, self._measurements, self._sheet, self._ecg)
            if isinstance(where, str):
                self._found[item.id] = where
            else:
                placed.append((item, where, label(item)))
        intervals = [one for one in placed if not _is_amplitude(one[0])]
        amplitudes = [one for one in placed if _is_amplitude(one[0])]
        stretches = [self._stretch(where, text) for _, where, text in intervals]
        points = [self._point(*one) for one in amplitudes]
        fixed = (self._sheet, self._ink, self._obstacles)
        beside = [*beside_stretches(stretches, *fixed), *beside_points(points, *fixed)]
        on_sheets: list[Stretch | Point] = [*stretches, *points]
        for one, on_sheet, candidates in zip([*intervals, *amplitudes], on_sheets, beside, strict=True):
            self._found[one[0].id] = _Found(*one, on_sheet, candidates)

    def place(self, ids: Sequence[str]) -> Placement:
        """Place these ids together on an otherwise empty sheet.

        Raises:
            UnknownEvidence: an id without a measurement, or one measured on another record.
        """
        order = list(dict.fromkeys(ids))
        self.prepare(order)
        not_drawn = {key: reason for key in order if isinstance(reason := self._found[key], str)}
        found = [one for key in order if not isinstance(one := self._found[key], str)]
        # Short intervals first: they keep close to their wave and the long ones span them from outside.
        found.sort(key=lambda one: (_is_amplitude(one.item), one.where.span.end_s - one.where.span.start_s))
        taken: list[Box] = []
        marks: dict[str, Mark] = {}
        for one in found:
            at = one.candidates.best(taken)
            if at is None:
                not_drawn[one.item.id] = "no free place for its label"
                continue
            mark = self._mark(one, int(at))
            marks[mark.id] = mark
            taken.append(mark.text)
            if mark.kind == "interval":
                taken.append(Box(mark.x0_mm, mark.bar_mm - 0.5, mark.x1_mm, mark.bar_mm + 0.5))
        return Placement(
            tuple(marks[key] for key in order if key in marks),
            tuple(NotDrawn(key, not_drawn[key]) for key in order if key in not_drawn),
        )

    def _text_size_mm(self, text: str) -> tuple[float, float]:
        return (len(text) * _CHAR + _PAD) * self._text_mm, _HEIGHT * self._text_mm

    def _stretch(self, where: Place, text: str) -> Stretch:
        x0, x1 = (self._sheet.x_mm(where.strip, time_s) for time_s in _shown(where))
        high, low = self._ink.range_mm(where.strip, x0 - 1, x1 + 1)
        return Stretch(x0, x1, high, low, *self._text_size_mm(text))

    def _point(self, item: Measurement, where: Place, text: str) -> Point:
        sheet, strip = self._sheet, where.strip
        at_s, sample_mv = _sample(item, where, self._ecg)
        y, level = (
            min(max(sheet.y_mm(strip, amplitude_mv), sheet.grid.y0), sheet.grid.y1)
            for amplitude_mv in (sample_mv, sample_mv - (item.number or 0.0))
        )
        return Point(sheet.x_mm(strip, at_s), y, level, *self._text_size_mm(text))

    def _mark(self, found: _Found, at: int) -> Mark:
        """The mark of one measurement at one of its candidates, which is often the same in many groups."""
        key = (found.item.id, at)
        if key not in self._marks:
            box = found.candidates.boxes.one(at)
            is_interval = isinstance(found.on_sheet, Stretch)
            self._marks[key] = self._interval(found, box, at) if is_interval else _amplitude(found, box)
        return self._marks[key]

    def _interval(self, found: _Found, box: Box, at: int) -> Mark:
        item, where, text, on_sheet, candidates = found
        sheet, strip, span = self._sheet, where.strip, where.span
        begin, end = _shown(where)
        x0, x1, high, low, *_ = on_sheet
        if candidates.bars is None:
            raise RuntimeError("an interval without a bar")
        bar = float(candidates.bars.y0[at] + candidates.bars.y1[at]) / 2
        far = min(low + OVERHANG_MM, sheet.grid.y1) if bar < high else max(high - OVERHANG_MM, sheet.grid.y0)
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


def _amplitude(found: _Found, box: Box) -> Mark:
    item, where, text, on_sheet, _ = found
    x, y, level, *_ = on_sheet
    return Mark(
        id=item.id,
        label=text,
        kind="amplitude",
        lead=where.strip.lead,
        rhythm=where.strip.rhythm,
        x0_mm=x,
        x1_mm=x,
        y0_mm=y,
        y1_mm=level,
        bar_mm=y,
        cut_left=False,
        cut_right=False,
        text=box,
    )


def _shown(where: Place) -> tuple[float, float]:
    """Begin and end of the part of a span that its strip shows, in seconds."""
    return max(where.span.start_s, where.strip.start_s), min(where.span.end_s, where.strip.end_s)


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
