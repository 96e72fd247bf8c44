"""Beats cut from a real record, to be laid down again by the rhythm engine: real shapes with known times.

The caller hands in the record and its marked waves; nothing is shipped. A beat is the median over the record's
beats of one kind. Its times are kept as phases, so that QT follows the new RR while the QRS keeps its length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from calipers.errors import UsageError
from calipers.leads import INDEX
from calipers.models.simulator.waves import RECORDED, BeatShape, Floats, PShape, Sampled

#: Fewer beats leave the record's noise in the template.
LEAST_BEATS: Final = 4
_QRS_SAMPLES: Final = 96
_AFTER_SAMPLES: Final = 128
_P_SAMPLES: Final = 64
#: The T wave's tail beyond its marked end is kept to this phase, faded out.
_LAST_PHASE: Final = 2.25


class MarkedBeat(NamedTuple):
    """One beat's true or marked bounds, seconds; P bounds NaN where there is no P wave."""

    p_onset_s: float
    p_offset_s: float
    qrs_onset_s: float
    qrs_offset_s: float
    t_offset_s: float


@dataclass(frozen=True, eq=False)
class RecordedBeat:
    """A real P wave (None in fibrillation) and a real QRST, and the PR and QT that they had."""

    p: PShape | None
    beat: BeatShape
    pr_s: float | None
    qtc_s: float


def cut_beat(signal_mv: ArrayLike, fs_hz: float, beats: list[MarkedBeat]) -> RecordedBeat:
    """The median beat of a record.

    Args:
        signal_mv: (12, n) millivolts, or (8, n) the recorded leads I, II, V1 to V6.
        fs_hz: its sampling rate.
        beats: the beats of the kind wanted, in order.

    Raises:
        UsageError: fewer than `LEAST_BEATS` whole beats, or another shape.
    """
    eight = _recorded_leads(np.asarray(signal_mv, dtype=np.float64))
    last_s = eight.shape[1] / fs_hz
    whole = [b for b in beats if b.qrs_onset_s > 0.3 and b.t_offset_s + 0.06 < last_s]
    if len(whole) < LEAST_BEATS or not np.isfinite(eight).all():
        raise UsageError(f"found {len(whole)} whole beats; needed {LEAST_BEATS} in eight leads without gaps")
    qrs_s = float(np.median([b.qrs_offset_s - b.qrs_onset_s for b in whole]))
    qt_s = float(np.median([b.t_offset_s - b.qrs_onset_s for b in whole]))
    phases = np.concatenate(
        [np.linspace(0.0, 1.0, _QRS_SAMPLES, endpoint=False), np.linspace(1.0, _LAST_PHASE, _AFTER_SAMPLES)]
    )
    since_s = np.interp(phases, [0.0, 1.0, 2.0, 3.0], [0.0, qrs_s, qt_s, 2 * qt_s - qrs_s])
    cut = [_lifted(_read(eight, fs_hz, b.qrs_onset_s + since_s), phases) for b in whole]
    beat = BeatShape(qrs_s, (), (), sampled=Sampled(phases, np.median(cut, axis=0)))
    with_p = [b for b in whole if np.isfinite(b.p_onset_s) and b.p_onset_s > 0]
    rr_s = float(np.median(np.diff([b.qrs_onset_s for b in beats])))
    p = _median_p(eight, fs_hz, with_p) if len(with_p) >= LEAST_BEATS else None
    pr_s = float(np.median([b.qrs_onset_s - b.p_onset_s for b in with_p])) if p else None
    return RecordedBeat(p, beat, pr_s, qt_s / rr_s ** (1 / 3))


def _recorded_leads(signal_mv: Floats) -> Floats:
    if signal_mv.ndim != 2 or signal_mv.shape[0] not in (8, 12):
        raise UsageError(f"found an array of shape {signal_mv.shape}; needed (12, n) or (8, n)")
    return signal_mv if signal_mv.shape[0] == 8 else signal_mv[[INDEX[lead] for lead in RECORDED]]


def _read(eight: Floats, fs_hz: float, time_s: Floats) -> Floats:
    """(8, m) the leads at any times."""
    grid = np.arange(eight.shape[1]) / fs_hz
    return np.stack([np.interp(time_s, grid, row) for row in eight])


def _lifted(cut: Floats, phases: Floats) -> Floats:
    """(8, m) the beat against the line from its onset to the end of its T wave, its tail faded to zero."""
    end = int(np.searchsorted(phases, 2.0))
    line = cut[:, :1] + (cut[:, end : end + 1] - cut[:, :1]) * np.clip(phases / 2.0, 0.0, 1.0)
    fade = np.clip((_LAST_PHASE - phases) / (_LAST_PHASE - 2.0), 0.0, 1.0)
    return np.asarray((cut - line) * fade)


def _median_p(eight: Floats, fs_hz: float, beats: list[MarkedBeat]) -> PShape:
    lasts_s = float(np.median([b.p_offset_s - b.p_onset_s for b in beats]))
    phases = np.linspace(0.0, 1.0, _P_SAMPLES)
    cut = [_read(eight, fs_hz, b.p_onset_s + lasts_s * phases) for b in beats]
    lifted = [wave - wave[:, :1] - (wave[:, -1:] - wave[:, :1]) * phases for wave in cut]
    return PShape(lasts_s, (), sampled=Sampled(phases, np.median(lifted, axis=0)))
