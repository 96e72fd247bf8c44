"""Amplitudes and levels of every lead in every single beat, against that beat's own PR level."""

from __future__ import annotations

from typing import Final

import numpy as np

from calipers.leads import LEADS
from calipers.tools.measure.analysis import MS_PER_SAMPLE, AnalysisSignal, Mask, Signal
from calipers.tools.measure.beats import Beats, pr_level
from calipers.tools.measure.fiducials import P_OFF, P_ON, QRS_OFF, QRS_ON, T_OFF, Fiducials
from calipers.tools.measure.per_lead import FLOOR_MV, ST_MS
from calipers.tools.measure.sheet import Sheet

_PER_BEAT: Final = ("p_amp", "q_amp", "r_amp", "s_amp", "t_amp", *ST_MS)


def write_beat_levels(sheet: Sheet, signal: AnalysisSignal, beats: Beats, marks: Fiducials, usable: Mask) -> None:
    """`LEAD.name#k` for P, Q, R, S, T amplitudes and ST levels of every beat, against its own PR level."""
    tables = [_beat_table(signal, marks.heart[k]) for k in range(len(beats))]
    for row in np.flatnonzero(usable):
        for k, table in enumerate(tables):
            for name, (values, start, stop) in table.items():
                value = float(values[row]) if values is not None else float("nan")
                if np.isnan(value):
                    sheet.missing(name, "mV", "this wave was not found in this beat", lead=LEADS[row], beat=k)
                    continue
                sheet.value(
                    name,
                    value,
                    "mV",
                    uncertainty=2.0 * FLOOR_MV,
                    spans=[(LEADS[row], start, stop)],
                    how="one beat against its own PR baseline",
                    lead=LEADS[row],
                    beat=k,
                )


def _beat_table(signal: AnalysisSignal, marks: Signal) -> dict[str, tuple[Signal | None, float, float]]:
    """Amplitudes (12,) of one beat with the samples they were read from."""
    table: dict[str, tuple[Signal | None, float, float]] = dict.fromkeys(_PER_BEAT, (None, 0.0, 0.0))
    if np.isnan(marks[[QRS_ON, QRS_OFF]]).any():
        return table
    onset, offset = int(marks[QRS_ON]), int(marks[QRS_OFF]) + 1
    mv = signal.raw_mv - pr_level(signal.raw_mv, float(onset))[:, None]
    qrs = mv[:, onset:offset]
    if qrs.shape[1] < 5:
        return table
    r_peak = np.argmax(qrs, axis=1)
    before = np.arange(qrs.shape[1])[None] <= r_peak[:, None]
    table["r_amp"] = (np.maximum(qrs.max(axis=1), 0.0), onset, offset)
    table["q_amp"] = (np.minimum(np.where(before, qrs, 0.0).min(axis=1), 0.0), onset, offset)
    table["s_amp"] = (np.minimum(np.where(before, 0.0, qrs).min(axis=1), 0.0), onset, offset)
    for name, delay_ms in ST_MS.items():
        centre = offset - 1 + int(delay_ms / MS_PER_SAMPLE)
        if centre + 3 <= signal.n:
            table[name] = (mv[:, centre - 2 : centre + 3].mean(axis=1), centre - 2, centre + 2)
    if not np.isnan(marks[T_OFF]):
        table["t_amp"] = (_extreme(mv[:, offset + 30 : int(marks[T_OFF])]), offset + 30, float(marks[T_OFF]))
    if not np.isnan(marks[[P_ON, P_OFF]]).any():
        start, stop = max(int(marks[P_ON]), 2), int(marks[P_OFF])
        wave = mv[:, start:stop] - mv[:, start - 2 : start].mean(axis=1, keepdims=True)
        table["p_amp"] = (_extreme(wave), start, stop)
    return table


def _extreme(piece: Signal) -> Signal | None:
    if piece.shape[1] < 5:
        return None
    at = np.argmax(np.abs(piece), axis=1)
    value: Signal = piece[np.arange(piece.shape[0]), at]
    return value
