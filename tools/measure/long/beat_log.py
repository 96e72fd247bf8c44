"""The beats of a long record, gathered window by window into compact arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from calipers.beat_table import BeatTable, Column
from calipers.leads import Lead
from calipers.tools.measure.analysis import ANALYSIS_HZ, MS_PER_SAMPLE, Mask, Signal
from calipers.tools.measure.beats import REFRACTORY_S
from calipers.tools.measure.examination import Examination
from calipers.tools.measure.long.windows import Window
from calipers.tools.measure.sheet import Sheet

#: Two windows may place the beat at their border this far apart.
_SLACK: Final = int(0.05 * ANALYSIS_HZ)
_FIELDS: Final = ("value", "uncertainty", "start_s", "end_s")


@dataclass(frozen=True)
class BeatArrays:
    """Every beat of a record.

    Attributes:
        peaks: (k,) int64 samples at 500 Hz from the record's start.
        heart: (k, 6) global marks in the same samples; NaN where a wave was not seen.
        shape: (k,) record-wide class by shape.
        dominant: (k,) of the shape that led its window.
        pvc, pac: (k,) beat classes, as the window saw them.
        window: (k,) number of the window that answers for the beat.
    """

    peaks: NDArray[np.int64]
    heart: Signal
    shape: NDArray[np.int64]
    dominant: Mask
    pvc: Mask
    pac: Mask
    window: NDArray[np.int64]

    @property
    def rr_ms(self) -> Signal:
        """(k - 1,) RR intervals; the first ends at beat 1."""
        rr: Signal = np.diff(self.peaks) * MS_PER_SAMPLE
        return rr


class WindowSheet(Sheet):
    """A sheet that takes beat items as numbers, not as objects: (column, beat) → value, width, span, text."""

    def __init__(self, record: str, offset_s: float, columns: dict[Column, int], texts: dict[str, int]) -> None:
        super().__init__(record, "none", offset_s)
        self.columns, self.texts = columns, texts
        self.cells: list[tuple[int, int, float, float, float, float, int]] = []

    def _write(self, name: str, lead: Lead | None, beat: int | None, **fields: Any) -> None:
        if beat is None:
            super()._write(name, lead, beat, **fields)
            return
        column = self.columns.setdefault(Column(name, lead, fields["unit"]), len(self.columns))
        said = fields["reason"] or fields["method"].rpartition("; ")[0]
        text = self.texts.setdefault(said, len(self.texts))
        value, width, spans = fields["value"], fields["uncertainty"], fields["spans"]
        nan = float("nan")
        start_s, end_s = (spans[0].start_s, spans[0].end_s) if spans else (nan, nan)
        row = (column, beat, nan if value is None else value, nan if width is None else width, start_s, end_s, text)
        self.cells.append(row)


class BeatLog:
    """Takes the core beats of each window in turn.

    Attributes:
        method: the delineator behind the marks.
    """

    def __init__(self, record: str) -> None:
        self._record = record
        self._columns: dict[Column, int] = {}
        self._texts: dict[str, int] = {"": 0}
        self.method = "none"
        self._last = -1_000_000
        self._parts: dict[str, list[NDArray[Any]]] = {}
        self._tables: list[tuple[NDArray[np.float32], NDArray[np.uint16]]] = []

    def sheet(self, window: Window) -> WindowSheet:
        """A sheet for one window, whose beat items come back in `add`."""
        return WindowSheet(self._record, window.offset_s, self._columns, self._texts)

    def add(
        self, number: int, window: Window, found: Examination, sheet: WindowSheet, shape: NDArray[np.int64]
    ) -> Mask:
        """Keep the beats whose peak lies in the window's core; which they are."""
        beats, marks, rhythm = found.beats, found.marks, found.rhythm
        if beats is None or marks is None or rhythm is None or not len(beats):
            return np.zeros(0, dtype=np.bool_)
        self.method = sheet.method
        peaks = beats.peaks + window.offset
        mine: Mask = np.asarray((peaks >= window.core_start - _SLACK) & (peaks < window.core_stop))
        mine &= peaks - self._last >= REFRACTORY_S * ANALYSIS_HZ
        if not mine.any():
            return mine
        self._last = int(peaks[mine][-1])
        kept = {
            "peaks": peaks,
            "heart": marks.heart + window.offset,
            "shape": shape,
            "dominant": beats.dominant,
            "pvc": rhythm.pvc,
            "pac": rhythm.pac,
            "window": np.full(len(beats), number),
        }
        for name, array in kept.items():
            self._parts.setdefault(name, []).append(array[mine])
        self._tables.append(self._compact(sheet, peaks / ANALYSIS_HZ, np.flatnonzero(mine)))
        return mine

    def _compact(
        self, sheet: WindowSheet, peak_s: Signal, mine: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
        """(kept, columns, 4) numbers and (kept, columns) texts of one window; spans relative to the peak."""
        first = int(mine[0])
        numbers = np.full((mine.size, len(self._columns), 4), np.nan, dtype=np.float32)
        texts = np.zeros((mine.size, len(self._columns)), dtype=np.uint16)
        for column, beat, value, width, start_s, end_s, text in sheet.cells:
            k = beat - first
            if 0 <= k < mine.size:
                numbers[k, column] = value, width, start_s - peak_s[beat], end_s - peak_s[beat]
                texts[k, column] = text
        return numbers, texts

    def arrays(self) -> BeatArrays | None:
        """All beats, or None when there was none."""
        if not self._parts:
            return None
        return BeatArrays(**{name: np.concatenate(parts) for name, parts in self._parts.items()})

    def table(self, beats: BeatArrays) -> BeatTable:
        """The beat items of the record; the windows' own tables are given up."""
        k, c = beats.peaks.size, len(self._columns)
        numbers = np.full((k, c, 4), np.nan, dtype=np.float32)
        text = np.zeros((k, c), dtype=np.uint16)
        at = 0
        for part, texts in self._tables:
            numbers[at : at + len(part), : part.shape[1]] = part
            text[at : at + len(part), : part.shape[1]] = texts
            at += len(part)
        self._tables = []
        self._bridge_windows(beats, numbers, text)
        return BeatTable(
            record=self._record,
            method=self.method,
            columns=tuple(self._columns),
            peak_s=beats.peaks / ANALYSIS_HZ,
            text=text,
            texts=tuple(self._texts),
            **{name: numbers[:, :, side] for side, name in enumerate(_FIELDS)},
        )

    def _bridge_windows(self, beats: BeatArrays, numbers: NDArray[np.float32], text: NDArray[np.uint16]) -> None:
        """`rr#k` of every beat but the first, also where the beat before it lies in another window."""
        column = self._columns.get(Column("rr", None, "ms"))
        if column is None or beats.peaks.size < 2:
            return
        widths = numbers[:, column, 1]
        numbers[1:, column, 0] = np.round(beats.rr_ms, 1)
        numbers[1:, column, 1] = np.nanmax(widths) if np.isfinite(widths).any() else np.nan
        numbers[1:, column, 2], numbers[1:, column, 3] = -beats.rr_ms / 1000.0, 0.0
        text[1:, column] = self._texts.setdefault("R peak to R peak", len(self._texts))
