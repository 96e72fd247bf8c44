"""Calipers on the picture that an ECG was read from: what was measured, shown where the paper shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from calipers.digitisation import Digitisation
from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.evidence import Measurement, Span
from calipers.leads import LEADS, Lead
from calipers.tools.render.labels import label
from calipers.tools.render.marks import NotDrawn
from calipers.tools.render.spans import require_measurements

#: In millimetres of the paper: the caliper's arms about the baseline, the step of a drawn line, the text.
_ARM_MM: Final = 8.0
_STEP_MM: Final = 2.0
_TEXT_MM: Final = 2.6
_LINE_MM: Final = 0.35
_COLOURS: Final = ((0, 90, 181), (180, 60, 0), (0, 110, 60), (120, 0, 120))
_QUALITY: Final = 85


class OnPicture(NamedTuple):
    """A page with calipers.

    Attributes:
        data: JPEG.
        drawn: ids that stand on it.
        not_drawn: the others, with the reason.
    """

    data: bytes
    drawn: tuple[str, ...]
    not_drawn: tuple[NotDrawn, ...]


def render_on_picture(ecg: Ecg, measurements: Mapping[str, Measurement], evidence: Sequence[str]) -> OnPicture:
    """Draw what is cited on the page itself.

    Args:
        ecg: read from a picture, which its source keeps.
        measurements: where `evidence` is looked up.
        evidence: ids to draw, each with its value.

    Raises:
        UsageError: the ECG was not read from a picture, or the picture was not kept.
        UnknownEvidence: an id that is not among `measurements`, or a measurement of another record.
    """
    how, kept = ecg.source.digitisation, ecg.source.picture
    if how is None or kept is None:
        raise UsageError(f"found an ECG from {ecg.source.format} without its picture; needed one read from a picture")
    page = Image.open(BytesIO(kept)).convert("RGB")
    pen = _Pen(page, how)
    drawn: list[str] = []
    not_drawn: list[NotDrawn] = []
    for item in require_measurements(evidence, measurements, ecg):
        reason = _draw(pen, item, how, len(drawn))
        if reason is None:
            drawn.append(item.id)
        else:
            not_drawn.append(NotDrawn(item.id, reason))
    out = BytesIO()
    page.save(out, "JPEG", quality=_QUALITY)
    return OnPicture(out.getvalue(), tuple(drawn), tuple(not_drawn))


def _draw(pen: _Pen, item: Measurement, how: Digitisation, turn: int) -> str | None:
    """Draw one measurement; or in words why it has no place on the page."""
    if item.status == "not_measurable":
        return f"not measurable: {item.reason or 'no reason given'}"
    if not item.spans:
        return "no stretch of the trace belongs to it"
    span = item.spans[0]
    lead = _shown_in(span, item.lead or span.lead, how)
    if lead is None:
        return f"the page does not show {span.start_s:.2f} to {span.end_s:.2f} s of one lead"
    colour = _COLOURS[turn % len(_COLOURS)]
    if item.unit == "mV" and item.number is not None:
        middle_s = (span.start_s + span.end_s) / 2
        pen.amplitude(lead, middle_s, item.number, colour, label(item))
    else:
        pen.interval(lead, span, colour, label(item), turn)
    return None


def _shown_in(span: Span, lead: Lead | None, how: Digitisation) -> Lead | None:
    """A lead that shows the whole span: its own, or for what belongs to all a rhythm strip before a column."""
    strips_first = sorted(LEADS, key=lambda one: (one not in how.strips, one != "II"))
    for one in (lead,) if lead is not None else strips_first:
        if any(
            part.start_s - 0.01 <= span.start_s and span.end_s <= part.end_s + 0.01 for part in how.segments_of(one)
        ):
            return one
    return None


class _Pen:
    """Draws on the kept page in seconds and millivolts of a lead."""

    def __init__(self, page: Image.Image, how: Digitisation) -> None:
        self._draw = ImageDraw.Draw(page)
        self._how = how
        self._scale = page.width / how.width_px
        self._px_per_mm = self._measure()
        self._width = max(round(_LINE_MM * self._px_per_mm), 1)
        self._font = ImageFont.load_default(size=max(_TEXT_MM * self._px_per_mm, 9))

    def interval(self, lead: Lead, span: Span, colour: tuple[int, int, int], words: str, turn: int) -> None:
        """Two lines across the trace and a bar that joins them, with its words above the bar."""
        arm_mv = _ARM_MM / self._how.gain_mm_mv
        bar_mv = arm_mv + (turn % 3) * 3.5 / self._how.gain_mm_mv
        for time_s in (span.start_s, span.end_s):
            self._line([(lead, time_s, -arm_mv), (lead, time_s, bar_mv)], colour)
        step_s = _STEP_MM / self._how.speed_mm_s
        count = max(math.ceil((span.end_s - span.start_s) / step_s), 1)
        times = [span.start_s + (span.end_s - span.start_s) * place / count for place in range(count + 1)]
        self._line([(lead, time_s, bar_mv) for time_s in times], colour)
        self._words(lead, (span.start_s + span.end_s) / 2, bar_mv, colour, words)

    def amplitude(
        self, lead: Lead, time_s: float, amplitude_mv: float, colour: tuple[int, int, int], words: str
    ) -> None:
        """One line from the baseline to the level, with feet."""
        foot_s = 1.5 / self._how.speed_mm_s
        self._line([(lead, time_s, 0.0), (lead, time_s, amplitude_mv)], colour)
        for level_mv in (0.0, amplitude_mv):
            self._line([(lead, time_s - foot_s, level_mv), (lead, time_s + foot_s, level_mv)], colour)
        self._words(lead, time_s, max(amplitude_mv, 0.0), colour, words)

    def _at(self, lead: Lead, time_s: float, mv: float) -> tuple[float, float] | None:
        found = self._how.pixel(lead, time_s, mv)
        return None if found is None else (found[0] * self._scale, found[1] * self._scale)

    def _line(self, places: Sequence[tuple[Lead, float, float]], colour: tuple[int, int, int]) -> None:
        points = [point for place in places if (point := self._at(*place)) is not None]
        if len(points) > 1:
            self._draw.line(points, fill=colour, width=self._width)

    def _words(self, lead: Lead, time_s: float, mv: float, colour: tuple[int, int, int], words: str) -> None:
        place = self._at(lead, time_s, mv)
        if place is None:
            return
        x, y = place[0], place[1] - 0.6 * self._px_per_mm
        box = self._draw.textbbox((x, y), words, font=self._font, anchor="mb")
        self._draw.rectangle(box, fill=(255, 255, 255))
        self._draw.text((x, y), words, fill=colour, font=self._font, anchor="mb")

    def _measure(self) -> float:
        """Pixels of the kept page per millimetre of paper, in the middle of the first stretch."""
        first = self._how.segments[0]
        middle_s = (first.start_s + first.end_s) / 2
        left, right = (self._at(first.lead, middle_s + turn / self._how.speed_mm_s, 0.0) for turn in (0, 1))
        return math.dist(left, right) if left is not None and right is not None else 1.0
